import Glibc
import JSON

/// The text of a call that was read, by which the next one is known when it is the same, octet for octet, but for names and its id.
///
/// Who keeps a connection asks the same of one domain after the other, and to read JSON takes longer than to find what is asked.
/// It is no second parser: the text that was read holds no backslash, so that each of its strings stands there as it is between two
/// quotes (RFC 8259 section 7), and letters, digits, dots and hyphens in the place of such are again one string. A string that occurs
/// twice is no such place, since then it is not known which of the two it is. Nothing is concluded from a text that differs in any
/// other way: it is read anew.
public final class RepeatedCall {
  /// What may be another one in the next call.
  private enum Place {
    case parameter(String)
    case textualID
    case numericalID
  }

  private struct Part {
    /// Octets that are the same.
    let before: [UInt8]
    let place: Place
  }

  /// Octets of a call that is remembered; those that ask for a domain have 100.
  static let maximumLength = 1_024
  /// Braces that may end the first call of a batch: its own, and that of its params.
  private static let maximumBraces = 2
  /// Digits of an id that surely fit.
  private static let maximumDigits = 15

  /// The last one; each takes the place of that before it, in its memory where that is free again.
  private var call: BoundCall
  private let parts: [Part]
  private let end: [UInt8]

  /// - Returns: nil for a notification, and for a text in which nothing can be replaced.
  init?(_ body: UnsafeBufferPointer<UInt8>, _ request: Request, _ call: BoundCall) {
    guard body.count <= RepeatedCall.maximumLength, !body.contains(UInt8(ascii: "\\")), let id = request.id else {
      return nil
    }
    var places: [(Range<Int>, Place)] = []
    func add(_ text: String, _ place: Place) {
      guard let range = RepeatedCall.place(of: text, in: body) else { return }
      places.append((range, place))
    }
    // The strings among them, which are kept as they came.
    for case (let name, .string(let text)) in call.parameters { add(text, .parameter(name)) }
    switch id {
    case .string(let text): add(text, .textualID)
    case .integer(let number):
      if let range = RepeatedCall.place(ofID: number, in: body) { places.append((range, .numericalID)) }
    default: break
    }
    guard !places.isEmpty else { return nil }
    var parts: [Part] = []
    var position = 0
    for (range, place) in places.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) {
      parts.append(Part(before: Array(body[position..<range.lowerBound]), place: place))
      position = range.upperBound
    }
    self.call = call
    self.parts = parts
    end = Array(body[position...])
  }

  /// The first call of a batch that was read.
  ///
  /// Its text ends with the first brace up to which it can be read: no object is the beginning of another.
  convenience init?(firstOf body: UnsafeBufferPointer<UInt8>, _ request: Request, _ bound: BoundCall) {
    guard let bracket = body.firstIndex(of: UInt8(ascii: "[")) else { return nil }
    let start = RepeatedCall.skipSpace(in: body, from: bracket + 1)
    let text = body[start...].prefix(RepeatedCall.maximumLength)
    for end in text.indices.lazy.filter({ text[$0] == UInt8(ascii: "}") }).prefix(RepeatedCall.maximumBraces) {
      let call = UnsafeBufferPointer(rebasing: text[...end])
      guard (try? JSONValue(parsing: call)) != nil else { continue }
      self.init(call, request, bound)
      return
    }
    return nil
  }

  /// The call that a text is; nil where it has to be read.
  func next(_ body: UnsafeBufferPointer<UInt8>) -> BoundCall? {
    guard body.count <= RepeatedCall.maximumLength else { return nil }
    var position = 0
    guard let next = take(body, &position), position == body.count else { return nil }
    return next
  }

  /// The calls of a text that is a batch of such as this one alone; nil where it has to be read, as one of more calls than the
  /// limit has.
  func batch(_ body: UnsafeBufferPointer<UInt8>, limit: Int) -> [BoundCall]? {
    guard body.first == UInt8(ascii: "[") else { return nil }
    var calls: [BoundCall] = []
    var position = 0
    repeat {
      position = RepeatedCall.skipSpace(in: body, from: position + 1)
      guard calls.count < limit, let call = take(body, &position) else { return nil }
      calls.append(call)
      position = RepeatedCall.skipSpace(in: body, from: position)
    } while position < body.count && body[position] == UInt8(ascii: ",")
    guard position < body.count, body[position] == UInt8(ascii: "]"),
      RepeatedCall.skipSpace(in: body, from: position + 1) == body.count
    else { return nil }
    return calls
  }

  /// Takes the call that stands there off the text.
  private func take(_ body: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> BoundCall? {
    for part in parts {
      guard RepeatedCall.skip(part.before, in: body, &position) else { return nil }
      let start = position
      if case .numericalID = part.place {
        while position < body.count, RepeatedCall.isDigit(body[position]) { position += 1 }
        guard let number = RepeatedCall.number(body[start..<position]) else { return nil }
        call.id = .integer(number)
      } else {
        while position < body.count, RepeatedCall.isOfName(body[position]) { position += 1 }
        guard position > start else { return nil }
        let octets = UnsafeBufferPointer(rebasing: body[start..<position])
        let text = JSONValue.string(String(decoding: octets, as: UTF8.self))
        if case .parameter(let name) = part.place { call.parameters[name] = text } else { call.id = text }
      }
    }
    return RepeatedCall.skip(end, in: body, &position) ? call : nil
  }

  private static func skipSpace(in body: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while position < body.count, isSpace(body[position]) { position += 1 }
    return position
  }

  /// Whether the octets stand there; moves behind them.
  private static func skip(_ octets: [UInt8], in body: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> Bool {
    guard let start = body.baseAddress, body.count - position >= octets.count,
      memcmp(start + position, octets, octets.count) == 0
    else { return false }
    position += octets.count
    return true
  }

  /// Where the only string stands that is this name, without its quotes. Between two strings there is always a comma, a colon or a
  /// bracket, so that what lies between two quotes and has none of these is a string.
  private static func place(of text: String, in body: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard !text.isEmpty, text.utf8.allSatisfy(isOfName) else { return nil }
    return only("\"\(text)\"", in: body).map { ($0.lowerBound + 1)..<($0.upperBound - 1) }
  }

  /// Where the digits of the id stand.
  private static func place(ofID number: Int64, in body: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard let key = only("\"id\"", in: body) else { return nil }
    let colon = body[key.upperBound...].drop(while: isSpace)
    let digits = colon.dropFirst().drop(while: isSpace).prefix(while: isDigit)
    // Behind the digits of a longer number comes a point or an exponent, and that is another number.
    guard self.number(digits) == number else { return nil }
    return digits.startIndex..<digits.endIndex
  }

  /// Where a text stands that stands there once.
  private static func only(_ text: String, in body: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    let octets = Array(text.utf8)
    guard body.count >= octets.count else { return nil }
    let starts = (0...(body.count - octets.count)).filter { body[$0..<($0 + octets.count)].elementsEqual(octets) }
    return starts.count == 1 ? starts[0]..<(starts[0] + octets.count) : nil
  }

  /// RFC 8259 section 6: no zero in front.
  private static func number(_ digits: some Collection<UInt8>) -> Int64? {
    guard let first = digits.first, digits.count <= maximumDigits, digits.count == 1 || first != UInt8(ascii: "0")
    else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  private static func isDigit(_ octet: UInt8) -> Bool { 0x30...0x39 ~= octet }

  private static func isSpace(_ octet: UInt8) -> Bool { octet == 0x20 || 0x09...0x0a ~= octet || octet == 0x0d }

  /// Of a domain, and of most ids.
  private static func isOfName(_ octet: UInt8) -> Bool {
    isDigit(octet) || 0x61...0x7a ~= octet | 0x20 || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "-")
  }
}
