/// Builds keys and values: numbers most significant octet first, so that keys stand in the order of the numbers.
struct ByteWriter {
  private(set) var octets: [UInt8]

  init(capacity: Int = 64) {
    octets = []
    octets.reserveCapacity(capacity)
  }

  mutating func put(_ number: some FixedWidthInteger & UnsignedInteger) {
    withUnsafeBytes(of: number.bigEndian) { octets.append(contentsOf: $0) }
  }

  /// The sign is turned over, so that earlier times come first as unsigned octets too.
  mutating func put(_ number: Int64) {
    put(UInt64(bitPattern: number) ^ (1 << 63))
  }

  mutating func put(raw: some Collection<UInt8>) {
    octets.append(contentsOf: raw)
  }

  /// Octets behind their count; what is beyond 65,535 octets is cut off.
  mutating func put(text: String) {
    let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
    put(UInt16(utf8.count))
    put(raw: utf8)
  }

  /// Texts behind their count; what is beyond 65,535 texts is cut off.
  mutating func put(texts: [String]) {
    put(UInt16(clamping: texts.count))
    for text in texts.prefix(Int(UInt16.max)) { put(text: text) }
  }
}

/// Reads what `ByteWriter` wrote; every bound is checked, and what does not fit is a damaged store.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// What has not been read yet.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

  mutating func take(_ count: Int) throws(StoreError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else { throw .damaged("a value is shorter than its form") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
    _: Number.Type = Number.self
  ) throws(StoreError) -> Number {
    ByteReader.number(at: 0, of: try take(MemoryLayout<Number>.size))
  }

  mutating func signed() throws(StoreError) -> Int64 { ByteReader.signed(at: 0, of: try take(8)) }

  /// A number among octets that were taken: they must reach so far.
  static func number<Number: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, of bytes: UnsafeRawBufferPointer
  ) -> Number {
    Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  static func signed(at offset: Int, of bytes: UnsafeRawBufferPointer) -> Int64 {
    Int64(bitPattern: number(at: offset, of: bytes) ^ (1 as UInt64) << 63)
  }

  /// Octets behind their count, as `put(text:)` wrote them.
  mutating func octets() throws(StoreError) -> UnsafeRawBufferPointer { try take(Int(try number(UInt16.self))) }

  mutating func text() throws(StoreError) -> String { String(decoding: try octets(), as: UTF8.self) }

  mutating func texts() throws(StoreError) -> [String] {
    let count = try number(UInt16.self)
    var texts: [String] = []
    for _ in 0..<count { texts.append(try text()) }
    return texts
  }
}
