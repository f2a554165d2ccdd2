import JSON

/// The text of a response, or of those of a batch.
public struct RPCReply: Sendable {
  public let bytes: [UInt8]
  /// Everything in it is refused for want of a token: a transport may say so in its own way.
  public let isUnauthenticated: Bool

  init(bytes: [UInt8], isUnauthenticated: Bool) {
    self.bytes = bytes
    self.isUnauthenticated = isUnauthenticated
  }

  init(_ result: RPCResult, id: JSONValue) {
    var text: [UInt8] = []
    text.append(result, id: id)
    self.init(bytes: text, isUnauthenticated: false)
  }

  init(_ error: RPCError, id: JSONValue) {
    var text: [UInt8] = []
    text.append(error, id: id)
    self.init(bytes: text, isUnauthenticated: error.status == .unauthenticated)
  }

  /// The answer to a batch (JSON-RPC 2.0 section 6).
  init(batch replies: [RPCReply]) {
    var text: [UInt8] = []
    text.reserveCapacity(replies.reduce(2) { $0 + $1.bytes.count + 1 })
    for reply in replies {
      text.append(UInt8(ascii: text.isEmpty ? "[" : ","))
      text += reply.bytes
    }
    text.append(UInt8(ascii: "]"))
    self.init(bytes: text, isUnauthenticated: replies.allSatisfy(\.isUnauthenticated))
  }
}
