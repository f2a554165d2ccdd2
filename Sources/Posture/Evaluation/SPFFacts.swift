import DNS
import EmailAuth

/// SPF as the record shows it, and what is worth a word though it is no error.
struct SPFFacts {
  let posture: SPFPosture
  let notes: [String]

  static func find(_ domain: DomainName, in reader: inout EvidenceReader) -> SPFFacts {
    SPFFacts(SPFAnalysis(of: domain, source: &reader))
  }

  private init(_ analysis: SPFAnalysis) {
    let status: RecordStatus =
      switch analysis.status {
      case .valid: .valid
      case .invalid: .invalid
      case .none: .none
      case .unknown, .pending: .unknown
      }
    posture = SPFPosture(
      status: status, record: analysis.record, all: analysis.all?.rawValue, allDetermined: analysis.isAllDetermined,
      lookups: analysis.lookups, voidLookups: analysis.voidLookups,
      error: analysis.error?.reason.description
        ?? analysis.failure.map { "\($0.reason) (\($0.question))" },
      errorTerm: analysis.error.map(\.term).flatMap { $0.isEmpty ? nil : $0 },
      sendsNothing: analysis.status == .valid && analysis.isFailAllAlone)
    notes = analysis.notes.compactMap(SPFFacts.sentence)
  }

  private static func sentence(_ note: SPFAnalysis.Note) -> String? {
    switch note {
    case .ptr(let place): "The SPF term \(place.term) of \(place.domain) is slow and should not be used."
    case .deadTerms(let place, let count):
      "\(count) SPF term\(count == 1 ? "" : "s") of \(place.domain) behind all, from \(place.term) on, have no effect."
    case .redirectIgnored(let place): "The SPF modifier \(place.term) of \(place.domain) is ignored beside all."
    case .everyonePasses(let place): "The SPF term \(place.term) of \(place.domain) lets everyone pass."
    case .mechanismAsModifier(let place):
      "The SPF term \(place.term) of \(place.domain) is ignored: with = it is no mechanism."
    case .repeatedVersion(let place): "The SPF record of \(place.domain) holds v=spf1 twice."
    case .voidLookup(let place): "The SPF term \(place.term) of \(place.domain) finds nothing."
    case .long(let octets):
      "The SPF record has \(octets) octets; beyond \(SPFAnalysis.recommendedLength) it may not fit into one packet."
    case .cutShort: "The SPF record leads to more records than were followed."
    // The status says so already, or it is as it should be.
    case .notFollowed, .lookupFailed: nil
    }
  }
}
