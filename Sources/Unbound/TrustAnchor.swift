import Glibc

/// What DNSSEC validation starts from (RFC 4033 section 2).
public enum TrustAnchor: Sendable, Hashable {
  /// The system's file of root keys, or the embedded ones where there is none.
  case system
  /// A file of DS or DNSKEY records in zone file form.
  case file(String)

  /// Where Debian's dns-root-data and unbound keep the keys of the root.
  static let systemFiles = ["/usr/share/dns/root.key", "/var/lib/unbound/root.key"]

  /// The root's key signing keys of 2017 and 2024 as IANA publishes them (RFC 7958; root-anchors.xml).
  static let rootKeys = [
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
  ]

  /// The file to read; nil for the embedded keys.
  var path: String? {
    switch self {
    case .file(let path): path
    case .system: TrustAnchor.systemFiles.first { TrustAnchor.holdsKeys(path: $0) }
    }
  }

  /// Whether the file can be read and some line of it, comments aside, has a DS or DNSKEY record.
  static func holdsKeys(path: String) -> Bool {
    guard let text = SmallFile.read(path) else { return false }
    return text.split(whereSeparator: \.isNewline).contains { line in
      let record = line.prefix { $0 != ";" }
      return record.split(whereSeparator: \.isWhitespace).contains { $0 == "DS" || $0 == "DNSKEY" }
    }
  }
}

/// A configuration file, read whole.
enum SmallFile {
  /// More than any file of anchors or of resolv.conf(5) has, in octets.
  static let maximumSize = 1 << 20

  /// The text; nil when the file cannot be read or is larger than `maximumSize`.
  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var octets = [UInt8](repeating: 0, count: maximumSize + 1)
    let count = fread(&octets, 1, octets.count, file)
    guard ferror(file) == 0, count <= maximumSize else { return nil }
    return String(decoding: octets[..<count], as: UTF8.self)
  }
}
