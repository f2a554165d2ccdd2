import JSON

/// Records as people read them in a terminal: plain text in 80 columns, made of the record that goes out as JSON, so that both say
/// the same. Remote text in a record was escaped when it became evidence; what reaches a terminal is escaped once more.
public enum TextReport {
  static let width = 80

  public static func domain(_ record: JSONValue) -> String {
    var lines: [String] = []
    let name = text(record["domain"]) + (record["unicodeDomain"]?.stringValue.map { " (\(printable($0)))" } ?? "")
    lines.append("\(name): \(headline(text(record["verdict"])))")
    lines.append("")
    lines += encryption(record["encryption"])
    lines += verification(record["verification"])
    lines += assurance(record["assurance"])
    lines.append("DNSSEC        \(text(record["dnssec"]))")
    lines += findings(record["findings"]?.arrayValue ?? [])
    lines.append("")
    let stale = record["stale"]?.boolValue == true ? " (stale)" : ""
    lines.append(
      "Checked \(text(record["checkedAt"])), holds until \(text(record["expiresAt"]))\(stale), standard \(text(record["standard"]))."
    )
    return lines.joined(separator: "\n") + "\n"
  }

  public static func pair(_ pair: JSONValue) -> String {
    let way = "\(text(pair["sender"])) to \(text(pair["recipient"]))"
    var lines: [String] = []
    switch pair["secure"] {
    case .bool(true)?: lines.append("\(way): secure")
    case .bool(false)?: lines.append("\(way): not secure")
    default: lines.append("\(way): could not be determined")
    }
    lines.append("")
    let transport = pair["transport"]
    lines += wrap("In transit    \(text(transport?["grade"])): \(text(transport?["reason"]))", indent: 14)
    let verification = pair["verification"]
    lines += wrap("Forgeries     \(text(verification?["grade"])): \(text(verification?["reason"]))", indent: 14)
    lines.append("Assurance     \(text(pair["assurance"]?["grade"]))")
    lines += findings(pair["findings"]?.arrayValue ?? [])
    lines.append("")
    lines.append(
      "Checked \(text(pair["checkedAt"])), holds until \(text(pair["expiresAt"])), standard \(text(pair["standard"])).")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func headline(_ verdict: String) -> String {
    switch verdict {
    case "secure": "secure"
    case "insecure": "not secure"
    case "no-mail": "takes no mail and sends none"
    default: "could not be determined"
    }
  }

  private static func encryption(_ section: JSONValue?) -> [String] {
    var lines = ["Encryption    \(text(section?["verdict"]))"]
    if section?["nullMx"]?.boolValue == true { lines.append("  null MX: takes no mail") }
    if section?["implicitMx"]?.boolValue == true { lines.append("  no MX record: the domain's own address") }
    for host in section?["mx"]?.arrayValue ?? [] { lines += self.host(host) }
    let sts = section?["mtaSts"]
    let mode = sts?["mode"]?.stringValue.map { ", mode \($0)" } ?? ""
    lines.append("  MTA-STS     \(text(sts?["status"]))\(mode)")
    lines.append("  TLS-RPT     \(text(section?["tlsRpt"]?["status"]))")
    return lines
  }

  private static func host(_ host: JSONValue) -> [String] {
    let dane = host["dane"]
    let match = dane?["matches"]?.boolValue.map { $0 ? ", matches" : ", matches nothing" } ?? ""
    var lines = ["  MX \(text(host["preference"])) \(text(host["host"])), DANE \(text(dane?["status"]))\(match)"]
    if let error = host["error"]?.stringValue { lines += wrap("     \(printable(error))", indent: 5) }
    for endpoint in host["endpoints"]?.arrayValue ?? [] {
      var parts: [String] = []
      if let tls = endpoint["tls"], tls != .null {
        let versions = (tls["offered"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
        parts.append("\(versions) \(text(tls["cipher"]))")
      }
      if let certificate = endpoint["certificate"], certificate != .null {
        parts.append(
          certificate["valid"]?.boolValue == true
            ? "certificate until \(text(certificate["notAfter"]).prefix(10))"
            : "certificate: \(text(certificate["reason"]))")
      }
      if let error = endpoint["error"] { parts.append("\(text(error["stage"])): \(text(error["reason"]))") }
      lines += wrap("     \(text(endpoint["address"]))  \(parts.joined(separator: ", "))", indent: 7)
    }
    return lines
  }

  private static func verification(_ section: JSONValue?) -> [String] {
    var lines = ["Verification  \(text(section?["verdict"]))"]
    let spf = section?["spf"]
    let all = spf?["all"]?.stringValue.map { ", ends in \($0)all" } ?? ""
    lines.append("  SPF         \(text(spf?["status"]))\(all), \(text(spf?["lookups"])) look-ups")
    let dmarc = section?["dmarc"]
    let policy = dmarc?["policy"]?.stringValue.map { ", policy \($0), from \(text(dmarc?["foundAt"]))" } ?? ""
    let testing = dmarc?["testing"]?.boolValue == true ? " (test)" : ""
    lines += wrap("  DMARC       \(text(dmarc?["status"]))\(policy)\(testing)", indent: 14)
    for key in section?["dkim"]?.arrayValue ?? [] {
      let size = key["bits"]?.integerValue.map { ", \(text(key["keyType"])) of \($0) bits" } ?? ""
      lines.append("  DKIM        \(text(key["selector"])): \(text(key["status"]))\(size)")
    }
    switch section?["dkimPublished"] {
    case .bool(true)?: lines.append("  DKIM        published")
    case .bool(false)?: lines.append("  DKIM        nothing is published")
    default:
      if section?["dkim"]?.arrayValue?.isEmpty != false {
        lines.append("  DKIM        cannot be told without selectors")
      }
    }
    return lines
  }

  private static func assurance(_ section: JSONValue?) -> [String] {
    var line = "Assurance     \(text(section?["verdict"]))"
    if let scheme = section?["scheme"]?.stringValue {
      line += ": \(printable(scheme)) \(text(section?["reference"])), until \(text(section?["validUntil"]))"
    }
    return wrap(line, indent: 14)
  }

  private static func findings(_ findings: [JSONValue]) -> [String] {
    findings.flatMap { finding -> [String] in
      var lines = ["", "[\(text(finding["severity"]))] \(text(finding["id"]))  (\(text(finding["clause"])))"]
      lines += wrap("  \(text(finding["message"]))", indent: 2)
      lines += wrap("  \(text(finding["remedy"]?["text"]))", indent: 2)
      if let record = finding["remedy"]?["record"] {
        // A record to paste is never broken over lines.
        lines.append("    \(text(record["name"])). \(text(record["type"])) \(text(record["value"]))")
      }
      return lines
    }
  }

  private static func text(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: printable(text)
    case .integer(let number)?: String(number)
    case .bool(let flag)?: String(flag)
    default: "unknown"
    }
  }

  /// Control characters, and those that turn the direction of text, are shown and not sent (Unicode UAX 9 section 2).
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Breaks at blanks; a word that is longer than a line stands alone.
  static func wrap(_ text: String, indent: Int) -> [String] {
    let leading = text.prefix { $0 == " " }
    var lines: [String] = []
    var line = String(leading)
    var isFresh = true
    for word in text.dropFirst(leading.count).split(separator: " ", omittingEmptySubsequences: false) {
      if !isFresh, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isFresh = true
      }
      line += (isFresh ? "" : " ") + word
      isFresh = false
    }
    return lines + [line]
  }
}
