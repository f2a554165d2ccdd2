import JSON
import Posture

/// Mail from one domain to another: the plain answers, and the way with what protects each leg.
struct PairView: Sendable {
  /// A leg of the way.
  struct Leg: Sendable {
    let place: String
    let legTitle: String
    let legText: String
    let badge: Badge
    let hosts: [HostView]
    var hasLegHosts: Bool { !hosts.isEmpty }
  }

  /// A question of the plan that Hallmark was made for, with its answer.
  struct Answer: Sendable {
    let question: String
    let answer: String
    let badge: Badge
  }

  let sender: String
  let recipient: String
  let senderUnicode: String?
  let recipientUnicode: String?
  let secure: Badge
  let legs: [Leg]
  let answers: [Answer]
  let pairFindings: [FindingView]
  let pairChecked: String
  let pairExpires: String
  let pairStandard: String

  /// - Parameters:
  ///   - record: the recipient's, for the way; nil where it is not at hand.
  ///   - first: the number of the first finding, of which no two on a page may be the same.
  init(_ pair: JSONValue, recipient record: JSONValue?, findingsFrom first: Int = 0, at now: Timestamp) {
    sender = Shown.text(pair["sender"])
    recipient = Shown.text(pair["recipient"])
    senderUnicode = ShownName.unicode(sender)
    recipientUnicode = ShownName.unicode(recipient)
    switch pair["secure"] {
    case .bool(true)?: secure = Badge("secure", .good)
    case .bool(false)?: secure = Badge("not secure", .bad)
    default: secure = Badge("could not be determined", .doubt)
    }
    pairStandard = Shown.text(pair["standard"])
    pairChecked = Shown.moment(pair["checkedAt"]?.stringValue)
    pairExpires = Shown.moment(pair["expiresAt"]?.stringValue)
    pairFindings = (pair["findings"]?.arrayValue ?? []).enumerated().map {
      FindingView($0.element, number: $0.offset + first)
    }
    let path = record.map { PathView($0, at: now) }
    legs = PairView.legs(pair, path)
    answers = PairView.answers(pair, record, at: now)
  }

  private static func legs(_ pair: JSONValue, _ path: PathView?) -> [Leg] {
    let transport = pair["transport"]
    let grade = transport?["grade"]?.stringValue ?? "unknown"
    var legs = [
      Leg(
        place: Shown.text(pair["sender"]), legTitle: "The sender's name",
        legText: Shown.text(pair["verification"]?["reason"]),
        badge: badge(verification: pair["verification"]?["grade"]?.stringValue), hosts: [])
    ]
    if let path {
      legs.append(
        Leg(
          place: "DNS", legTitle: "Finding the way", legText: path.lookupText, badge: path.lookup, hosts: []))
    }
    legs.append(
      Leg(
        place: "Internet", legTitle: "On the way", legText: Shown.text(transport?["reason"]),
        badge: badge(grade: grade),
        hosts: path?.hosts ?? []))
    let assurance = pair["assurance"]?["grade"]?.stringValue ?? "none"
    legs.append(
      Leg(
        place: Shown.text(pair["recipient"]), legTitle: "Once it is there", legText: text(assurance: assurance),
        badge: Badge(section: assurance), hosts: []))
    return legs
  }

  private static func badge(grade: String) -> Badge {
    switch grade {
    case "authenticated": Badge(grade, .good)
    case "encrypted": Badge(grade, .doubt)
    case "unknown": Badge("could not be determined", .doubt)
    default: Badge(TextReport.printable(grade), .bad)
    }
  }

  private static func badge(verification grade: String?) -> Badge {
    switch grade {
    case "enforced": Badge("forgeries refused", .good)
    case "monitored": Badge("forgeries only watched", .bad)
    case "none": Badge("forgeries not noticed", .bad)
    default: Badge("could not be determined", .doubt)
    }
  }

  private static func text(assurance: String) -> String {
    switch assurance {
    case "current": "an assessment says that the mail is looked after"
    case "expired": "the assessment has run out"
    default: "no assessment is on record"
    }
  }

  private static func answers(_ pair: JSONValue, _ record: JSONValue?, at now: Timestamp) -> [Answer] {
    let (sender, recipient) = (Shown.text(pair["sender"]), Shown.text(pair["recipient"]))
    let grade = pair["transport"]?["grade"]?.stringValue ?? "unknown"
    let reason = Shown.text(pair["transport"]?["reason"])
    let transit =
      switch grade {
      case "authenticated":
        "Yes. Every mail server of \(recipient) proves who it is, and no one on the way can force the mail into the "
          + "clear: \(reason)."
      case "encrypted":
        "Against those who only listen. The mail is encrypted, but who stands on the way can have the encryption left "
          + "out: \(reason)."
      case "weak": "No. It is encrypted in a way that can be broken: \(reason)."
      case "plaintext": "No. Anyone on the way can read it: \(reason)."
      case "undeliverable": "It does not get there: \(reason)."
      default: "That could not be determined: \(reason)."
      }
    let verification = Shown.text(pair["verification"]?["reason"])
    let forgery =
      switch pair["verification"]?["grade"]?.stringValue {
      case "enforced": "Yes: \(verification)."
      case "monitored": "No, it would be reported at the most: \(verification)."
      case "none": "No: \(verification)."
      default: "That could not be determined: \(verification)."
      }
    let facts = record.map { FactList.assurance($0["assurance"], at: now) }?.first
    let assured =
      switch pair["assurance"]?["grade"]?.stringValue {
      case "current": "Yes, by what is on record: \(facts.map { "\($0.label) \($0.value)" } ?? "an assessment")."
      case "expired": "It was once: the assessment of \(recipient) has run out."
      default: "Nobody has said so: no assessment of \(recipient) is on record. A look from outside cannot tell."
      }
    return [
      Answer(question: "Is it secure in transit?", answer: transit, badge: badge(grade: grade)),
      Answer(
        question: "Would mail that pretends to be from \(sender) be refused?", answer: forgery,
        badge: badge(verification: pair["verification"]?["grade"]?.stringValue)),
      Answer(
        question: "Is it protected when it gets there?", answer: assured,
        badge: Badge(section: pair["assurance"]?["grade"]?.stringValue ?? "none")),
    ]
  }
}
