import JSON
import Posture

extension TextReport {
  /// A pair verdict, in the form that goes out as JSON.
  public static func pair(_ pair: JSONValue) -> String {
    let now = pair["checkedAt"]?.stringValue.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0)
    return self.pair(PairView(pair, recipient: nil, at: now), pair)
  }

  /// Both directions, with the way of each, as a page has them.
  static func pair(_ there: (view: PairView, json: JSONValue), _ back: (view: PairView, json: JSONValue)) -> String {
    let title = "The other way round"
    return pair(there.view, there.json) + "\n\(title)\n\(String(repeating: "-", count: title.count))\n\n"
      + pair(back.view, back.json)
  }

  static func pair(_ view: PairView, _ pair: JSONValue) -> String {
    var lines = wrap(
      "\(ShownName.both(view.sender)) to \(ShownName.both(view.recipient)): \(view.secure.word)", indent: 2)
    lines.append("")
    let transport = pair["transport"]
    lines += wrap(
      "In transit    \(Shown.text(transport?["grade"])): \(Shown.text(transport?["reason"]))", indent: 14)
    let verification = pair["verification"]
    lines += wrap(
      "Forgeries     \(Shown.text(verification?["grade"])): \(Shown.text(verification?["reason"]))", indent: 14)
    lines.append("Assurance     \(Shown.text(pair["assurance"]?["grade"]))")
    for answer in view.answers {
      lines += [""] + wrap(answer.question, indent: 0) + wrap("  \(answer.answer)", indent: 2)
    }
    lines += way(view) + findings(view.pairFindings) + [""]
    lines += wrap(
      "Checked \(view.pairChecked), holds until \(view.pairExpires), standard \(view.pairStandard).", indent: 0)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The legs of the way, with the servers that take the mail.
  private static func way(_ view: PairView) -> [String] {
    guard view.legs.contains(where: \.hasLegHosts) else { return [] }
    return ["", "The way"]
      + view.legs.flatMap { leg -> [String] in
        wrap("  \(leg.place): \(leg.badge.word), \(leg.legText)", indent: 4)
          + leg.hosts.flatMap { host in
            host.endpoints.flatMap { endpoint in
              wrap(
                "    \(host.host) \(endpoint.address): \(endpoint.session.word), \(host.daneText)"
                  + (endpoint.certificateText.map { ", certificate \($0)" } ?? ""), indent: 6)
            }
          }
      }
  }
}
