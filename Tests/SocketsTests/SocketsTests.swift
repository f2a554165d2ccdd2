import Glibc
import Sockets
import Testing

@Suite struct SocketsTests {
  /// A client of a listener, by the system's own calls.
  private static func connected(to port: UInt16) throws -> CInt {
    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
    return client
  }

  /// The descriptors that a wait tells of.
  private static func told(_ poller: Poller, milliseconds: Int32?) throws -> [Int32] {
    var told: [Int32] = []
    try poller.wait(milliseconds: milliseconds) { told.append($0) }
    return told
  }

  private static func take(_ listener: ListeningSocket, _ body: (borrowing StreamSocket) throws -> Void) throws {
    guard case .connection(let socket) = listener.accept() else {
      Issue.record("nobody waited")
      return
    }
    try body(socket)
  }

  private static func receive(_ socket: borrowing StreamSocket) -> (StreamSocket.Outcome, [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
      let outcome = socket.receive(into: buffer)
      guard case .moved(let octets) = outcome else { return (outcome, []) }
      return (outcome, [UInt8](buffer[..<octets]))
    }
  }

  @Test func `a connection is told of, read, written, and ended`() throws {
    let listener = try ListeningSocket(address: "127.0.0.1", port: 0)
    let poller = try Poller()
    try poller.add(listener.descriptor, for: .reading)
    guard case .nobody = listener.accept() else { return #expect(Bool(false), "somebody waited") }
    let client = try Self.connected(to: listener.port)
    #expect(try Self.told(poller, milliseconds: nil) == [listener.descriptor])
    try Self.take(listener) { socket in
      try poller.add(socket.descriptor, for: .reading)
      #expect(Self.receive(socket) == (.wouldBlock, []))
      #expect(send(client, "ask", 3, 0) == 3)
      #expect(try Self.told(poller, milliseconds: nil) == [socket.descriptor])
      #expect(Self.receive(socket) == (.moved(octets: 3), Array("ask".utf8)))
      try poller.change(socket.descriptor, to: .writing)
      #expect(try Self.told(poller, milliseconds: nil) == [socket.descriptor])
      #expect(Array("told".utf8).withUnsafeBytes { socket.send($0) } == .moved(octets: 4))
      var answer = [UInt8](repeating: 0, count: 8)
      #expect(recv(client, &answer, 8, 0) == 4 && answer.starts(with: "told".utf8))
      try poller.change(socket.descriptor, to: .reading)
      #expect(try Self.told(poller, milliseconds: 0).isEmpty)
      close(client)
      #expect(try Self.told(poller, milliseconds: nil) == [socket.descriptor])
      #expect(Self.receive(socket) == (.ended, []))
    }
    // It was closed with the last that knew it.
    #expect(try Self.told(poller, milliseconds: 0).isEmpty)
  }

  @Test func `a peer that takes nothing stops the writer`() throws {
    let listener = try ListeningSocket(address: "127.0.0.1", port: 0)
    let client = try Self.connected(to: listener.port)
    defer { close(client) }
    try Self.take(listener) { socket in
      let piece = [UInt8](repeating: 0x61, count: 1 << 20)
      var outcome = StreamSocket.Outcome.moved(octets: 0)
      for _ in 0..<64 {
        guard case .moved = outcome else { break }
        outcome = piece.withUnsafeBytes { socket.send($0) }
      }
      #expect(outcome == .wouldBlock)
    }
  }

  @Test func `a peer that is gone ends the writer, and no signal the process`() throws {
    let listener = try ListeningSocket(address: "127.0.0.1", port: 0)
    let client = try Self.connected(to: listener.port)
    try Self.take(listener) { socket in
      // Closed with a reset.
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      close(client)
      let outcomes = (0..<3).map { _ in [UInt8](repeating: 0x61, count: 8).withUnsafeBytes { socket.send($0) } }
      #expect(outcomes.last == .ended)
    }
  }

  @Test func `another thread wakes a wait, and one that is still to come`() async throws {
    let poller = try Poller()
    poller.wake()
    #expect(try Self.told(poller, milliseconds: nil).isEmpty)
    let waking = Task.detached { poller.wake() }
    #expect(try Self.told(poller, milliseconds: nil).isEmpty)
    await waking.value
  }

  @Test func `what is looked at no more is not told of`() throws {
    let listener = try ListeningSocket(address: "127.0.0.1", port: 0)
    let poller = try Poller()
    try poller.add(listener.descriptor, for: .reading)
    let client = try Self.connected(to: listener.port)
    defer { close(client) }
    try poller.remove(listener.descriptor)
    #expect(try Self.told(poller, milliseconds: 0).isEmpty)
    let unknown = #expect(throws: SocketError.self) { try poller.remove(listener.descriptor) }
    #expect(unknown?.code == ENOENT)
    try poller.add(listener.descriptor, for: .reading)
    #expect(try Self.told(poller, milliseconds: nil) == [listener.descriptor])
  }

  @Test func `an address that is taken, or is none, is an error that says so`() throws {
    let listener = try ListeningSocket(address: "::1", port: 0)
    #expect(listener.port > 0)
    let taken = #expect(throws: SocketError.self) { try ListeningSocket(address: "::1", port: listener.port) }
    #expect(taken?.description == "bind: Address already in use")
    let none = #expect(throws: SocketError.self) { try ListeningSocket(address: "localhost", port: 0) }
    #expect(none?.description == "address localhost: Invalid argument")
  }
}
