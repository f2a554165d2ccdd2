import NIOCore
import Posture

/// What a socketmap server asks, on its thread: while it is waited for, nobody gets an answer.
public protocol SocketmapTable: AnyObject, Sendable {
  /// Answers for a domain.
  ///
  /// - Parameters:
  ///   - domain: in lower case; no address, and no `.parent`.
  ///   - last: what it answered before to the same request, where that is known and no longer current.
  func answer(for domain: String, last: SocketmapAnswer?) -> SocketmapAnswer

  /// Whether what was answered would be answered now. It is asked only of an answer that has a basis.
  func isCurrent(_ answer: SocketmapAnswer) -> Bool

  /// Called for each answer of its own that goes out, new or kept.
  func count(_ answer: SocketmapAnswer)
}

/// An answer, and what it rests on.
public final class SocketmapAnswer: Sendable {
  /// What has to be the same for an answer to be given again.
  struct Basis: Sendable {
    /// That of the store which was read.
    let commit: UInt64
    /// That of the entry; nil where there was none.
    var revision: UInt64?
    /// The first moment at which it holds no longer.
    var end = Timestamp(seconds: .max)
  }

  public let reply: SocketmapReply
  /// nil: it is not to be kept.
  let basis: Basis?
  /// The reply as it is sent.
  let netstring: ByteBuffer

  /// An answer that is given once.
  public convenience init(_ reply: SocketmapReply) { self.init(reply, basis: nil) }

  init(_ reply: SocketmapReply, basis: Basis?) {
    self.reply = reply
    self.basis = basis
    netstring = Netstring.buffer(reply.bytes)
  }
}
