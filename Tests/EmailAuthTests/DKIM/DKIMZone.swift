import DNS

/// A zone in a table, as a source of answers. What is in no row is NXDOMAIN, unless a name below it is in one (RFC
/// 8020); a label `*` is a wildcard (RFC 4592).
struct DKIMZone: AnswerSource {
  enum Row {
    case txt(String)
    case nodata
    case nxdomain
    case failure(LookupFailure)
  }

  let rows: [String: Row]
  /// The only names that are at hand; nil: all are.
  var known: Set<String>?
  /// Whether what it says is proved.
  var isSigned = false
  private(set) var asked: [Question] = []

  init(_ rows: [String: Row]) { self.rows = rows }

  mutating func answer(_ question: Question) -> Answer? {
    asked.append(question)
    let name = question.name.description
    if known?.contains(name) == false { return nil }
    let security: SecurityStatus = isSigned ? .secure : .insecure
    switch row(name) {
    case .txt(let text): return Answer(question, .found([.txt(TXTData(text))]), security: security)
    case .nodata: return Answer(question, .noSuchType, security: security)
    case .nxdomain: return Answer(question, .noSuchName, security: security)
    case .failure(let failure): return Answer(question, .failure(failure), security: .indeterminate)
    }
  }

  private func row(_ name: String) -> Row {
    if let row = rows[name] { return row }
    if rows.keys.contains(where: { $0.hasSuffix("." + name) }) { return .nodata }
    var closest = name[...]
    while let dot = closest.firstIndex(of: ".") {
      closest = closest[closest.index(after: dot)...]
      if let row = rows["*." + closest] { return row }
      // The closest encloser exists: no wildcard above it counts.
      if rows.keys.contains(where: { $0 == closest || $0.hasSuffix("." + closest) }) { break }
    }
    return .nxdomain
  }
}

enum DKIMKeys {
  /// An ed25519 key of RFC 8463 appendix A.2.
  static let ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
  /// The 1024-bit key of RFC 6376 appendix C.2.
  static let rsa1024 =
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCj"
    + "xOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcW"
    + "ToIMmPSPDdQPNUYckcQ2QIDAQAB"
  /// 512 bits, which RFC 8301 section 3.2 has no verifier use.
  static let rsa512 =
    "k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANmBe10IgY+u7h3enWTukkqtUD5PR52Tb/mPfjC0QJTocVBq6Za/PlzfV+P"
    + "y92VaCak19F4WrbVTK5Gg5tW220MCAwEAAQ=="
  static let revoked = "v=DKIM1; p="
}
