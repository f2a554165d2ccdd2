import DNS

/// Answers by question; NXDOMAIN, unsigned, for what is in no row. Notes what was asked.
struct AnswerTable: AnswerSource {
  private var rows: [Question: Answer] = [:]
  /// What is not at hand.
  var missing: Set<RecordType> = []
  private(set) var asked: [Question] = []

  subscript(name: DomainName, type: RecordType) -> Answer? {
    get { rows[Question(name, type)] }
    set { rows[Question(name, type)] = newValue }
  }

  mutating func answer(_ question: Question) -> Answer? {
    asked.append(question)
    return missing.contains(question.type) ? nil : rows[question] ?? Answer(question, .noSuchName)
  }
}
