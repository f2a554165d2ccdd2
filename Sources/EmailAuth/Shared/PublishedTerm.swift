/// A piece of what somebody published, as evidence: printable ASCII, and short.
///
/// Other octets, quotation marks and backslashes are written `\DDD`, so that the text can stand in a message between
/// quotation marks. It may still hold what means something to HTML.
enum PublishedTerm {
  /// The most octets of the piece that are kept; three dots say that more stood there.
  static let maximumLength = 80

  static func text(_ octets: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    for octet in octets.prefix(maximumLength) {
      if (0x20...0x7e).contains(octet), octet != UInt8(ascii: "\""), octet != UInt8(ascii: "\\") {
        text.append(octet)
      } else {
        let zero = UInt8(ascii: "0")
        text += [UInt8(ascii: "\\"), zero + octet / 100, zero + octet / 10 % 10, zero + octet % 10]
      }
    }
    return String(decoding: text, as: UTF8.self) + (octets.count > maximumLength ? "..." : "")
  }
}
