import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// API/examples, sent to a service. The lab's domains stand in for the made-up ones.
  @Suite(.serialized) struct ServiceExampleTests {
    struct Example: Sendable, CustomTestStringConvertible {
      let name: String
      let compare: String
      let request: JSONValue
      let response: JSONValue

      var testDescription: String { name }
    }

    /// What has to be there before the others are asked comes first, and what takes it away last.
    static let examples: [Example] = {
      let directory = Repository.root.appendingPathComponent("API/examples")
      let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
      let all = files.filter { $0.hasSuffix(".json") }.sorted().compactMap { file -> Example? in
        guard let data = try? Data(contentsOf: directory.appendingPathComponent(file)),
          let json = try? JSONValue(parsing: ServiceExampleTests.translated(data)),
          let request = json["request"], let response = json["response"], let compare = json["compare"]?.stringValue
        else { return nil }
        return Example(name: file, compare: compare, request: request, response: response)
      }
      let order = ["watchDomains.json": -1, "unwatchDomains.json": 1]
      return all.sorted { (order[$0.name] ?? 0, $0.name) < (order[$1.name] ?? 0, $1.name) }
    }()

    /// The domains of the examples, and those of the lab that are as they are said to be; the revisions are those of a store
    /// that is older than ours.
    private static let stand = [
      ("example.gov.uk", "fully-secure.gov.uk"), ("Example.GOV.UK", "Fully-Secure.GOV.UK"),
      ("example.org", "plain.gov.uk"), ("example.net", "silent.gov.uk"),
      ("\"s1\"", "\"selector1\""), ("\"since\": 41, \"wait\": 30", "\"since\": 0, \"wait\": 30"),
      ("\"since\": 40", "\"since\": 0"),
      ("\"since\": 1}", "\"since\": 1000000}"),
    ]

    private static func translated(_ data: Data) -> String {
      stand.reduce(String(decoding: data, as: UTF8.self)) { $0.replacing($1.0, with: $1.1) }
    }

    @Test func areAnsweredAsTheySay() async throws {
      guard let lab = Lab.ready else { return }
      #expect(ServiceExampleTests.examples.count >= 20)
      let service = try await ServiceProcess.start(in: lab, port: 8493, options: ["--probe-timeout", "5"])
      for example in ServiceExampleTests.examples {
        let headers = example.name == "error-deadline.json" ? ["grpc-timeout: 1m"] : []
        let answer = try await service.post(Expectation.text(example.request), headers)
        try compare(example, answer)
        if example.name == "watchDomains.json" {
          let isListed = try await eventually { try await service.entry("fully-secure.gov.uk") != nil }
          #expect(isListed)
        }
      }
      await service.stop()
    }

    private func compare(_ example: Example, _ answer: ServiceProcess.Answer) throws {
      guard !example.response.isNull else { return #expect(answer.status == 204 && answer.body.isEmpty) }
      let found = try #require(answer.json, "\(example.name): \(answer.body)")
      switch example.compare {
      case "equal":
        #expect(elements(of: found) == elements(of: example.response), "\(example.name): \(answer.body)")
      case "code":
        #expect(found["error"]?["code"] == example.response["error"]?["code"], "\(example.name): \(answer.body)")
        for key in ["status", "reason", "field"] {
          #expect(
            found["error"]?["data"]?[key] == example.response["error"]?["data"]?[key], "\(example.name): \(answer.body)"
          )
        }
      default:
        // Its form is held against the description with all other answers.
        #expect((found["result"] != nil) == (example.response["result"] != nil), "\(example.name): \(answer.body)")
        #expect(found["error"]?["code"] == example.response["error"]?["code"], "\(example.name)")
        let verdict = example.response["result"]?["verdict"]
        if example.name.hasPrefix("checkDomain-") {
          #expect(found["result"]?["verdict"] == verdict, "\(example.name): \(answer.body)")
        }
      }
    }

    /// A batch's answers come in any order.
    private func elements(of answer: JSONValue) -> Set<JSONValue> { Set(answer.arrayValue ?? [answer]) }
  }
}
