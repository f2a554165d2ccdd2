import Glibc

/// A plain blocking client on loopback, so that tests decide which bytes go out when.
final class Socket {
  private let descriptor: CInt
  private var received: [UInt8] = []
  private(set) var isAtEnd = false

  /// - Parameter patience: seconds after which reading gives up.
  init(port: Int, patience: Int = 40, receiveBuffer: CInt? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure(code: errno) }
  }

  struct Failure: Error { let code: CInt }

  deinit { close(descriptor) }

  func send(_ bytes: some Collection<UInt8>) { Socket.send(Array(bytes), to: descriptor) }

  private static func send(_ bytes: [UInt8], to descriptor: CInt) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Sends from another thread while this one reads; not beyond the life of the socket.
  func sender() -> @Sendable (String) -> Void {
    let descriptor = descriptor
    return { Socket.send(Array($0.utf8), to: descriptor) }
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// False at the end of the stream or when patience is over.
  private func receive() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    if count == 0 || (count < 0 && errno != EAGAIN) { isAtEnd = true }
    guard count > 0 else { return false }
    received += chunk[..<count]
    return true
  }

  /// Reads to the end of the stream.
  func readAll() -> String {
    while receive() {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// What has come; nil at the end of the stream.
  func readSome() -> String? {
    guard !received.isEmpty || receive() else { return nil }
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  func read(count: Int) -> [UInt8] {
    while received.count < count, receive() {}
    let taken = Array(received.prefix(count))
    received.removeFirst(taken.count)
    return taken
  }

  /// One response with its body by Content-Length or chunks; nil where none came.
  func response(hasBody: Bool = true) -> Response? {
    let mark = Array("\r\n\r\n".utf8)
    var end = received.firstRange(of: mark)
    while end == nil, receive() { end = received.firstRange(of: mark) }
    guard let end else { return nil }
    let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
    received.removeFirst(end.upperBound)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingPrefix { $0 == " " }.description : ""
    }
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    var body: [UInt8] = []
    if hasBody, headers["transfer-encoding"] == "chunked" {
      body = chunks()
    } else if hasBody, status != 204, status != 304, status >= 200 {
      body = read(count: Int(headers["content-length"] ?? "0") ?? 0)
    }
    return Response(status: status, headers: headers, bytes: body)
  }

  private func chunks() -> [UInt8] {
    var body: [UInt8] = []
    while let size = Int(line(), radix: 16), size > 0 {
      body += read(count: size)
      _ = line()
    }
    _ = line()
    return body
  }

  private func line() -> String {
    var line: [UInt8] = []
    while let byte = read(count: 1).first, byte != 0x0a { if byte != 0x0d { line.append(byte) } }
    return String(decoding: line, as: UTF8.self)
  }

  struct Response {
    let status: Int
    let headers: [String: String]
    let bytes: [UInt8]

    var body: String { String(decoding: bytes, as: UTF8.self) }
  }
}
