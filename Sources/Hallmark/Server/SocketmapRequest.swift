/// What is asked by Postfix's socketmap protocol (socketmap_table(5)): `NAME KEY`.
///
/// It is taken apart octet by octet: a gateway asks for each delivery, and characters cost several times as much.
struct SocketmapRequest: Hashable {
  let name: String
  /// All after the first space; UTF-8.
  private let key: [UInt8]

  /// nil where there is no space, or the text is no UTF-8.
  init?(_ payload: some Collection<UInt8>) {
    guard let space = payload.firstIndex(of: UInt8(ascii: " ")),
      let name = String(validating: payload[..<space], as: UTF8.self)
    else { return nil }
    key = Array(payload[payload.index(after: space)...])
    guard key.allSatisfy({ $0 < 0x80 }) || String(validating: key, as: UTF8.self) != nil else { return nil }
    self.name = name
  }

  /// The domain of a next hop in any form that Postfix asks for (`name`, `[name]`, `name:port`, `[name]:port`), its ASCII
  /// letters in lower case, without the final dot; nil for a parent (`.name`), an address, and what can be no name.
  var domain: String? {
    guard var host else { return nil }
    if host.last == UInt8(ascii: ".") { host.removeLast() }
    var previous = UInt8(ascii: ".")
    // RFC 3696 section 2: a top-level label is never all digits, so where the last is, this is an address.
    var isNumber = true
    for place in host.indices {
      let octet = host[place]
      switch octet {
      case UInt8(ascii: "."):
        guard previous != octet else { return nil }
        isNumber = true
      case UInt8(ascii: ":"), UInt8(ascii: " "): return nil
      case UInt8(ascii: "0")...UInt8(ascii: "9"): break
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        host[place] = octet | 0x20
        isNumber = false
      default: isNumber = false
      }
      previous = octet
    }
    return isNumber ? nil : String(decoding: host, as: UTF8.self)
  }

  /// The key without brackets and port; nil where they are not in order.
  private var host: ArraySlice<UInt8>? {
    guard key.first == UInt8(ascii: "[") else {
      guard let colon = key.lastIndex(of: UInt8(ascii: ":")) else { return key[...] }
      return SocketmapRequest.isPort(key[(colon + 1)...]) ? key[..<colon] : nil
    }
    guard let end = key.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    let after = key[(end + 1)...]
    guard after.isEmpty || after.first == UInt8(ascii: ":") && SocketmapRequest.isPort(after.dropFirst()) else {
      return nil
    }
    return key[1..<end]
  }

  /// A port, or a service's name.
  private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
    !text.isEmpty && text.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7a ~= $0 | 0x20 || $0 == UInt8(ascii: "-") }
  }
}
