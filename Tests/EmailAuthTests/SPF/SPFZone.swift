import DNS
import EmailAuth

/// DNS data as a table; whatever is not in it does not exist.
struct SPFZone: AnswerSource {
  private var records: [Question: [RecordData]] = [:]
  private var names: Set<DomainName> = []
  private var aliases: [DomainName: DomainName] = [:]
  /// Names at which every type that has no record fails.
  private var failures: [DomainName: LookupFailure] = [:]
  private(set) var asked: [Question] = []

  init() {}

  /// TXT records alone, name to text.
  init(texts: KeyValuePairs<String, String>) {
    for (name, text) in texts { add(name, .txt, .txt(TXTData(text))) }
  }

  mutating func add(_ name: String, _ type: RecordType, _ data: RecordData) {
    guard let name = DomainName(name) else { return }
    names.insert(name)
    records[Question(name, type), default: []].append(data)
  }

  mutating func address(_ name: String, _ text: String) {
    guard let address = IPAddress(text) else { return }
    add(name, address.isIPv6 ? .aaaa : .a, .address(address))
  }

  mutating func alias(_ name: String, to target: String) {
    guard let name = DomainName(name), let target = DomainName(target) else { return }
    aliases[name] = target
  }

  mutating func fail(_ name: String, _ failure: LookupFailure = .timeout) {
    guard let name = DomainName(name) else { return }
    failures[name] = failure
  }

  func resolve(_ question: Question) -> Answer {
    var name = question.name
    for _ in 0..<8 {
      if let found = records[Question(name, question.type)] { return Answer(question, .found(found)) }
      if let failure = failures[name] { return Answer(question, .failure(failure)) }
      guard let target = aliases[name] else {
        return Answer(question, names.contains(name) ? .noSuchType : .noSuchName)
      }
      name = target
    }
    return Answer(question, .failure(.serverFailure))
  }

  mutating func answer(_ question: Question) -> Answer? {
    asked.append(question)
    return resolve(question)
  }
}

/// Has no answer until it has been asked once; so an evaluation takes several passes.
struct SPFSlowSource: AnswerSource {
  let zone: SPFZone
  private var known: [Question: Answer] = [:]
  private var asked: Set<Question> = []
  private(set) var passes = 1

  init(_ zone: SPFZone) { self.zone = zone }

  mutating func answer(_ question: Question) -> Answer? {
    if let answer = known[question] { return answer }
    asked.insert(question)
    return nil
  }

  /// Gets what was asked for; the number of those questions.
  mutating func fetch() -> Int {
    for question in asked { known[question] = zone.resolve(question) }
    defer { asked = [] }
    passes += 1
    return asked.count
  }
}

extension SPFZone {
  /// check_host() with all answers at hand.
  func check(_ request: SPFRequest, _ limits: SPFLimits = .standard) -> SPFOutcome {
    var source = self
    return SPFEvaluator.checkHost(request, limits: limits, source: &source)
  }

  /// check_host() pass by pass; nil where a pass is pending and asked for nothing.
  func checkSlowly(_ request: SPFRequest, _ limits: SPFLimits = .standard) -> SPFOutcome? {
    var source = SPFSlowSource(self)
    while true {
      let outcome = SPFEvaluator.checkHost(request, limits: limits, source: &source)
      guard outcome == .pending else { return outcome }
      guard source.fetch() > 0 else { return nil }
    }
  }

  func analyse(_ name: String) -> SPFAnalysis? {
    guard let domain = DomainName(name) else { return nil }
    var source = self
    return SPFAnalysis(of: domain, source: &source)
  }

  /// The analysis pass by pass, and how many passes it took.
  func analyseSlowly(_ name: String) -> (analysis: SPFAnalysis, passes: Int)? {
    guard let domain = DomainName(name) else { return nil }
    var source = SPFSlowSource(self)
    while true {
      let analysis = SPFAnalysis(of: domain, source: &source)
      guard analysis.status == .pending else { return (analysis, source.passes) }
      guard source.fetch() > 0 else { return nil }
    }
  }
}
