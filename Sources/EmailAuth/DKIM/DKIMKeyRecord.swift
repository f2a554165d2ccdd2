/// A DKIM key record (RFC 6376 section 3.6.1, RFC 8463): what was published, and what it amounts to.
public struct DKIMKeyRecord: Hashable, Sendable {
  public enum Status: String, Hashable, Sendable {
    /// It holds a key, however short.
    case valid
    /// Its key is empty: "this public key has been revoked".
    case revoked
    case invalid
  }

  public enum KeyType: String, Hashable, Sendable, CaseIterable {
    case rsa
    /// RFC 8463.
    case ed25519
  }

  /// Fewer bits of RSA, and no verifier considers the signature valid (RFC 8301 section 3.2).
  public static let minimumRSABits = 1024
  /// An ed25519 public key (RFC 8463 section 4.2), in octets.
  public static let ed25519Length = 32

  /// The record as published; an octet that is not UTF-8 becomes U+FFFD. Hostile text.
  public let text: String
  public let status: Status
  /// nil when the record is invalid.
  public let keyType: KeyType?
  /// The length of the key: of the modulus for RSA, 256 for ed25519; nil when the record holds no key.
  public let bits: Int?
  /// `t=y`: the domain is testing DKIM, and verifiers must treat its mail as if it were not signed.
  public let isTesting: Bool
  /// `t=s`: the domain of `i=` must be that of `d=`, not one below it.
  public let isStrict: Bool
  /// `h=`, lower case, unknown names included; empty where all hash algorithms are allowed.
  public let hashes: [String]
  /// `s=`, lower case, unknown names included; `["*"]` where the tag is absent.
  public let services: [String]
  /// What is at fault; nil when the record is not invalid.
  public let error: DKIMError?

  /// Whether a verifier of e-mail can use the key: valid, of 1024 bits or more (RFC 8301 section 3.2), with SHA-256
  /// (RFC 8301 section 3.1), and not for another service alone (RFC 6376 section 3.6.1).
  public var isUsableForMail: Bool {
    guard status == .valid, let bits else { return false }
    return (keyType == .ed25519 || bits >= DKIMKeyRecord.minimumRSABits)
      && (hashes.isEmpty || hashes.contains("sha256"))
      && (services.contains("*") || services.contains("email"))
  }
}

extension DKIMKeyRecord {
  /// Reads the character-strings of a TXT record, joined (RFC 6376 section 3.6.2.2).
  public init(parsing octets: [UInt8]) {
    text = String(decoding: octets, as: UTF8.self)
    do {
      let list = try DKIMKeyRecord.checkedTags(octets)
      let keyType = try DKIMKeyRecord.keyType(list["k"])
      bits = try DKIMKeyRecord.bits(list["p"], keyType)
      self.keyType = keyType
      status = bits == nil ? .revoked : .valid
      let flags = DKIMKeyRecord.members(list["t"])
      // RFC 6376 section 3.6.1: unrecognised flags are ignored.
      isTesting = flags.contains("y")
      isStrict = flags.contains("s")
      hashes = DKIMKeyRecord.members(list["h"])
      let services = DKIMKeyRecord.members(list["s"])
      self.services = services.isEmpty ? ["*"] : services
      error = nil
    } catch {
      self.error = error
      (status, keyType, bits) = (.invalid, nil, nil)
      (isTesting, isStrict, hashes, services) = (false, false, [], [])
    }
  }

  /// Whether a TXT record at a selector is meant to be a key, though it may be broken: it has a `p` or `k` tag, or a
  /// `v` that begins with "DKIM", in whatever case. Records of other kinds come there by wildcards.
  static func looksLikeKey(_ octets: [UInt8]) -> Bool {
    for (index, part) in octets[...].parts(between: UInt8(ascii: ";")).enumerated() {
      let part = TagList.trim(TagList.trim(part).drop { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") })
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
      // Octets are compared: for text that is not ASCII, Swift's own comparison is not linear.
      let name = TagList.trim(part[..<equals])
      guard name.count == 1, let letter = name.first else { continue }
      if letter | 0x20 == UInt8(ascii: "p") || letter | 0x20 == UInt8(ascii: "k") { return true }
      if letter | 0x20 == UInt8(ascii: "v"), index == 0 {
        return Octet.isName(TagList.trim(part[(equals + 1)...]).prefix(4), "dkim")
      }
    }
    return false
  }

  private static func checkedTags(_ octets: [UInt8]) throws(DKIMError) -> TagList {
    let list = TagList(octets)
    // RFC 6376 section 3.6.1: "v" is recommended, and where it stands it must be the first, and exactly "DKIM1". It is
    // looked at first, because a wrong version says most about what the record is.
    if let version = list["v"] {
      guard version.text == "DKIM1", list.tags.first == version else {
        throw DKIMError(.version, quoting: version.value)
      }
    }
    // RFC 6376 section 3.2: a list that breaks the grammar is invalid, as is one with a tag twice.
    if let fault = list.faults.first {
      throw DKIMError(fault.reason == .repeated ? .duplicateTag : .syntax, quoting: fault.part)
    }
    return list
  }

  private static func keyType(_ tag: TagList.Tag?) throws(DKIMError) -> KeyType {
    // RFC 6376 section 3.6.1: the default is "rsa". Strings of ABNF match in any case (RFC 5234 section 2.3).
    guard let tag else { return .rsa }
    guard let type = KeyType.allCases.first(where: { Octet.isName(tag.value, $0.rawValue) }) else {
      throw DKIMError(.unknownKeyType, quoting: tag.value)
    }
    return type
  }

  /// The length of the key; nil for an empty one, which is revoked.
  private static func bits(_ tag: TagList.Tag?, _ type: KeyType) throws(DKIMError) -> Int? {
    guard let tag else { throw DKIMError(.missingKey) }
    if tag.value.isEmpty { return nil }
    guard let key = Base64.decode(tag.value) else { throw DKIMError(.invalidBase64, quoting: tag.value) }
    switch type {
    case .rsa:
      guard let size = RSAPublicKeySize(der: key) else { throw DKIMError(.invalidKey, quoting: tag.value) }
      return size.bits
    case .ed25519:
      // RFC 8463 section 4.2: the 32 octets themselves, not wrapped in a SubjectPublicKeyInfo.
      guard key.count == ed25519Length else { throw DKIMError(.invalidKey, quoting: tag.value) }
      return key.count * 8
    }
  }

  /// The members of a colon-separated list, lower case; empty ones, which the grammar does not have, are passed over.
  private static func members(_ tag: TagList.Tag?) -> [String] {
    guard let tag else { return [] }
    return tag.value.split(separator: UInt8(ascii: ":")).map { Octet.lowercased(TagList.trim($0)) }.filter {
      !$0.isEmpty
    }
  }
}
