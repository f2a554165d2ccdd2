import JSON

/// The text of a response in three parts, so that a stored result is not copied to stand in its envelope.
public struct RPCReply: Sendable {
  public let opening: [UInt8]
  public let payload: [UInt8]
  public let closing: [UInt8]
  /// Everything in it is refused for want of a token: a transport may say so in its own way.
  public let isUnauthenticated: Bool

  private static let resultOpening = Array("{\"jsonrpc\":\"2.0\",\"result\":".utf8)
  private static let errorOpening = Array("{\"jsonrpc\":\"2.0\",\"error\":".utf8)
  private static let idOpening = Array(",\"id\":".utf8)

  public var count: Int { opening.count + payload.count + closing.count }
  public var bytes: [UInt8] { opening + payload + closing }

  init(_ result: RPCResult, id: JSONValue) {
    opening = RPCReply.resultOpening
    payload =
      switch result {
      case .value(let value): value.serialized()
      case .rendered(let bytes): bytes
      }
    closing = RPCReply.closing(id)
    isUnauthenticated = false
  }

  public init(_ error: RPCError, id: JSONValue = .null) {
    opening = RPCReply.errorOpening
    payload = error.json.serialized()
    closing = RPCReply.closing(id)
    isUnauthenticated = error.status == .unauthenticated
  }

  /// The answer to a batch (JSON-RPC 2.0 section 6).
  init(batch replies: [RPCReply]) {
    var text: [UInt8] = []
    text.reserveCapacity(replies.reduce(2) { $0 + $1.count + 1 })
    for reply in replies {
      text.append(UInt8(ascii: text.isEmpty ? "[" : ","))
      text += reply.opening
      text += reply.payload
      text += reply.closing
    }
    text.append(UInt8(ascii: "]"))
    opening = []
    payload = text
    closing = []
    isUnauthenticated = replies.allSatisfy(\.isUnauthenticated)
  }

  private static func closing(_ id: JSONValue) -> [UInt8] {
    var text = idOpening
    if case .integer(let number) = id { text += String(number).utf8 } else { text += id.serialized() }
    text.append(UInt8(ascii: "}"))
    return text
  }
}
