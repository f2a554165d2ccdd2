import JSONRPC
import NIOCore

/// What the connections of one event loop share. A request that can be answered at once is answered out of this alone: each loop has
/// its own of everything that a request writes to, reference counts included, so that no loop waits for what another has in its
/// processor's cache.
///
/// It lives on its event loop.
final class HTTPLoop {
  let service: HTTPService
  let dispatcher: Dispatcher
  let heads: ResponseHeads
  let meter: HTTPMeter?
  let batch: FlushBatch
  let text = AnswerText()
  private var date = DateField()
  private var identifiers: Range<UInt64> = 0..<0
  private var tokens: HTTPService.Tokens

  init(_ service: HTTPService, _ eventLoop: any EventLoop) {
    self.service = service
    dispatcher = service.router.makeDispatcher()
    heads = ResponseHeads(isSecure: service.isSecure)
    meter = service.metrics.map(HTTPMeter.init)
    batch = FlushBatch(eventLoop)
    tokens = service.tokens
  }

  /// The Date field of an answer that is made now.
  func dateField() -> [UInt8] { date.bytes() }

  /// Unique in this process, and hardly the same in the next one; short enough to need no memory of its own.
  func nextRequestID() -> String {
    var number = (identifiers.popFirst() ?? takeIdentifier()) % HTTPLoop.numbers
    return String(unsafeUninitializedCapacity: HTTPLoop.longestIdentifier) { text in
      var end = 0
      for octet in service.identifierPrefix.utf8 {
        text[end] = octet
        end += 1
      }
      // In base 36, from behind.
      end += HTTPLoop.digits
      for place in (end - HTTPLoop.digits..<end).reversed() {
        let digit = UInt8(number % 36)
        text[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        number /= 36
      }
      return end
    }
  }

  /// Digits of a request's number.
  private static let digits = 8
  /// Numbers that eight digits can tell.
  private static let numbers: UInt64 = 2_821_109_907_456
  /// What a text holds without memory of its own.
  private static let longestIdentifier = 15

  private func takeIdentifier() -> UInt64 {
    identifiers = service.takeIdentifiers()
    return identifiers.removeFirst()
  }

  /// Who asks. Without a token table every caller may do all.
  func caller(_ authorization: String?) throws(HTTPFailure) -> (role: Role?, name: String) {
    if tokens.version != service.tokensVersion { tokens = service.tokens }
    guard let table = tokens.table else { return (.admin, "") }
    return try table.caller(authorization)
  }
}
