import NIOCore

/// What is answered to requests: a table, and what it answered last, which costs a fraction of a new answer.
///
/// It lives on the thread that answers.
final class SocketmapAnswers {
  /// Answers that are kept, some 500 octets each. Beyond it all are forgotten, and come again as they are asked for.
  static let maximumKept = 10_000
  /// Octets of a request whose answer is kept: the name of a map, a domain (RFC 1035 section 2.3.4), brackets and a port.
  static let longestKept = 300

  private let names: Set<String>
  private let table: any SocketmapTable
  /// By the whole request.
  private var kept: [ByteBuffer: SocketmapAnswer] = [:]

  private static let absent = Netstring.buffer(SocketmapReply.notFound.bytes)

  init(names: Set<String>, table: any SocketmapTable) {
    self.names = names
    self.table = table
  }

  /// The netstring that answers the payload of another.
  func answer(to request: ByteBuffer) -> ByteBuffer {
    let last = kept[request]
    if let last, table.isCurrent(last) {
      table.count(last)
      return last.netstring
    }
    guard let question = SocketmapRequest(request.readableBytesView) else { return refusal("ask as NAME KEY") }
    guard names.contains(question.name) else {
      return refusal("there is no such map; there is \(names.sorted().joined(separator: ", "))")
    }
    guard let domain = question.domain else { return SocketmapAnswers.absent }
    let answer = table.answer(for: domain, last: last)
    table.count(answer)
    if answer.basis == nil { kept[request] = nil } else { keep(answer, to: request) }
    return answer.netstring
  }

  private func keep(_ answer: SocketmapAnswer, to request: ByteBuffer) {
    guard request.readableBytes <= SocketmapAnswers.longestKept else { return }
    if kept.count >= SocketmapAnswers.maximumKept { kept = [:] }
    // A copy: the request is part of all that was read with it.
    kept[ByteBuffer(bytes: request.readableBytesView)] = answer
  }

  private func refusal(_ why: String) -> ByteBuffer { Netstring.buffer(SocketmapReply.permanent(why).bytes) }
}
