/// The header `grpc-timeout`: at most eight digits and a unit, as the gRPC protocol over HTTP/2 has it.
enum GRPCTimeout {
  static let maximumDigits = 8

  /// nil for any other form. Zero is a deadline that has passed.
  static func duration(_ text: String) -> Duration? {
    guard let unit = text.utf8.last, (2...maximumDigits + 1).contains(text.utf8.count) else { return nil }
    var value: Int64 = 0
    // Eight digits cannot overflow.
    for digit in text.utf8.dropLast() {
      guard 0x30...0x39 ~= digit else { return nil }
      value = value * 10 + Int64(digit - 0x30)
    }
    switch unit {
    case UInt8(ascii: "H"): return .seconds(value * 3600)
    case UInt8(ascii: "M"): return .seconds(value * 60)
    case UInt8(ascii: "S"): return .seconds(value)
    case UInt8(ascii: "m"): return .milliseconds(value)
    case UInt8(ascii: "u"): return .microseconds(value)
    case UInt8(ascii: "n"): return .nanoseconds(value)
    default: return nil
    }
  }
}
