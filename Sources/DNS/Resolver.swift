/// Asks the DNS. What cannot be found out is an answer too, so nothing is thrown.
public protocol Resolver: Sendable {
  func lookUp(_ question: Question) async -> Answer
}

/// Answers that are at hand, for the evaluators, which are pure and never wait.
///
/// A nil says "not at hand": the source notes the question, the evaluator goes on as far as it can without the answer and
/// is run again once it has come. So every question that can be asked at one time is asked at one time, and an evaluation
/// from kept answers needs no network.
public protocol AnswerSource {
  mutating func answer(_ question: Question) -> Answer?
}
