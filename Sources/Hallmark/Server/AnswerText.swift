import JSONRPC
import NIOCore

/// The text of an answer to calls, with room before it for its head: the head tells the length, and so is known last.
///
/// One is used for all answers of an event loop, on which it lives; it is taken before anything else is written to it.
final class AnswerText: ReplyText {
  /// More than `ResponseHeads` writes for an answer to calls.
  private static let headRoom = 768
  /// A posture record and its head fit in.
  private static let usual = 8 << 10
  /// What is kept for the next large answer, at the most: a hundred records take half of it.
  private static let maximumKept = 1 << 20

  private let allocator = ByteBufferAllocator()
  private var buffer = ByteBuffer()
  /// Memory of the last large answer, which is free again when that was sent: large answers are not made of new pages each time.
  private var large: ByteBuffer?
  private var head: [UInt8] = []

  /// Begins an answer, of usual size or one that may be large.
  func begin(isLarge: Bool) {
    buffer = (isLarge ? large.take() : nil) ?? allocator.buffer(capacity: AnswerText.usual)
    // Where the memory is still being sent it takes other.
    buffer.clear(minimumCapacity: AnswerText.headRoom)
    buffer.moveWriterIndex(to: AnswerText.headRoom)
    buffer.moveReaderIndex(to: AnswerText.headRoom)
  }

  var count: Int { buffer.readableBytes }

  func append(_ octets: UnsafeRawBufferPointer) { buffer.writeBytes(octets) }

  func append(atMost count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count, fill)
  }

  func truncate(to count: Int) { buffer.moveWriterIndex(to: buffer.readerIndex + count) }

  func octets(_ range: Range<Int>) -> [UInt8] {
    buffer.getBytes(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? []
  }

  /// The whole message.
  func end(head write: (inout [UInt8]) -> Void) -> ByteBuffer {
    head.removeAll(keepingCapacity: true)
    write(&head)
    var message = ByteBuffer()
    swap(&message, &buffer)
    let start = message.readerIndex - head.count
    precondition(start >= 0, "the head of an answer is bounded")
    message.setBytes(head, at: start)
    message.moveReaderIndex(to: start)
    if message.capacity > AnswerText.usual, message.capacity <= AnswerText.maximumKept { large = message }
    return message
  }
}
