/// Lends a number in decimal digits, with its sign where it is negative, in memory of the stack: to make a text of it takes several
/// times as long, and each answer has some.
package func withDecimalDigits(of number: Int64, _ body: (UnsafeRawBufferPointer) -> Void) {
  withUnsafeTemporaryAllocation(byteCount: mostDecimalDigits, alignment: 1) { digits in
    var start = digits.count
    var rest = number.magnitude
    repeat {
      start -= 1
      digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    } while rest > 0
    if number < 0 {
      start -= 1
      digits[start] = UInt8(ascii: "-")
    }
    body(UnsafeRawBufferPointer(rebasing: digits[start...]))
  }
}

/// Of any number of 64 bits, its sign included.
package let mostDecimalDigits = 20
