import DNS
import Foundation
import Posture
import TestKit
import Testing

@testable import Probe

/// What the certificate of a host must say (RFC 9525), with a certificate made for each case.
@Suite struct HostNameSuiteTests {
  struct Case: Decodable {
    let reference: String
    let dnsNames: [String]
    let match: Bool
    let commonName: String?
    let note: String?
  }

  /// Where we hold otherwise. RFC 9525 section 6.3 lets a wildcard stand for the whole left-most label and knows no
  /// list of public suffixes; its section 7.1 leaves it to authorities not to issue such certificates.
  static let exceptions: Set<String> = [
    "public_suffix_multi_label_wildcard_san", "public_suffix_private_namespace_wildcard_san",
  ]

  /// The reference goes to A-labels before it becomes a DomainName; that is not this target's part.
  static let aLabels = ["bücher.example.com": "xn--bcher-kva.example.com"]

  @Test func suite() throws {
    guard let cases = try PublicSuites.cases("hostname/names.json", as: Case.self) else { return }
    let authority = try TestAuthority.shared.get()
    let inspector = CertificateInspector(trust: try TrustStore(pemFile: authority.rootFile))
    var passed = 0
    for (index, item) in cases.enumerated() {
      let names = item.dnsNames.isEmpty ? nil : item.dnsNames.map { Array($0.utf8) }
      let leaf = try authority.leaf("host-\(index)", commonName: item.commonName ?? "leaf", altNames: names)
      let reference = DomainName(HostNameSuiteTests.aLabels[item.reference] ?? item.reference)
      let facts = reference.flatMap { inspector.facts(of: [leaf], for: $0, at: Timestamp(seconds: 0)) }
      // An empty label is no name at all, and matches nothing.
      let matches = facts?.matchesName ?? false
      let isException = HostNameSuiteTests.exceptions.contains { item.note?.hasPrefix($0) == true }
      #expect(matches == (isException ? !item.match : item.match), "\(item.reference) against \(item.dnsNames)")
      if matches == item.match { passed += 1 }
    }
    print("suite hostname/names.json: \(passed) of \(cases.count) (\(HostNameSuiteTests.exceptions.count) exceptions)")
  }
}
