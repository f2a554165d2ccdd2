import Foundation
import TestKit

/// A resolver between a service and the lab's, some of whose answers a test decides.
struct ServiceDNS {
  let address: String
  private let lab: Lab
  private let rules: String
  private let command: Command

  var resolver: String { "\(address)@53" }

  /// Starts it; `address` is one of the lab's loopback that nothing else has.
  static func start(in lab: Lab, address: String) async throws -> ServiceDNS {
    let rules = try lab.file("rules", "")
    let upstream = (lab.description["resolver"]?.stringValue ?? "").split(separator: "@").first.map(String.init) ?? ""
    let argv = Lab.bound + ["python3", Lab.peer("dns_forwarder.py"), address, upstream, rules]
    let dns = ServiceDNS(address: address, lab: lab, rules: rules, command: try lab.spawn(argv))
    let probe = "import socket,sys; socket.create_connection((sys.argv[1], 53), 10)"
    guard try await eventually({ try await lab.quickly(["python3", "-c", probe, address]).status == 0 }) else {
      throw ServiceProcess.Failure(description: "the forwarder did not start: \(dns.command.stderr)")
    }
    return dns
  }

  /// From the next question on these rules hold; none: everything is handed on.
  func answer(_ lines: String...) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: rules), options: .atomic)
  }

  func stop() async { _ = await command.terminate() }
}
