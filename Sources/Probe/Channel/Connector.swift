import DNS
import NIOCore
import NIOPosix
import Synchronization

/// The only way out: it checks the address against the policy at the moment of connecting, and connects to that very
/// address.
struct Connector: Sendable {
  let group: any EventLoopGroup
  let policy: AddressPolicy

  /// Connects, has handlers put on the channel, and waits for the outcome that they promise.
  ///
  /// The channel is closed when this returns, also when the task is cancelled.
  ///
  /// - Parameters:
  ///   - deadline: until when the connection has to come about; what follows is the handlers' to bound.
  ///   - install: puts the handlers on; they complete the promise when the channel has become inactive.
  func run<Outcome: Sendable>(
    to address: IPAddress, port: UInt16, until deadline: NIODeadline,
    install: @escaping @Sendable (any Channel, EventLoopPromise<Outcome>) throws -> Void
  ) async -> Result<Outcome, ConnectFailure> {
    guard policy.allows(address) else {
      let reason = "\(address) is a special-purpose address, which is not contacted"
      return .failure(ConnectFailure(kind: .forbiddenAddress, reason: reason))
    }
    guard let target = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: address.octets), port: Int(port)) else {
      return .failure(ConnectFailure(kind: .temporary, reason: "the address cannot be used"))
    }
    let lease = ChannelLease()
    let outcome = group.next().makePromise(of: Outcome.self)
    return await withTaskCancellationHandler {
      connect(to: target, until: deadline, lease, outcome, install)
      do {
        return .success(try await outcome.futureResult.get())
      } catch {
        return .failure(ConnectFailure(error, isIPv6: address.isIPv6))
      }
    } onCancel: {
      lease.end()
    }
  }

  private func connect<Outcome: Sendable>(
    to target: SocketAddress, until deadline: NIODeadline, _ lease: ChannelLease, _ outcome: EventLoopPromise<Outcome>,
    _ install: @escaping @Sendable (any Channel, EventLoopPromise<Outcome>) throws -> Void
  ) {
    let bootstrap = ClientBootstrap(group: outcome.futureResult.eventLoop)
      .connectTimeout(max(.milliseconds(1), deadline - .now()))
      .channelOption(.maxMessagesPerRead, value: 4)
      .channelInitializer { channel in
        lease.take(channel)
        return channel.eventLoop.makeCompletedFuture { try install(channel, outcome) }
      }
    bootstrap.connect(to: target).whenComplete { result in
      switch result {
      // A promise is completed once: what the handlers said before stands.
      case .success(let channel):
        channel.closeFuture.whenComplete { _ in
          outcome.fail(ConnectFailure(kind: .temporary, reason: "the connection was closed at once"))
        }
      case .failure(let error): outcome.fail(error)
      }
    }
  }
}

/// Holds the channel of one run so that a cancelled task can close it, whichever comes first.
private final class ChannelLease: Sendable {
  private struct State {
    var isEnded = false
    var channel: (any Channel)?
  }

  private let state = Mutex(State())

  func take(_ channel: any Channel) {
    let isEnded = state.withLock { state in
      state.channel = channel
      return state.isEnded
    }
    if isEnded { channel.close(promise: nil) }
  }

  func end() {
    let channel = state.withLock { state in
      state.isEnded = true
      return state.channel
    }
    channel?.close(promise: nil)
  }
}
