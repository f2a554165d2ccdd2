import Glibc

/// A TCP connection that never blocks. It is closed when it is gone.
public struct StreamSocket: ~Copyable, Sendable {
  /// What became of an attempt to read or to write.
  public enum Outcome: Hashable, Sendable {
    case moved(octets: Int)
    /// Nothing can be moved now.
    case wouldBlock
    /// The peer sends nothing more, or is gone.
    case ended
  }

  public let descriptor: Int32

  init(owning descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Reads what is there, up to the size of the buffer, which must not be empty.
  public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
    return count == 0 ? .ended : outcome(count)
  }

  /// Writes as much as the system takes.
  public func send(_ buffer: UnsafeRawBufferPointer) -> Outcome {
    outcome(Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL)))
  }

  private func outcome(_ count: Int) -> Outcome {
    guard count < 0 else { return .moved(octets: count) }
    return errno == EAGAIN || errno == EINTR ? .wouldBlock : .ended
  }
}

/// A socket that takes connections, and never blocks. It is closed when it is gone.
public final class ListeningSocket: Sendable {
  public enum Acceptance: ~Copyable {
    case connection(StreamSocket)
    /// Nobody waits.
    case nobody
    /// Somebody waits, and there are no descriptors or no memory: it will be so again until something is closed.
    case exhausted
  }

  public let descriptor: Int32

  /// Connections that may wait to be taken; the system has a bound of its own.
  private static let backlog: Int32 = 512

  /// Listens.
  ///
  /// - Parameters:
  ///   - address: an IP address.
  ///   - port: 0 for any that is free.
  /// - Throws: `SocketError`.
  public init(address: String, port: UInt16) throws(SocketError) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let found else {
      throw SocketError(code: EINVAL, operation: "address \(address)")
    }
    defer { freeaddrinfo(found) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    descriptor = try SocketError.check(socket(found.pointee.ai_family, kind, 0), "socket")
    // An address is free as soon as its last server is gone.
    enable(descriptor, SOL_SOCKET, SO_REUSEADDR)
    try SocketError.check(bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen), "bind")
    try SocketError.check(listen(descriptor, ListeningSocket.backlog), "listen")
  }

  deinit { close(descriptor) }

  /// The port that it got.
  public var port: UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let name = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard name == 0 else { return 0 }
    // It lies at the same place for both families (RFC 3493 section 3.3).
    return withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
  }

  /// Takes the next connection that waits. What is sent on it goes out at once (TCP_NODELAY).
  public func accept() -> Acceptance {
    while true {
      let taken = Glibc.accept(descriptor, nil, nil)
      if taken >= 0 {
        _ = fcntl(taken, F_SETFL, O_NONBLOCK)
        _ = fcntl(taken, F_SETFD, FD_CLOEXEC)
        enable(taken, Int32(IPPROTO_TCP), TCP_NODELAY)
        return .connection(StreamSocket(owning: taken))
      }
      switch errno {
      case EAGAIN: return .nobody
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
      // accept(2): an error of that one connection, which is gone; the next may be well.
      default: continue
      }
    }
  }
}

/// Switches an option of a socket on.
private func enable(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
  var yes: Int32 = 1
  setsockopt(descriptor, level, option, &yes, socklen_t(MemoryLayout<Int32>.size))
}
