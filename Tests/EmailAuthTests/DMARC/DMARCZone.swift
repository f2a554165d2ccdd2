import DNS

/// Answers out of a table; what is not in it is absent.
struct DMARCZone: AnswerSource {
  var txt: [String: [String]] = [:]
  var nonexistent: Set<String> = []
  var errors: [String: String] = [:]

  mutating func answer(_ question: Question) -> Answer? {
    let name = question.name.description
    if let error = errors[name] {
      return Answer(question, .failure(error == "TIMEOUT" ? .timeout : .serverFailure), security: .indeterminate)
    }
    if question.type == .txt, let texts = txt[name] {
      return Answer(question, .found(texts.map { .txt(TXTData($0)) }))
    }
    return Answer(question, nonexistent.contains(name) ? .noSuchName : .noSuchType)
  }
}
