import DNS
import EmailAuth
import TestKit
import Testing

/// Records read without a message.
struct SPFRecordSuiteTests {
  static let file = "spf/records.json"

  @Test func suite() throws {
    guard let document = try PublicSuites.document(Self.file, as: Document.self) else { return }
    let passed = try document.cases.filter(Self.run).count
    PublicSuites.report(Self.file, passed: passed, total: document.cases.count)
    #expect(passed == document.cases.count)
  }

  private static func run(_ test: Case) throws -> Bool {
    var source = Obliging(domain: try #require(DomainName("subject.test")), record: test.record)
    let analysis = SPFAnalysis(of: source.domain, source: &source)
    let isRight =
      analysis.status.rawValue == test.status && analysis.all?.rawValue == test.all
      && test.lookups.map { $0 == analysis.lookups } ?? true && analysis.error?.term == test.errorTerm
    #expect(isRight, "\(test): \(analysis)")
    return isRight
  }

  /// One record in a world where every other name has an SPF record without terms, an address and an MX.
  private struct Obliging: AnswerSource {
    let domain: DomainName
    let record: String

    func answer(_ question: Question) -> Answer? {
      let text = question.name == domain ? record : "v=spf1"
      switch question.type {
      case .txt: return Answer(question, .found([.txt(TXTData(text))]))
      case .mx: return Answer(question, .found([.mx(preference: 0, exchange: question.name)]))
      default: return IPAddress("192.0.2.1").map { Answer(question, .found([.address($0)])) }
      }
    }
  }

  struct Document: Decodable { let cases: [Case] }

  struct Case: Decodable {
    let record: String
    let status: String
    let all: String?
    let lookups: Int?
    let errorTerm: String?
  }
}
