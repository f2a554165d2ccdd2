import DNS
import Foundation
import NIOPosix
import Posture
import Synchronization
import TestKit

@testable import Probe

/// A prober that may contact loopback, and trusts the tests' own authority.
struct Prober {
  static let name = "mx.example.com"

  let authority: TestAuthority
  let trust: TrustStore
  let lines = Lines()

  init() throws {
    authority = try TestAuthority.shared.get()
    trust = try TrustStore(pemFile: authority.rootFile)
  }

  /// What was traced.
  final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func add(_ event: TraceEvent) { kept.withLock { $0.append(event.description) } }
  }

  static let now: @Sendable () -> Timestamp = { Timestamp(seconds: Int64(Date().timeIntervalSince1970) + 60) }

  static func loopback() throws -> AddressPolicy {
    AddressPolicy(allowed: [AddressBlock("127.0.0.0/8"), AddressBlock("::1")].compactMap { $0 })
  }

  func smtp(_ timeout: Duration = .seconds(10), addresses: AddressPolicy? = nil) throws -> SMTPProbe {
    guard let name = EHLOName("probe.example.net") else { throw Program.Failure(description: "no EHLO name") }
    let options = SMTPProbe.Options(
      name: name, timeout: timeout, addresses: try addresses ?? Prober.loopback(), trace: { [lines] in lines.add($0) })
    return try SMTPProbe(
      group: MultiThreadedEventLoopGroup.singleton, trust: trust, options: options, clock: Prober.now)
  }

  func key(_ port: UInt16, address: String = "127.0.0.1", name: String = Prober.name) throws -> EndpointKey {
    guard let address = IPAddress(address), let name = DomainName(name) else {
      throw Program.Failure(description: "no such address or name")
    }
    return EndpointKey(address: address, port: port, serverName: name)
  }

  /// A certificate for the name with its intermediate, made once.
  func credentials(_ name: String = Prober.name, sendsIntermediate: Bool = true) throws -> Peer.Credentials {
    let file = "leaf-\(name)"
    try Prober.making.withLock { _ in
      if !FileManager.default.fileExists(atPath: authority.directory.appending(path: "\(file).pem").path()) {
        _ = try authority.leaf(file, altNames: [Array(name.utf8)])
      }
    }
    let chain = try authority.chainFile(sendsIntermediate ? [file, "intermediate"] : [file])
    return Peer.Credentials(certificate: chain, key: authority.keyFile)
  }

  private static let making = Mutex(())
}
