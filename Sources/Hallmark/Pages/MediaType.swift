/// The forms that a report goes out in, and which of them a caller wants (RFC 9110 section 12.5.1).
enum MediaType: String, Sendable, CaseIterable {
  case text = "text/plain"
  case json = "application/json"
  case html = "text/html"

  /// Elements of Accept that are looked at; browsers send ten at the most.
  private static let maximumElements = 64

  /// The offered form that the caller weighs highest. Where several weigh the same, one that it names goes before one that it
  /// takes among others; of those that it names JSON goes before a page, and that before text; otherwise the order of the
  /// offers decides: what asks for anything, as curl does, gets the first.
  ///
  /// A caller that takes none of the offers gets the first all the same: RFC 9110 section 12.4.1 allows it, and a
  /// report that can be read is of more use than a refusal.
  static func preferred(_ accept: [String], of offers: [MediaType]) -> MediaType {
    let ranges = accept.joined(separator: ",").split(separator: ",", maxSplits: maximumElements).compactMap(Range.init)
    guard !ranges.isEmpty, let first = offers.first else { return offers.first ?? .text }
    var best = (offer: first, score: (0, 0, 0))
    for offer in offers {
      // The most precise range that fits decides on a type (RFC 9110 section 12.5.1).
      guard let range = ranges.filter({ $0.matches(offer) }).max(by: { $0.precision < $1.precision }) else { continue }
      let score = (range.weight, range.precision, range.precision == 2 ? offer.rank : 0)
      if range.weight > 0, score > best.score { best = (offer, score) }
    }
    return best.offer
  }

  private var rank: Int {
    switch self {
    case .text: 0
    case .html: 1
    case .json: 2
    }
  }

  /// One element of Accept.
  private struct Range {
    private let type: String
    private let subtype: String
    /// In thousandths.
    let weight: Int
    /// How closely it names a type: `*/*`, `text/*`, `text/html`.
    let precision: Int

    init?(_ element: Substring) {
      let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmed)
      let names = parts[0].lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
      type = names[0]
      subtype = names[1]
      let isWildcard = subtype == "*"
      precision = type == "*" ? 0 : isWildcard ? 1 : 2
      var weight = 1000
      // Parameters of the media type, such as charset, take nothing away: all of ours are in UTF-8.
      for parameter in parts.dropFirst() where parameter.lowercased().hasPrefix("q=") {
        guard let given = Range.thousandths(parameter.dropFirst(2)) else { return nil }
        weight = given
      }
      self.weight = weight
    }

    func matches(_ offer: MediaType) -> Bool {
      switch precision {
      case 0: subtype == "*"
      case 1: offer.rawValue.hasPrefix(type + "/")
      default: offer.rawValue == "\(type)/\(subtype)"
      }
    }

    /// RFC 9110 section 12.4.2: `0`, `1`, or with a point and up to three digits.
    private static func thousandths(_ text: Substring) -> Int? {
      let octets = Array(text.utf8)
      guard let first = octets.first, first == 0x30 || first == 0x31, octets.count <= 5,
        octets.count == 1 || octets[1] == UInt8(ascii: ".")
      else { return nil }
      var value = Int(first - 0x30)
      for place in 2..<5 {
        let digit = place < octets.count ? octets[place] : 0x30
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int(digit - 0x30)
      }
      return value <= 1000 ? value : nil
    }
  }
}
