import JSON
import Posture

/// Records as people read them in a terminal: plain text in 80 columns. It is made of what a page shows, so that both say the
/// same. Remote text in a record was escaped when it became evidence; what reaches a terminal is escaped once more.
public enum TextReport {
  static let width = 80
  /// Where what follows a line's name begins.
  private static let indent = 14

  /// A posture record, in the form that goes out as JSON.
  public static func domain(_ record: JSONValue) -> String { domain(DomainView(record)) }

  static func domain(_ view: DomainView) -> String {
    let name = view.name + (view.unicodeName.map { " (\($0))" } ?? "")
    var lines = ["\(name): \(headline(view.verdict.word))", ""]
    lines += wrap(view.sentence, indent: 0) + [""]
    lines.append("Encryption    \(view.encryption.verdict.word)")
    for host in view.path.hosts { lines += self.host(host) }
    // The signatures are the whole domain's, and stand for themselves.
    lines += facts(view.encryption.facts.filter { $0.label != "DNSSEC" })
    lines.append("Verification  \(view.verification.verdict.word)")
    lines += facts(view.verification.facts)
    lines.append("Assurance     \(view.assurance.verdict.word)")
    if view.assurance.verdict.word != "none" {
      for fact in view.assurance.facts { lines += wrap("  \(fact.label): \(fact.value)", indent: indent) }
    }
    for fact in view.encryption.facts where fact.label == "DNSSEC" {
      lines += wrap("DNSSEC        \(fact.value)", indent: indent)
    }
    lines += findings(view.sections.flatMap(\.findings))
    lines += requirements(view) + history(view) + [""]
    let stale = view.isStale ? " (stale)" : ""
    let next = view.nextLook.isEmpty ? "" : ", next look \(view.nextLook)"
    lines += wrap(
      "Checked \(view.checkedAt), holds until \(view.expiresAt)\(stale)\(next), standard \(view.standard).", indent: 0)
    if !view.organisations.isEmpty { lines += wrap("Watched for \(view.organisations).", indent: 0) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func headline(_ word: String) -> String { word == "no mail" ? "takes no mail and sends none" : word }

  private static func host(_ host: HostView) -> [String] {
    var lines = wrap("  MX \(host.preference) \(host.host), \(host.daneText)", indent: 5)
    if let error = host.hostError { lines += wrap("     \(error)", indent: 5) }
    for endpoint in host.endpoints {
      var parts: [String] = []
      if let versions = endpoint.versions {
        parts.append([versions, endpoint.cipher].compactMap { $0 }.joined(separator: " "))
      }
      if let certificate = endpoint.certificate, let text = endpoint.certificateText {
        parts.append("\(certificate.word) \(text)")
      }
      if let issuer = endpoint.issuer { parts.append("issued by \(issuer)") }
      if let error = endpoint.endpointError { parts.append(error) }
      if let reply = endpoint.reply { parts.append("it said: \(reply)") }
      if parts.isEmpty { parts.append(endpoint.session.word) }
      lines += wrap("     \(endpoint.address)  \(parts.joined(separator: "; "))", indent: 7)
    }
    return lines
  }

  private static func facts(_ facts: [Fact]) -> [String] {
    facts.flatMap { fact -> [String] in
      let name = "  " + fact.label + String(repeating: " ", count: max(1, indent - 2 - fact.label.count))
      return wrap(name + fact.value, indent: indent)
        + fact.quotes.flatMap { wrap(String(repeating: " ", count: indent) + $0, indent: indent, breaksWords: true) }
    }
  }

  static func findings(_ findings: [FindingView]) -> [String] {
    findings.flatMap { finding -> [String] in
      var lines = [""] + wrap("[\(finding.severity.word)] \(finding.id)  (\(finding.clause))", indent: 2)
      lines += wrap("  \(finding.message)", indent: 2)
      lines += wrap("  \(finding.remedy)", indent: 2)
      // A record to paste is never broken over lines.
      if let record = finding.record { lines.append("    \(record.line)") }
      return lines
    }
  }

  private static func requirements(_ view: DomainView) -> [String] {
    view.sections.filter(\.hasRequirements).flatMap { section -> [String] in
      var lines = [""] + wrap("\(section.title), by the standard: \(section.summary)", indent: 2)
      for requirement in section.requirements {
        let state = requirement.stateBadge.word
        let gap = String(repeating: " ", count: max(1, 16 - state.count))
        lines += wrap(
          "  \(state)\(gap)\(requirement.requirementTitle) (\(requirement.level), \(requirement.requirementClause))",
          indent: 18)
      }
      return lines
    }
  }

  private static func history(_ view: DomainView) -> [String] {
    guard view.hasHistory else { return [] }
    return ["", "History"]
      + view.history.flatMap { wrap("  \($0.at)  \($0.verdict.word): \($0.what)", indent: 24) }
  }

  /// Control characters, and those that turn the direction of text, are shown and not sent (Unicode UAX 9 section 2).
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0..<0x20, 0x7f..<0xa0, 0x61c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Breaks at blanks; a word that is longer than a line stands alone, or is broken too.
  static func wrap(_ text: String, indent: Int, breaksWords: Bool = false) -> [String] {
    let leading = text.prefix { $0 == " " }
    let start = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = String(leading)
    var isFresh = true
    for var word in text.dropFirst(leading.count).split(separator: " ", omittingEmptySubsequences: false) {
      if !isFresh, line.count + 1 + word.count > width {
        lines.append(line)
        line = start
        isFresh = true
      }
      while breaksWords, line.count + word.count > width, isFresh {
        let room = max(1, width - line.count)
        lines.append(line + word.prefix(room))
        word = word.dropFirst(room)
        line = start
      }
      line += (isFresh ? "" : " ") + word
      isFresh = false
    }
    return lines + [line]
  }
}
