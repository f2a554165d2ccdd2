import Foundation

/// A real NSD on loopback with a root zone that is signed when the test runs, so that nothing secret is kept.
struct LoopbackNameServer {
  /// An address that no other test binds, nor connects from.
  static let address = "127.53.0.1"

  let port: UInt16
  let trustAnchor: String
  private let directory: URL

  static let tools = ["/usr/sbin/nsd", "/usr/bin/ldns-keygen", "/usr/bin/ldns-signzone"]

  /// Runs the body while the server runs; where NSD or ldns is not installed, one line says so instead.
  static func run(_ body: (LoopbackNameServer) async throws -> Void) async throws {
    if let missing = tools.first(where: { !FileManager.default.isExecutableFile(atPath: $0) }) {
      print("skipped: \(missing) is not here (install nsd and ldnsutils)")
      return
    }
    for attempt in 1...attempts {
      let server = try LoopbackNameServer()
      defer { try? FileManager.default.removeItem(at: server.directory) }
      let group = try server.spawn()
      defer {
        kill(-group, SIGKILL)
        waitpid(group, nil, 0)
      }
      guard try await server.listens(group) else {
        if attempt == attempts { throw NotStarted(log: server.log) }
        continue
      }
      return try await body(server)
    }
  }

  /// Between the choice of a port and NSD's taking it somebody else may take it, such as a resolver for a query that it sends.
  private static let attempts = 5
  /// How long NSD may take to listen, on a machine that is busy.
  private static let patience = Duration.seconds(60)

  struct NotStarted: Error, CustomStringConvertible {
    let log: String
    var description: String { "NSD does not listen: \(log)" }
  }

  private var log: String {
    (try? String(contentsOf: directory.appending(path: "nsd.log"), encoding: .utf8)) ?? "it wrote no log"
  }

  /// Whether its port takes connections; false where NSD has ended, or does not listen in time.
  private func listens(_ process: pid_t) async throws -> Bool {
    let start = ContinuousClock.now
    while ContinuousClock.now - start < Self.patience {
      var ended = siginfo_t()
      // It stays to be waited for.
      waitid(P_PID, id_t(process), &ended, WEXITED | WNOHANG | WNOWAIT)
      if ended.si_signo == SIGCHLD { return false }
      if isListening { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  private var isListening: Bool {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    var address = sockaddr_in(Self.address, port: port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "hallmark-nsd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    port = try DatagramSocket(address: Self.address).port
    trustAnchor = directory.appending(path: "root.ds").path
    try writeZones()
    try writeConfiguration()
  }

  /// Starts NSD as a process group of its own, so that its children end with it.
  private func spawn() throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    let words: [String] = [Self.tools[0], "-d", "-c", directory.appending(path: "nsd.conf").path]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    guard posix_spawn(&process, Self.tools[0], nil, &attributes, &arguments, environ) == 0 else {
      throw POSIXError(.ENOEXEC)
    }
    return process
  }

  private func writeZones() throws {
    try Self.rootZone.write(to: directory.appending(path: "root.zone"), atomically: true, encoding: .utf8)
    try Self.unsignedZone.write(to: directory.appending(path: "unsigned.zone"), atomically: true, encoding: .utf8)
    let key = try run(Self.tools[1], ["-a", "ECDSAP256SHA256", "-k", "."])
    try run(Self.tools[2], ["root.zone", key])
    try FileManager.default.copyItem(
      at: directory.appending(path: key + ".ds"), to: directory.appending(path: "root.ds"))
    let signed = directory.appending(path: "root.zone.signed")
    let lines = try String(contentsOf: signed, encoding: .utf8).components(separatedBy: "\n")
    try lines.map(Self.breakingSignature).joined(separator: "\n").write(to: signed, atomically: true, encoding: .utf8)
  }

  /// Changes one character within the signature over `broken.example. TXT`.
  private static func breakingSignature(_ line: String) -> String {
    guard line.hasPrefix("broken.example."), line.contains("RRSIG\tTXT") else { return line }
    var fields = line.split(separator: " ").map(String.init)
    guard let last = fields.last, let index = last.indices.dropFirst(10).first else { return line }
    fields[fields.count - 1] = last.replacingCharacters(in: index...index, with: last[index] == "A" ? "B" : "A")
    return fields.joined(separator: " ")
  }

  private func writeConfiguration() throws {
    let path = directory.path
    try """
    server:
      ip-address: \(Self.address)@\(port)
      server-count: 1
      username: ""
      chroot: ""
      database: ""
      zonesdir: "\(path)"
      pidfile: "\(path)/nsd.pid"
      xfrdfile: "\(path)/xfrd.state"
      zonelistfile: "\(path)/zone.list"
      xfrdir: "\(path)"
      logfile: "\(path)/nsd.log"
    remote-control:
      control-enable: no
    zone:
      name: "."
      zonefile: "root.zone.signed"
    zone:
      name: "unsigned.example."
      zonefile: "unsigned.zone"

    """.write(to: directory.appending(path: "nsd.conf"), atomically: true, encoding: .utf8)
  }

  @discardableResult
  private func run(_ path: String, _ arguments: [String]) throws -> String {
    let tool = Process()
    let output = Pipe()
    tool.executableURL = URL(fileURLWithPath: path)
    tool.arguments = arguments
    tool.currentDirectoryURL = directory
    tool.standardOutput = output
    try tool.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    tool.waitUntilExit()
    guard tool.terminationStatus == 0 else { throw POSIXError(.EINVAL) }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let rootZone = """
    . 3600 IN SOA ns. hostmaster. 1 3600 600 86400 77
    . 3600 IN NS ns.
    ns. 3600 IN A 127.0.0.1
    signed.example. 120 IN TXT "v=spf1 " "-all"
    signed.example. 90000 IN MX 10 mx.signed.example.
    mx.signed.example. 300 IN A 192.0.2.1
    mx.signed.example. 300 IN A 192.0.2.2
    _25._tcp.mx.signed.example. 300 IN TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
    alias.example. 60 IN CNAME signed.example.
    lost.example. 60 IN CNAME gone.example.
    broken.example. 300 IN TXT "broken"
    spaced\\032name.example. 300 IN TXT "escaped"
    test. 300 IN TXT "not answered by the library itself"
    unsigned.example. 3600 IN NS ns.

    """

  private static let unsignedZone = """
    unsigned.example. 3600 IN SOA ns. hostmaster. 1 3600 600 86400 77
    unsigned.example. 3600 IN NS ns.
    unsigned.example. 300 IN TXT "unsigned"

    """
}

extension sockaddr_in {
  fileprivate init(_ address: String, port: UInt16) {
    self.init()
    sin_family = sa_family_t(AF_INET)
    sin_port = port.bigEndian
    sin_addr.s_addr = inet_addr(address)
  }
}

/// A UDP socket on loopback; it answers nothing unless it is told to.
final class DatagramSocket: Sendable {
  private let descriptor: Int32
  let port: UInt16

  init(address text: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_in(text, port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = self.descriptor
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  /// Answers every query with the given RDATA, one record each, of the type asked for, until the socket is shut down.
  func answer(with records: [[UInt8]]) {
    Thread.detachNewThread { [descriptor] in
      var query = [UInt8](repeating: 0, count: 4096)
      while true {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let sent = withUnsafeMutablePointer(to: &peer) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            let count = recvfrom(descriptor, &query, query.count, 0, address, &length)
            guard count > 12 else { return -1 }
            let reply = Self.reply(to: Array(query[..<count]), records)
            return sendto(descriptor, reply, reply.count, 0, address, length)
          }
        }
        if sent < 0 { return }
      }
    }
  }

  /// Ends `answer(with:)`.
  func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// The header and question of the query (RFC 1035 section 4.1), and the records with a pointer to its name.
  private static func reply(to query: [UInt8], _ records: [[UInt8]]) -> [UInt8] {
    var end = 12
    while end < query.count, query[end] != 0 { end += Int(query[end]) + 1 }
    let type = Array(query[(end + 1)...(end + 2)])
    var reply = Array(query[..<2]) + [0x84, 0x80, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0]
    reply += query[12...(end + 4)]
    for record in records {
      reply += [0xc0, 12] + type + [0, 1, 0, 0, 1, 0, 0, UInt8(record.count)] + record
    }
    return reply
  }
}
