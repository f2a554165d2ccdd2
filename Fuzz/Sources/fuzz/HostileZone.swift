import DNS

/// A zone that an enemy fills: one text at every name, chosen by the name's length, so that records lead to each other.
struct HostileZone: AnswerSource {
  private let texts: [[UInt8]]
  /// Look-ups so far; the evaluators bound them.
  private(set) var asked = 0

  /// - Parameter input: texts with line ends between them; an empty one is a failure, `!` a name that does not exist.
  init(_ input: [UInt8]) { texts = lines(input, 16) }

  mutating func answer(_ question: Question) -> Answer? {
    asked += 1
    let text = texts[question.name.description.utf8.count % texts.count]
    if text.isEmpty { return Answer(question, .failure(.timeout)) }
    if text == [UInt8(ascii: "!")] { return Answer(question, .noSuchName) }
    guard let records = records(question, text) else { return Answer(question, .noSuchType) }
    return Answer(question, .found(records))
  }

  private func records(_ question: Question, _ text: [UInt8]) -> [RecordData]? {
    switch question.type {
    case .txt: [.txt(TXTData(strings: [text]))]
    case .a: [.address(.v4(IPv4Address(value: UInt32(text.count))))]
    case .aaaa:
      IPAddress(octets: [UInt8](repeating: UInt8(truncatingIfNeeded: text.count), count: 16)).map { [.address($0)] }
    case .mx: names(question).map { .mx(preference: 1, exchange: $0) }
    case .ptr, .cname, .ns, .soa: names(question).map(RecordData.name)
    case .tlsa: nil
    }
  }

  /// The name and what stands below it: as many as the longest RRset has that still matters.
  private func names(_ question: Question) -> [DomainName] {
    (0..<(texts.count * 2)).compactMap { question.name.prepending("m\($0)") } + [question.name]
  }
}
