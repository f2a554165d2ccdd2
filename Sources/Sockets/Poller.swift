import CEpoll
import Glibc

/// Tells which of many descriptors can be read or written (epoll(7)). One thread waits; any other can wake it.
public final class Poller: Sendable {
  public enum Interest: Sendable { case reading, writing }

  /// Descriptors that one wait tells of; what is left over is told of by the next.
  static let most = 64

  private let descriptor: Int32
  /// What wakes: an eventfd(2).
  private let alarm: Int32

  /// - Throws: `SocketError`, where the process has no descriptors left.
  public init() throws(SocketError) {
    descriptor = try SocketError.check(epoll_create1(Int32(EPOLL_CLOEXEC)), "epoll_create1")
    alarm = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    try SocketError.check(alarm, "eventfd")
    try add(alarm, for: .reading)
  }

  deinit {
    close(alarm)
    close(descriptor)
  }

  /// Begins to look at a descriptor. One that is closed is forgotten.
  public func add(_ file: Int32, for interest: Interest) throws(SocketError) {
    try control(EPOLL_CTL_ADD, file, interest)
  }

  /// Looks for something else at a descriptor.
  public func change(_ file: Int32, to interest: Interest) throws(SocketError) {
    try control(EPOLL_CTL_MOD, file, interest)
  }

  /// Looks at a descriptor no more.
  public func remove(_ file: Int32) throws(SocketError) { try control(EPOLL_CTL_DEL, file, .reading) }

  private func control(_ operation: Int32, _ file: Int32, _ interest: Interest) throws(SocketError) {
    // A hang-up and an error are told of in any case.
    let wanted = interest == .reading ? EPOLLIN : EPOLLOUT
    var event = epoll_event(events: wanted.rawValue, data: epoll_data_t(fd: file))
    try SocketError.check(epoll_ctl(descriptor, operation, file, &event), "epoll_ctl")
  }

  /// Waits until there is something to do, until it is woken, or until the time is over.
  ///
  /// - Parameters:
  ///   - milliseconds: nil waits for as long as it takes.
  ///   - body: called with each descriptor that can be read or written, or whose peer is gone.
  public func wait(milliseconds: Int32?, _ body: (Int32) -> Void) throws(SocketError) {
    let result: Result<Void, SocketError> = withUnsafeTemporaryAllocation(
      of: epoll_event.self, capacity: Poller.most
    ) { events in
      let count = epoll_wait(descriptor, events.baseAddress, Int32(events.count), milliseconds ?? -1)
      guard count >= 0 else {
        return errno == EINTR ? .success(()) : .failure(SocketError(code: errno, operation: "epoll_wait"))
      }
      for index in 0..<Int(count) {
        let file = events[index].data.fd
        if file == alarm { rearm() } else { body(file) }
      }
      return .success(())
    }
    try result.get()
  }

  private func rearm() {
    var count: eventfd_t = 0
    eventfd_read(alarm, &count)
  }

  /// Ends a wait on another thread, or the next one where none is under way.
  public func wake() {
    // It fails where it has been called 2^64 times since the last wait.
    eventfd_write(alarm, 1)
  }
}
