import NIOCore
import Sockets
import Synchronization

/// What the socketmap's thread does: it waits for all connections at once, and serves one after the other.
///
/// A gateway waits for its answer with a delivery, and asks one thing at a time: next to what the system takes for reading and
/// sending, little may be left. On an event loop it is as much again.
final class SocketmapThread {
  /// Octets that are read at once; a request is seldom longer than 50.
  static let readSize = 16_384
  /// Connections that are taken before those that are open are looked at again.
  private static let mostAccepted = 64
  /// How long nobody is taken where the process has no descriptors left, unless a connection is closed meanwhile.
  private static let acceptPause = TimeAmount.seconds(1)

  /// What other threads see of it.
  final class Shared: Sendable {
    let poller: Poller
    let isEnding = Atomic(false)
    let connections = Atomic(0)

    init() throws(SocketError) { poller = try Poller() }
  }

  private let shared: Shared
  private let listener: ListeningSocket
  private let configuration: SocketmapServer.Configuration
  private let answers: SocketmapAnswers
  private var room = ByteBuffer()
  /// By descriptor.
  private var connections: [SocketmapConnection?] = []
  private var count = 0
  /// When one may have been idle for too long; nil where there is none.
  private var idleLook: NIODeadline?
  /// When the listener is looked at again; nil where it is.
  private var acceptAgain: NIODeadline?

  init(
    _ shared: Shared, _ listener: ListeningSocket, _ configuration: SocketmapServer.Configuration,
    _ table: any SocketmapTable
  ) {
    self.shared = shared
    self.listener = listener
    self.configuration = configuration
    answers = SocketmapAnswers(names: configuration.names, table: table)
  }

  /// Serves until the end is asked for. What is open then is closed: an answer is never under way for longer than its sending.
  ///
  /// - Throws: `SocketError`, where the system will not wait.
  func run() throws(SocketError) {
    var now = NIODeadline.now()
    while !shared.isEnding.load(ordering: .acquiring) {
      var isTold = false
      try shared.poller.wait(milliseconds: pause(from: now)) { descriptor in
        if !isTold { now = .now() }
        isTold = true
        if descriptor == listener.descriptor { accept(at: now) } else { serve(descriptor, at: now) }
      }
      if !isTold { now = .now() }
      lookAround(at: now)
    }
  }

  /// How long there is nothing to do but what comes in, in milliseconds; nil for ever.
  private func pause(from now: NIODeadline) -> Int32? {
    guard let next = idleLook.map({ min($0, acceptAgain ?? $0) }) ?? acceptAgain else { return nil }
    // Rounded up, or it would be woken too early and find nothing to do.
    return Int32(clamping: max(0, (next - now).nanoseconds) / 1_000_000 + 1)
  }

  // MARK: Connections

  private func accept(at now: NIODeadline) {
    for _ in 0..<SocketmapThread.mostAccepted {
      switch listener.accept() {
      case .nobody: return
      case .exhausted: return rest(at: now)
      case .connection(let socket): open(socket, at: now)
      }
    }
  }

  private func open(_ socket: consuming StreamSocket, at now: NIODeadline) {
    // One too many is closed, as is one that cannot be waited for.
    guard count < configuration.connections else { return }
    let place = Int(socket.descriptor)
    guard (try? shared.poller.add(socket.descriptor, for: .reading)) != nil else { return }
    while connections.count <= place { connections.append(nil) }
    connections[place] = SocketmapConnection(socket, at: now)
    count += 1
    shared.connections.store(count, ordering: .relaxed)
    if idleLook == nil { idleLook = now + configuration.idle }
  }

  private func serve(_ descriptor: Int32, at now: NIODeadline) {
    guard let connection = connections[Int(descriptor)] else { return }
    let wasWriting = connection.unsent.readableBytes > 0
    var state =
      wasWriting ? connection.resume(at: now) : connection.receive(answers, through: &room, at: now)
    let isWriting = connection.unsent.readableBytes > 0
    if state == .open, wasWriting != isWriting {
      do {
        try shared.poller.change(descriptor, to: isWriting ? .writing : .reading)
      } catch {
        state = .ended
      }
    }
    if state == .ended { close(descriptor) }
  }

  private func close(_ descriptor: Int32) {
    count -= 1
    shared.connections.store(count, ordering: .relaxed)
    connections[Int(descriptor)] = nil
    if acceptAgain != nil { resumeAccepting() }
  }

  // MARK: Time

  private func lookAround(at now: NIODeadline) {
    if let acceptAgain, now >= acceptAgain { resumeAccepting() }
    guard let idleLook, now >= idleLook else { return }
    var oldest: NIODeadline?
    for case let connection? in connections {
      if now - connection.lastActive >= configuration.idle {
        close(connection.socket.descriptor)
      } else {
        oldest = min(oldest ?? connection.lastActive, connection.lastActive)
      }
    }
    self.idleLook = oldest.map { $0 + configuration.idle }
  }

  /// Who waits to be taken would have the thread run in circles.
  private func rest(at now: NIODeadline) {
    guard (try? shared.poller.remove(listener.descriptor)) != nil else { return }
    acceptAgain = now + SocketmapThread.acceptPause
  }

  private func resumeAccepting() {
    do {
      try shared.poller.add(listener.descriptor, for: .reading)
      acceptAgain = nil
    } catch {
      acceptAgain = .now() + SocketmapThread.acceptPause
    }
  }
}
