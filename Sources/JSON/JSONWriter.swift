/// Writes JSON text (RFC 8259), and takes parts that are rendered already as they are.
///
///     var writer = JSONWriter()
///     writer.object { object in
///       object.member("id", .integer(1))
///       object.member("result", rendered: storedBytes)
///     }
///     writer.bytes
public struct JSONWriter: Sendable {
  /// The two-space steps of pretty text.
  private static let step = [UInt8](repeating: UInt8(ascii: " "), count: 2)

  public private(set) var bytes: [UInt8] = []
  private let pretty: Bool
  private var depth = 0

  public init(pretty: Bool = false, capacity: Int = 0) {
    self.pretty = pretty
    bytes.reserveCapacity(capacity)
  }

  public mutating func value(_ value: JSONValue) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): withDecimalDigits(of: value) { bytes += $0 }
    // RFC 8259 section 6 has no infinity and no NaN.
    case .real(let value): bytes += (value.isFinite ? value.description : "null").utf8
    case .string(let value): string(value)
    case .array(let elements): array { writer in for element in elements { writer.element(element) } }
    case .object(let members): object { writer in for (key, value) in members { writer.member(key, value) } }
    }
  }

  /// Puts text in that is JSON already. It is not looked at: whoever gives it answers for it.
  public mutating func rendered(_ json: some Collection<UInt8>) { bytes.append(contentsOf: json) }

  public mutating func object(_ body: (inout Members) -> Void) {
    nest(open: UInt8(ascii: "{"), close: UInt8(ascii: "}")) { writer in
      var members = Members(writer: writer)
      writer.bytes = []
      body(&members)
      writer = members.writer
      return members.isEmpty
    }
  }

  public mutating func array(_ body: (inout Elements) -> Void) {
    nest(open: UInt8(ascii: "["), close: UInt8(ascii: "]")) { writer in
      var elements = Elements(writer: writer)
      writer.bytes = []
      body(&elements)
      writer = elements.writer
      return elements.isEmpty
    }
  }

  /// The members of the object being written.
  public struct Members {
    fileprivate var writer: JSONWriter
    fileprivate var isEmpty = true

    fileprivate init(writer: JSONWriter) { self.writer = writer }

    public mutating func member(_ name: String, _ value: JSONValue) {
      writer.name(name, first: isEmpty)
      isEmpty = false
      writer.value(value)
    }

    /// A member whose value is JSON text already, taken as it is.
    public mutating func member(_ name: String, rendered json: some Collection<UInt8>) {
      writer.name(name, first: isEmpty)
      isEmpty = false
      writer.rendered(json)
    }

    /// The members of an object that is JSON text already, on one line and without blanks around it, taken as they are.
    public mutating func members(rendered object: some Collection<UInt8>) {
      let members = object.dropFirst().dropLast()
      guard !members.isEmpty else { return }
      writer.separate(first: isEmpty)
      isEmpty = false
      writer.rendered(members)
    }

    public mutating func member(_ name: String, array body: (inout Elements) -> Void) {
      writer.name(name, first: isEmpty)
      isEmpty = false
      writer.array(body)
    }

    public mutating func member(_ name: String, object body: (inout Members) -> Void) {
      writer.name(name, first: isEmpty)
      isEmpty = false
      writer.object(body)
    }
  }

  /// The elements of the array being written.
  public struct Elements {
    fileprivate var writer: JSONWriter
    fileprivate var isEmpty = true

    fileprivate init(writer: JSONWriter) { self.writer = writer }

    public mutating func element(_ value: JSONValue) {
      writer.separate(first: isEmpty)
      isEmpty = false
      writer.value(value)
    }

    /// An element that is JSON text already, taken as it is.
    public mutating func element(rendered json: some Collection<UInt8>) {
      writer.separate(first: isEmpty)
      isEmpty = false
      writer.rendered(json)
    }

    public mutating func element(object body: (inout Members) -> Void) {
      writer.separate(first: isEmpty)
      isEmpty = false
      writer.object(body)
    }
  }

  /// `body` says whether nothing was written.
  private mutating func nest(open: UInt8, close: UInt8, _ body: (inout JSONWriter) -> Bool) {
    bytes.append(open)
    depth += 1
    let empty = body(&self)
    depth -= 1
    if pretty && !empty { newLine() }
    bytes.append(close)
  }

  private mutating func name(_ name: String, first: Bool) {
    separate(first: first)
    string(name)
    bytes.append(UInt8(ascii: ":"))
    if pretty { bytes.append(UInt8(ascii: " ")) }
  }

  private mutating func separate(first: Bool) {
    if !first { bytes.append(UInt8(ascii: ",")) }
    if pretty { newLine() }
  }

  private mutating func newLine() {
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<depth { bytes += JSONWriter.step }
  }

  /// RFC 8259 section 7: quotation mark, reverse solidus and the controls are escaped, everything else stands as UTF-8.
  private mutating func string(_ text: String) {
    bytes.append(0x22)
    var text = text
    text.withUTF8 { octets in
      // What needs no escape is taken in one piece; most texts are one.
      var rest = octets[...]
      while let place = rest.firstIndex(where: JSONWriter.isEscaped) {
        bytes += rest[..<place]
        escape(rest[place])
        rest = rest[(place + 1)...]
      }
      bytes += rest
    }
    bytes.append(0x22)
  }

  /// DEL is not required to be, but a terminal would act on it.
  private static func isEscaped(_ octet: UInt8) -> Bool {
    octet < 0x20 || octet == 0x22 || octet == 0x5c || octet == 0x7f
  }

  private mutating func escape(_ octet: UInt8) {
    switch octet {
    case 0x22, 0x5c: bytes += [0x5c, octet]
    case 0x0a: bytes += "\\n".utf8
    case 0x0d: bytes += "\\r".utf8
    case 0x09: bytes += "\\t".utf8
    default: bytes += [0x5c, 0x75, 0x30, 0x30, hexadecimal(octet >> 4), hexadecimal(octet & 15)]
    }
  }
}

private func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }

extension JSONValue {
  /// The value as JSON text in UTF-8: on one line, or `pretty` with two spaces a level.
  /// A real that is not finite is null.
  public func serialized(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    writer.value(self)
    return writer.bytes
  }
}
