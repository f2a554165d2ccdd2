import Foundation
import JSON
import Testing

/// hallmarkd against real servers, held against what Tests/Lab says.
@Suite struct LabTests {
  @Test(arguments: LabCase.all) func record(_ each: LabCase) async throws {
    guard let lab = Lab.ready else { return }
    let records =
      each.selectors.isEmpty
      ? try await LabRecords.shared.checked(in: lab) : try await LabRecords.shared.asked(in: lab)
    let record = try #require(records[each.domain], "no record of \(each.domain)")
    let wrong = each.differences(from: record)
    #expect(wrong.isEmpty, "\(each.domain): \(wrong.joined(separator: "; ")); \(Expectation.text(record))")
  }

  @Test func descriptionIsWhole() {
    for file in Lab.domainFiles { #expect(LabCase.all.contains { $0.file == file }, "\(file) cannot be read") }
    #expect(LabCase.all.count >= 100)
    #expect(Set(LabCase.all.map(\.domain)).count == LabCase.all.count)
    #expect(LabCase.all.allSatisfy { !$0.why.isEmpty })
  }

  @Test func labIsAsItSays() async throws {
    guard let lab = try? Lab.shared.get() else { return }
    let outcome = try await lab.selfTest()
    #expect(outcome.status == 0, "\(outcome.stdout)\(outcome.stderr)")
    print("lab selftest: \(outcome.stdout.split(separator: "\n").last ?? "")")
  }

  // The exit status of `check`: the worst of several, in the order 2, 1, 3, 0.
  @Test(arguments: [
    (["fully-secure.gov.uk"], 0), (["no-mail.gov.uk"], 0), (["parked-bad.gov.uk"], 1), (["lame.gov.uk"], 3),
    (["fully-secure.gov.uk", "lame.gov.uk"], 3), (["lame.gov.uk", "parked-bad.gov.uk", "no-mail.gov.uk"], 1),
    (["not..a..name", "parked-bad.gov.uk"], 2), ([], 2),
  ]) func exitStatus(_ names: [String], _ status: Int) async throws {
    guard let lab = Lab.ready else { return }
    let outcome = try await lab.hallmarkd(["check"] + names)
    #expect(Int(outcome.status) == status, "\(outcome.stdout)\(outcome.stderr)")
  }
}
