import Gzip
import NIOCore
import Synchronization

/// Where a streamed body is written to.
public final class HTTPBodyWriter: Sendable {
  private let channel: any Channel
  private let isChunked: Bool
  /// Told before and after each piece, so that a peer that takes nothing is noticed.
  private let watch: @Sendable (Bool) -> Void
  private let count = Atomic<Int>(0)
  /// Where the body is compressed.
  private let gzip = Mutex<GzipStream?>(nil)

  init(channel: any Channel, isChunked: Bool, watch: @escaping @Sendable (Bool) -> Void) {
    self.channel = channel
    self.isChunked = isChunked
    self.watch = watch
  }

  var written: Int { count.load(ordering: .relaxed) }

  /// Sends one piece and waits until the connection has taken it: the back-pressure. Pieces of some 16 to 64 KiB cost
  /// least; an empty one is nothing.
  ///
  /// - Throws: where the connection is gone or too slow, or the task was cancelled.
  public func write(_ bytes: [UInt8]) async throws {
    try Task.checkCancellation()
    try await send(try gzip.withLock { gzip in try gzip?.compress(bytes) } ?? bytes)
  }

  /// From here on what is written goes out as gzip.
  func beginCompressing() throws {
    try gzip.withLock { $0 = try GzipStream() }
  }

  /// Writes what the compression still holds, and its end.
  func endCompressing() async throws {
    guard let rest = try gzip.withLock({ gzip in try gzip?.finish() }) else { return }
    try await send(rest)
  }

  private func send(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    var buffer = channel.allocator.buffer(capacity: bytes.count + 16)
    if isChunked {
      buffer.writeString(String(bytes.count, radix: 16))
      buffer.writeStaticString("\r\n")
    }
    buffer.writeBytes(bytes)
    if isChunked { buffer.writeStaticString("\r\n") }
    watch(true)
    defer { watch(false) }
    try await channel.writeAndFlush(buffer)
    count.add(bytes.count, ordering: .relaxed)
  }
}
