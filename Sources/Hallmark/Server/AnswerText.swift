import JSONRPC
import NIOCore

/// The text of an answer to calls, with room before it for its head: the head tells the length, and so is known last.
struct AnswerText: ReplyText {
  /// More than `ResponseHeads` writes for an answer to calls.
  static let headRoom = 768

  fileprivate var buffer: ByteBuffer

  /// - Parameter buffer: memory for it; what is in it is lost.
  init(in buffer: consuming ByteBuffer) {
    self.buffer = buffer
    self.buffer.clear(minimumCapacity: AnswerText.headRoom)
    self.buffer.moveWriterIndex(to: AnswerText.headRoom)
    self.buffer.moveReaderIndex(to: AnswerText.headRoom)
  }

  var count: Int { buffer.readableBytes }

  mutating func append(_ octets: UnsafeRawBufferPointer) { buffer.writeBytes(octets) }

  mutating func truncate(to count: Int) { buffer.moveWriterIndex(to: buffer.readerIndex + count) }

  func octets(_ range: Range<Int>) -> [UInt8] {
    buffer.getBytes(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? []
  }

  /// The whole message.
  consuming func behind(_ head: ByteBuffer) -> ByteBuffer {
    let start = buffer.readerIndex - head.readableBytes
    guard start >= 0 else {
      var message = head
      message.writeImmutableBuffer(buffer)
      return message
    }
    buffer.setBuffer(head, at: start)
    buffer.moveReaderIndex(to: start)
    return buffer
  }
}

/// Memory for the answers of one event loop, so that large ones are not made of new pages each time.
///
/// It lives on its event loop.
final class AnswerMemory {
  /// A posture record and its head fit in.
  private static let usual = 4 << 10
  /// What is kept for the next large answer, at the most: a hundred records take a quarter of it.
  private static let maximumKept = 1 << 20

  private let allocator = ByteBufferAllocator()
  /// Of the last large answer; it is free again when that was sent.
  private var large: ByteBuffer?
  private var head: ByteBuffer

  init() { head = allocator.buffer(capacity: AnswerText.headRoom) }

  /// For an answer of usual size, or for one that may be large.
  func text(isLarge: Bool) -> AnswerText {
    guard isLarge, let kept = large.take() else {
      return AnswerText(in: allocator.buffer(capacity: AnswerMemory.usual))
    }
    return AnswerText(in: kept)
  }

  /// The whole message of a text.
  func message(_ text: consuming AnswerText, head write: (inout ByteBuffer) -> Void) -> ByteBuffer {
    head.clear()
    write(&head)
    let message = text.behind(head)
    if message.capacity > 4 * AnswerMemory.usual, message.capacity <= AnswerMemory.maximumKept { large = message }
    return message
  }
}
