/// What a request is called in answers and logs: so many digits of the process, a hyphen, and the request's number.
///
/// It is made for every request, and short enough to need no memory of its own.
enum RequestID {
  private static let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
  private static let base = UInt64(digits.count)
  /// Digits of a process: hardly the same in two of them.
  private static let prefixLength = 5
  /// Digits of a number; with the prefix and the hyphen as many octets as Swift keeps within a string itself.
  private static let numberLength = 9

  /// Drawn anew for each process.
  static func prefix() -> [UInt8] {
    (0..<prefixLength).map { _ in digits[Int.random(in: digits.indices)] } + [UInt8(ascii: "-")]
  }

  /// - Parameter number: as many last digits of it as there is room for.
  static func text(_ prefix: [UInt8], _ number: UInt64) -> String {
    var length = 1
    var rest = number
    while rest >= base, length < numberLength {
      rest /= base
      length += 1
    }
    return String(unsafeUninitializedCapacity: prefix.count + length) { octets in
      for place in prefix.indices { octets[place] = prefix[place] }
      var rest = number
      for place in (prefix.count..<prefix.count + length).reversed() {
        octets[place] = digits[Int(rest % base)]
        rest /= base
      }
      return prefix.count + length
    }
  }
}
