import DNS

/// A domain that mail may be sent to, in canonical form: what a caller may ask about.
///
/// Text is taken in any case, with or without the final dot, as U-labels or A-labels, with the mapping of UTS 46
/// (non-transitional). What comes out is a host name (RFC 1123 section 2.1) of two labels or more, whose A-labels IDNA
/// 2008 allows (RFC 5891 section 5). A public suffix is one too, since some take mail; whether the name exists is not
/// known here.
public struct MailDomain: Hashable, Sendable {
  /// The most octets of UTF-8 that are looked at. A name of 253 octets decodes to at most 4 octets for each; more can
  /// only be characters that UTS 46 ignores.
  public static let maximumTextLength = 4 * DomainName.maximumWireLength

  /// The A-label form.
  public let name: DomainName
  /// The U-label form, where it differs.
  public let unicode: String?

  /// Whether names right below it belong to others, as below `gov.uk`.
  public var isPublicSuffix: Bool { PublicSuffixList.contains(name) }

  /// Reads text that a person, a file or a program gave.
  public init(validating text: String) throws(MailDomainError) {
    if let error = MailDomain.obviousMistake(in: text) { throw error }
    if MailDomain.isPlain(text) {
      name = try MailDomain.checked(text)
      unicode = nil
    } else {
      let forms = try MailDomain.forms(of: text)
      name = try MailDomain.checked(forms.ascii)
      unicode = forms.unicode.map { String($0.trimmingFinalDot) }
    }
  }

  /// Reads octets; refuses what is not UTF-8 (RFC 3629 section 3).
  public init(validatingUTF8 octets: some Collection<UInt8>) throws(MailDomainError) {
    guard let text = String(validating: octets, as: UTF8.self) else { throw MailDomainError(.notUTF8) }
    try self.init(validating: text)
  }

  /// Whether the text is ASCII that no mapping changes but for case, so that libidn2 has nothing to say.
  private static func isPlain(_ text: String) -> Bool {
    var column = 0
    var hyphenAtThird = false
    for octet in text.utf8 {
      guard octet < 0x80 else { return false }
      if octet == UInt8(ascii: ".") {
        column = 0
        continue
      }
      column += 1
      let isHyphen = octet == UInt8(ascii: "-")
      // `xn--`, and what RFC 5890 section 2.3.1 reserves.
      if column == 4, isHyphen, hyphenAtThird { return false }
      if column == 3 { hyphenAtThird = isHyphen }
    }
    return true
  }

  private static func forms(of text: String) throws(MailDomainError) -> LabelForms {
    do {
      return try LabelForms(mapping: text)
    } catch {
      throw MailDomainError(error)
    }
  }

  /// The rules that hold for the A-label form, whatever it came from.
  private static func checked(_ ascii: String) throws(MailDomainError) -> DomainName {
    var labels = ascii.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    // One final dot says that the name is complete (RFC 1034 section 3.1).
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    guard labels.allSatisfy({ !$0.isEmpty }) else { throw MailDomainError(.emptyLabel) }
    // RFC 1035 section 2.3.4.
    guard labels.allSatisfy({ $0.count <= DomainName.maximumLabelLength }) else { throw MailDomainError(.labelTooLong) }
    guard let name = DomainName(wireLabels: labels.map(Array.init)) else { throw MailDomainError(.tooLong) }
    guard name.isHostName else { throw MailDomainError(notHostName: name) }
    let last = labels[labels.count - 1]
    // RFC 3696 section 2: no top-level domain is all digits. `0x7f.1` and `2130706433` are addresses to inet_aton().
    guard !last.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else {
      throw MailDomainError(labels.count == 1 ? .address : .numericTopLabel)
    }
    guard labels.count > 1 else { throw MailDomainError(.singleLabel) }
    // RFC 5891 section 4.2.3.1: hyphens in third and fourth place belong to A-labels.
    guard name.labels.allSatisfy({ !$0.dropFirst(2).hasPrefix("--") || $0.hasPrefix("xn--") }) else {
      throw MailDomainError(.hyphen)
    }
    return name
  }
}

extension MailDomainError {
  fileprivate init(_ failure: IDN2.Failure) {
    if failure.isOutOfMemory {
      self.init(.internalError)
    } else if failure.isLabelTooLong {
      self.init(.labelTooLong)
    } else if failure.isNameTooLong {
      self.init(.tooLong)
    } else if failure.isHyphenMisplaced {
      self.init(.hyphen)
    } else {
      self.init(.invalidInternationalName, detail: failure.description)
    }
  }

  fileprivate init(notHostName name: DomainName) {
    let text = name.description.utf8
    if text.contains(UInt8(ascii: "_")) {
      self.init(.underscore)
    } else {
      let isLDH = text.allSatisfy { octet in
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
      self.init(isLDH ? .hyphen : .invalidCharacter)
    }
  }
}

extension String {
  fileprivate var trimmingFinalDot: Substring { hasSuffix(".") ? dropLast() : self[...] }
}

extension MailDomain: CustomStringConvertible {
  /// The A-label form.
  public var description: String { name.description }
}
