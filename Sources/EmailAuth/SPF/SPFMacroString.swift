/// Text with macros (RFC 7208 section 7.1).
///
///     macro-string  = *( macro-expand / macro-literal )
///     macro-expand  = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"
///     macro-literal = %x21-24 / %x26-7E    ; visible characters except "%"
public struct SPFMacroString: Hashable, Sendable {
  public enum Token: Hashable, Sendable {
    /// Literals, and `%%`, `%_` and `%-` as what they stand for.
    case literal(ArraySlice<UInt8>)
    case macro(SPFMacro)
  }

  /// Where the text stands, which decides what it may hold (RFC 7208 section 7.2).
  enum Context {
    case domainSpec
    /// Unknown modifiers are ignored whatever they mean (RFC 7208 section 6), so every letter is taken.
    case unknownModifier
    /// `explain-string = *( macro-string / SP )` (RFC 7208 section 6.2).
    case explanation
  }

  public let tokens: [Token]

  /// Whether what it expands to depends on the message.
  public var hasMacros: Bool {
    tokens.contains { if case .macro = $0 { true } else { false } }
  }

  init(parsing octets: ArraySlice<UInt8>, in context: Context) throws(SPFError.Reason) {
    var parser = Parser(rest: octets)
    try parser.run(in: context)
    tokens = parser.finish()
  }

  fileprivate init(tokens: [Token]) { self.tokens = tokens }
}

/// One `%{…}` (RFC 7208 section 7.1).
///
///     macro-letter = "s" / "l" / "o" / "d" / "i" / "p" / "h" / "c" / "r" / "t" / "v"
///     transformers = *DIGIT [ "r" ]
///     delimiter    = "." / "-" / "+" / "," / "/" / "_" / "="
public struct SPFMacro: Hashable, Sendable {
  /// Counts of parts beyond this are read as this: no value has so many parts (section 7.3 asks for 127 at least).
  static let maximumParts = 65_535

  public enum Letter: UInt8, Hashable, Sendable {
    case sender = 0x73
    case localPart = 0x6c
    case senderDomain = 0x6f
    case domain = 0x64
    case address = 0x69
    case validatedName = 0x70
    case helo = 0x68
    case readableAddress = 0x63
    case receiver = 0x72
    case time = 0x74
    case addressFamily = 0x76

    /// RFC 7208 section 7.2: c, r and t are allowed in explanation texts alone.
    var isForExplanation: Bool { self == .readableAddress || self == .receiver || self == .time }
  }

  public let letter: Letter
  /// How many parts from the right are kept; nil for all.
  public let parts: Int?
  public let isReversed: Bool
  /// What the value is split at; empty for the default, a dot.
  public let delimiters: [UInt8]
  /// An upper-case letter asks for URL escaping.
  public let isEscaped: Bool

  /// Reads what stands between `%{` and `}`.
  init(parsing body: ArraySlice<UInt8>) throws(SPFError.Reason) {
    guard let first = body.first, let letter = Letter(rawValue: first | 0x20), Octet.isLetter(first) else {
      throw .invalidMacro
    }
    var rest = body.dropFirst()
    let digits = rest.prefix(while: Octet.isDigit)
    let count = digits.reduce(0) { min($0 * 10 + Int($1 - 0x30), SPFMacro.maximumParts) }
    // RFC 7208 section 7.3: if a DIGIT is specified, the value MUST be nonzero.
    guard digits.isEmpty || count > 0 else { throw .invalidMacro }
    rest = rest[digits.endIndex...]
    let isReversed = rest.first.map { $0 | 0x20 == UInt8(ascii: "r") } ?? false
    if isReversed { rest = rest.dropFirst() }
    guard rest.allSatisfy(SPFMacro.isDelimiter) else { throw .invalidMacro }
    self.letter = letter
    parts = digits.isEmpty ? nil : count
    self.isReversed = isReversed
    delimiters = Array(rest)
    isEscaped = first & 0x20 == 0
  }

  private static func isDelimiter(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "/"),
      UInt8(ascii: "_"), UInt8(ascii: "="):
      true
    default: false
    }
  }
}

/// The name that a term refers to (RFC 7208 section 7.1).
///
///     domain-spec = macro-string domain-end
///     domain-end  = ( "." toplabel [ "." ] ) / macro-expand
///     toplabel    = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
public struct SPFDomainSpec: Hashable, Sendable {
  public let macroString: SPFMacroString

  public var hasMacros: Bool { macroString.hasMacros }

  init(parsing octets: ArraySlice<UInt8>) throws(SPFError.Reason) {
    guard !octets.isEmpty else { throw .missingArgument }
    // Most hold no macro, and are what they are.
    guard octets.contains(where: SPFDomainSpec.needsReading) else {
      guard SPFDomainSpec.endsInTopLabel(octets) else { throw .invalidDomainSpec }
      macroString = SPFMacroString(tokens: [.literal(octets)])
      return
    }
    var parser = Parser(rest: octets)
    try parser.run(in: .domainSpec)
    guard parser.endsInExpand || SPFDomainSpec.endsInTopLabel(parser.tail) else { throw .invalidDomainSpec }
    macroString = SPFMacroString(tokens: parser.finish())
  }

  /// Whether the octet begins a macro, or may stand in none.
  private static func needsReading(_ octet: UInt8) -> Bool { octet == UInt8(ascii: "%") || !Octet.isVisible(octet) }

  private static func endsInTopLabel(_ tail: ArraySlice<UInt8>) -> Bool {
    let text = tail.last == UInt8(ascii: ".") ? tail.dropLast() : tail
    guard let dot = text.lastIndex(of: UInt8(ascii: ".")) else { return false }
    let label = text[(dot + 1)...]
    guard let first = label.first, let last = label.last, Octet.isLetterOrDigit(first), Octet.isLetterOrDigit(last)
    else {
      return false
    }
    let hyphen = UInt8(ascii: "-")
    return label.allSatisfy { Octet.isLetterOrDigit($0) || $0 == hyphen }
      && label.contains { Octet.isLetter($0) || $0 == hyphen }
  }
}

/// Reads the octets of a macro-string from the left, each octet once.
private struct Parser {
  var rest: ArraySlice<UInt8>
  private var tokens: [SPFMacroString.Token] = []
  /// As it stands in the text while nothing in it is escaped, so that it is not copied.
  private var literal: ArraySlice<UInt8> = []
  /// The literal octets behind the last macro-expand.
  private(set) var tail: ArraySlice<UInt8>
  private(set) var endsInExpand = false

  init(rest: ArraySlice<UInt8>) {
    self.rest = rest
    tail = rest
  }

  mutating func run(in context: SPFMacroString.Context) throws(SPFError.Reason) {
    while let first = rest.first {
      if first == UInt8(ascii: "%") {
        try expand(in: context)
        tail = rest
        endsInExpand = true
      } else {
        let text = rest.prefix { $0 != UInt8(ascii: "%") }
        // RFC 7208 section 7.1 `macro-literal`, section 6.2 `explain-string`.
        guard text.allSatisfy({ Octet.isVisible($0) || ($0 == 0x20 && context == .explanation) }) else {
          throw .invalidCharacter
        }
        if literal.isEmpty { literal = text } else { literal += text }
        rest = rest[text.endIndex...]
        endsInExpand = false
      }
    }
  }

  private mutating func expand(in context: SPFMacroString.Context) throws(SPFError.Reason) {
    let body = rest.dropFirst(2)
    // RFC 7208 section 7.1: a "%" not followed by "{", "%", "-" or "_" is a syntax error.
    switch rest.dropFirst().first {
    case UInt8(ascii: "%"): literal.append(UInt8(ascii: "%"))
    case UInt8(ascii: "_"): literal.append(UInt8(ascii: " "))
    case UInt8(ascii: "-"): literal += Array("%20".utf8)
    case UInt8(ascii: "{"):
      guard let end = body.firstIndex(of: UInt8(ascii: "}")) else { throw .invalidMacro }
      let macro = try SPFMacro(parsing: body[..<end])
      guard !macro.letter.isForExplanation || context != .domainSpec else { throw .macroForExplanationOnly }
      flush()
      tokens.append(.macro(macro))
      rest = body[(end + 1)...]
      return
    default: throw .invalidMacro
    }
    rest = body
  }

  mutating func finish() -> [SPFMacroString.Token] {
    flush()
    return tokens
  }

  private mutating func flush() {
    guard !literal.isEmpty else { return }
    tokens.append(.literal(literal))
    literal = []
  }
}
