import DNS
import Foundation
import TestKit
import Testing

@testable import IDNA

/// ToASCII with Transitional_Processing=false, by the Unicode Consortium's own table.
@Suite struct UTS46SuiteTests {
  /// How an answer may differ from the table.
  private enum Difference: String {
    /// "Implementations may be more strict": IDNA 2008 disallows a code point that UTS 46 takes (RFC 5892 section 2.6).
    case disallowedByIDNA2008 = "refused, because IDNA 2008 disallows a code point of it"
    /// libidn2 2.3.3 holds RFC 5893 section 2 against each right-to-left label, not against the labels beside it.
    case bidiAcrossLabels = "accepted, though a label beside a right-to-left one breaks the Bidi rule"
    case other
  }

  private struct Line {
    let source: String
    let ascii: String
    let status: Set<String>
  }

  @Test func conformsToTheTable() throws {
    let file = "idna/IdnaTestV2-15.0.0.txt"
    guard let data = PublicSuites.data(file) else { return }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap(Self.line)
    var differences: [Difference: Int] = [:]
    for line in lines {
      guard let difference = Self.difference(line) else { continue }
      differences[difference, default: 0] += 1
      #expect(difference != .other, "\(line.source.debugDescription), \(line.status)")
    }
    let failed = differences.values.reduce(0, +)
    PublicSuites.report(file, passed: lines.count - failed, total: lines.count)
    for (difference, count) in differences { print("  \(count): \(difference.rawValue)") }
    // What a newer libidn2 may better, and none may worsen.
    #expect(failed <= 97)
  }

  private static func difference(_ line: Line) -> Difference? {
    let result = Result { () throws(IDN2.Failure) in try LabelForms(mapping: line.source) }
    switch result {
    case .success(let forms):
      // UseSTD3ASCIIRules and VerifyDnsLength are MailDomain's.
      guard let name = DomainName(forms.ascii), name.isHostName else { return line.status.isEmpty ? .other : nil }
      if line.status.isEmpty { return forms.ascii == line.ascii ? nil : .other }
      return line.status.allSatisfy { $0.hasPrefix("B") } ? .bidiAcrossLabels : .other
    case .failure(let failure):
      if !line.status.isEmpty { return nil }
      return failure.description == "string contains a disallowed character" ? .disallowedByIDNA2008 : .other
    }
  }

  private static func line(_ text: Substring) -> Line? {
    let body = text.prefix { $0 != "#" }
    let columns = body.split(separator: ";", omittingEmptySubsequences: false)
      .map { unescape($0.trimmingCharacters(in: .whitespaces)) }
    guard columns.count >= 7 else { return nil }
    let unicode = columns[1].isEmpty ? columns[0] : columns[1]
    let status = columns[4].isEmpty ? columns[2] : columns[4]
    return Line(
      source: columns[0], ascii: columns[3].isEmpty ? unicode : columns[3],
      status: Set(status.split { "[], ".contains($0) }.map(String.init)))
  }

  /// `\uXXXX` stands for a code point.
  private static func unescape(_ text: String) -> String {
    var output = String.UnicodeScalarView()
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      let digits = String(String.UnicodeScalarView(rest.dropFirst().prefix(4)))
      if scalar == "\\", rest.first == "u", let value = UInt32(digits, radix: 16), let code = Unicode.Scalar(value) {
        output.append(code)
        rest = rest.dropFirst(5)
      } else {
        output.append(scalar)
      }
    }
    return String(output)
  }
}
