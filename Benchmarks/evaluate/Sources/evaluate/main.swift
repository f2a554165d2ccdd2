import Glibc
import Posture

@testable import Hallmark

func fail(_ text: String) -> Never {
  let line = "evaluate: \(text)\n"
  write(STDERR_FILENO, line, line.utf8.count)
  exit(2)
}

func report(_ what: String, _ perSecond: Double) {
  print("\(what): \(Int(perSecond.rounded())) per second on one core")
}

guard let town = Town() else { fail("the judge wants more than the evidence holds") }
guard let standard = try? Standards(preferred: "baseline", reading: { _, _ throws(SettingsError) in [] }).preferred
else {
  fail("there is no standard baseline")
}
let record = town.record(by: standard)
guard record.verdict == .secure else {
  fail("the domain is not secure: \(record.findings.map { "\($0.id): \($0.message)" })")
}
print("evidence: \(town.evidence.answers.count) answers, \(town.evidence.endpoints.count) endpoints")
// Something is kept of each, so that no work is left out.
var octets = 0
let evaluations = Stopwatch.perSecond { octets += town.record(by: standard).findings.count }
report("evaluate and weigh", evaluations)
report(
  "evaluate, weigh and render JSON",
  Stopwatch.perSecond { octets += town.record(by: standard).json(stale: false, revision: 1).serialized().count })

if CommandLine.argc > 1 {
  guard let bytes = try? TextFile.read(CommandLine.arguments[1], option: "SUITE"), let suite = SPFSuite(bytes) else {
    fail("\(CommandLine.arguments[1]) is not the suite for RFC 7208 (spf/rfc7208-typed.json)")
  }
  print("suite: \(suite.run()) of \(suite.count)")
  report("SPF check_host", Stopwatch.perSecond(suite.count) { octets += suite.run() })
}
exit(octets > 0 ? 0 : 1)
