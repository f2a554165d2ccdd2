import DNS
import EmailAuth

/// A DMARC record to publish: the one that stands, changed no further than the remedy needs, or a first one.
///
/// What keeps receivers from reading the record is left out on the way: tags that break the grammar or stand twice, what
/// is no policy where one should be (RFC 9989 section 4.10.1), and report addresses that lead nowhere.
struct DMARCRemedy {
  /// The domain below whose `_dmarc` the record stands.
  let place: DomainName
  /// RFC 9989 section 4.8: v comes first. RFC 7489 section 6.3 wants p right behind it, and some still read that.
  private var order = ["v", "p"]
  private var tags = ["v": "DMARC1"]

  subscript(tag: String) -> String? {
    get { tags[tag] }
    set {
      if !order.contains(tag) { order.append(tag) }
      tags[tag] = newValue
    }
  }

  var record: RemedyRecord {
    let value = order.compactMap { tag in tags[tag].map { "\(tag)=\($0)" } }.joined(separator: "; ")
    return RemedyRecord(name: "_dmarc.\(place)", type: "TXT", value: value)
  }

  /// The record of the domain itself, changed; nil where another domain's applies, since one put here would take its
  /// place in all that it says.
  static func edit(_ facts: Facts, _ change: (inout DMARCRemedy) -> Void) -> RemedyRecord? {
    guard let text = facts.dmarc.record, facts.dmarc.foundAt == facts.subject.domain else { return nil }
    var remedy = DMARCRemedy(place: facts.subject.domain)
    remedy.read(text)
    remedy.leaveRetiredAddressesOut(facts)
    change(&remedy)
    return remedy.record
  }

  /// What to begin with: reports first, since a policy may harm the domain's own mail. Who sends nothing has none to
  /// harm.
  static func first(_ facts: Facts) -> RemedyRecord {
    var remedy = DMARCRemedy(place: facts.subject.domain)
    remedy["p"] = facts.sendsAndTakesNothing ? "reject" : "none"
    remedy["rua"] = ownAddress(facts)
    if facts.subject.isPublicSuffix { remedy["psd"] = "y" }
    return remedy.record
  }

  /// The record that leads to no processing, mended where it stands. Of a tag that stands twice the first counts; a
  /// policy that is in doubt becomes none.
  static func mend(_ facts: Facts) -> RemedyRecord {
    var remedy = DMARCRemedy(place: facts.dmarc.foundAt ?? facts.subject.domain)
    let isInDoubt = facts.dmarc.record.map { remedy.read($0).contains("p") } ?? true
    remedy.leaveRetiredAddressesOut(facts)
    if isInDoubt || remedy["p"] == nil { remedy["p"] = facts.sendsAndTakesNothing ? "reject" : "none" }
    if remedy.place == facts.subject.domain {
      if remedy["rua"] == nil { remedy["rua"] = ownAddress(facts) }
      if facts.subject.isPublicSuffix { remedy["psd"] = "y" }
    }
    return remedy.record
  }

  /// An address of the domain's own; nil where it takes no mail, reports included.
  static func ownAddress(_ facts: Facts) -> String? {
    facts.encryption.takesMail == false ? nil : "mailto:dmarc-reports@\(facts.subject.domain)"
  }

  /// - Returns: the tags that stand more than once, with different values.
  @discardableResult
  private mutating func read(_ text: String) -> Set<String> {
    var contradicted: Set<String> = []
    // Octets, not characters: a semicolon with a combining mark behind it is a semicolon to receivers.
    for part in text.utf8.split(separator: UInt8(ascii: ";")) {
      let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1).map(DMARCRemedy.trimmed)
      guard pair.count == 2, !pair[1].isEmpty, pair[0].utf8.allSatisfy(FieldName.isPart),
        pair[1].utf8.allSatisfy({ (0x20...0x7e).contains($0) || $0 == 0x09 })
      else { continue }
      let name = pair[0].lowercased()
      if name == "v" || !DMARCRemedy.isPolicy(name, pair[1]) { continue }
      if let standing = self[name] {
        if standing.lowercased() != pair[1].lowercased() { contradicted.insert(name) }
      } else {
        self[name] = pair[1]
      }
    }
    return contradicted
  }

  /// Without the white space around it (RFC 6376 section 3.2 FWS).
  private static func trimmed(_ text: Substring.UTF8View) -> String {
    var rest = text
    while let first = rest.first, isWhiteSpace(first) { rest = rest.dropFirst() }
    while let last = rest.last, isWhiteSpace(last) { rest = rest.dropLast() }
    return String(decoding: rest, as: UTF8.self)
  }

  private static func isWhiteSpace(_ octet: UInt8) -> Bool { [0x20, 0x09, 0x0d, 0x0a].contains(octet) }

  /// Whether the value is what the tag takes, for the tags that hold a policy.
  private static func isPolicy(_ name: String, _ value: String) -> Bool {
    !["p", "sp", "np"].contains(name) || DMARCPolicy(rawValue: value.lowercased()) != nil
  }

  private mutating func leaveRetiredAddressesOut(_ facts: Facts) {
    for tag in ["rua", "ruf"] {
      guard let value = self[tag] else { continue }
      let kept = value.utf8.split(separator: UInt8(ascii: ",")).map(DMARCRemedy.trimmed).filter {
        !ReportAddressCheck.isRetired($0)
      }
      let substitute = tag == "rua" ? DMARCRemedy.ownAddress(facts) : nil
      self[tag] = kept.isEmpty ? substitute : kept.joined(separator: ",")
    }
  }
}

extension Facts {
  /// Nobody's mail can be lost by a strict policy.
  var sendsAndTakesNothing: Bool { encryption.takesMail == false && spf.sendsNothing }
}

/// RFC 6376 section 3.2 `tag-name`, which DMARC takes over.
private enum FieldName {
  static func isPart(_ octet: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(octet | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) || octet == UInt8(ascii: "_")
  }
}
