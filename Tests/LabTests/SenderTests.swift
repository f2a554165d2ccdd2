import Foundation
import JSON
import Testing

/// `hallmarkd pair` held against a real Postfix, which sends to every recipient by every way.
@Suite struct SenderTests {
  /// Where the two part, and by whose word hallmarkd is right.
  struct Disagreement: Sendable {
    let postfix: SenderVerdict
    let hallmark: SenderVerdict
    let why: String

    init(_ why: String, postfix: SenderVerdict, hallmark: SenderVerdict) {
      self.postfix = postfix
      self.hallmark = hallmark
      self.why = why
    }
  }

  static let disagreements: [String: Disagreement] = [
    "common-name.gov.uk": Disagreement(
      """
      RFC 9525 section 2: names are looked for in the subjectAltName alone. Postfix still falls back to the Common Name
      where there is none.
      """,
      postfix: SenderVerdict(grade: "encrypted", tls: "TLSv1.3", secure: true),
      hallmark: SenderVerdict(grade: "encrypted", tls: "TLSv1.3", secure: false)),
    "tls-unavailable.gov.uk": Disagreement(
      """
      RFC 3207 section 4: 454 is "TLS not available due to temporary reason", and whether to go on is the client's own
      choice. Postfix does, in the clear; it is no proof of what the server offers otherwise.
      """,
      postfix: SenderVerdict(grade: "plaintext", secure: false),
      hallmark: SenderVerdict(grade: "unknown", secure: nil)),
    "hangs-up.gov.uk": Disagreement(
      """
      RFC 5321 section 3.8: a connection that is lost is to be treated "as if a 451 response had been received", so it
      says nothing final. Postfix tries again in the clear.
      """,
      postfix: SenderVerdict(grade: "plaintext", secure: false),
      hallmark: SenderVerdict(grade: "unknown", secure: nil)),
    "escapes.gov.uk": Disagreement(
      """
      Its server is there for the text that it sends, and says nothing behind the handshake. Postfix tries again in the
      clear; hallmarkd ends where the session is made, and asks no more of it (RFC 3207 section 4.2).
      """,
      postfix: SenderVerdict(grade: "plaintext", secure: false),
      hallmark: SenderVerdict(grade: "encrypted", tls: "TLSv1.3", secure: true)),
    "dane-tls10.gov.uk": Disagreement(
      """
      RFC 7672 section 2.2 asks for TLS and a match, and both are there. Postfix takes security level 1 of OpenSSL when
      it authenticates, which has no TLS 1.0.
      """,
      postfix: SenderVerdict(grade: "undeliverable", secure: false),
      hallmark: SenderVerdict(grade: "weak", tls: "TLSv1", secure: false)),
    "sts-mx-tls10.gov.uk": Disagreement(
      """
      RFC 8461 section 4.1 asks for a host that the policy names and a certificate that stands, and both are there.
      Postfix takes security level 1 of OpenSSL when it authenticates, which has no TLS 1.0.
      """,
      postfix: SenderVerdict(grade: "undeliverable", secure: false),
      hallmark: SenderVerdict(grade: "weak", tls: "TLSv1", secure: false)),
    "dane-no-address.gov.uk": Disagreement(
      """
      RFC 7672 section 2.2.2 lets a client go on to TLSA records only where the address records are secure. A host that
      has none proves nothing, and the grade asks every MX host. Postfix cannot meet it at all.
      """,
      postfix: SenderVerdict(grade: "authenticated", mechanism: "dane", tls: "TLSv1.3", secure: true),
      hallmark: SenderVerdict(grade: "encrypted", tls: "TLSv1.3", secure: true)),
  ]

  @Test(arguments: SenderRecipient.all) func verdict(_ recipient: SenderRecipient) async throws {
    guard let results = try await SenderLab.shared.results() else { return }
    // Without a resolver of policies nothing is known of how they are met.
    if recipient.hasPolicy, !results.hasPolicies { return }
    let routes = try #require(results.routes[recipient.domain], "nothing was sent")
    let pair = try #require(results.pairs[recipient.domain], "no verdict")
    let postfix = SenderVerdict(recipient: recipient.domain, routes)
    let hallmark = try #require(SenderVerdict(pair: pair))
    let known = SenderTests.disagreements[recipient.domain]
    let said = "\(Expectation.text(pair["transport"] ?? .null)); \(routes)"
    #expect(postfix == known?.postfix ?? hallmark, "Postfix has it so: \(postfix); \(known?.why ?? said)")
    #expect(hallmark == known?.hallmark ?? postfix, "hallmarkd has it so: \(hallmark); \(known?.why ?? said)")
  }

  @Test func descriptionIsWhole() async throws {
    let domains = Set(SenderRecipient.all.map(\.domain))
    #expect(domains.count >= 30)
    #expect(domains.count == SenderRecipient.all.count)
    #expect(domains.isSuperset(of: SenderTests.disagreements.keys))
    guard let results = try await SenderLab.shared.results() else { return }
    #expect(results.routes.values.allSatisfy { !$0.isEmpty })
    let agreed = SenderRecipient.all.count { recipient in
      guard let pair = results.pairs[recipient.domain] else { return false }
      let routes = results.routes[recipient.domain] ?? []
      return SenderVerdict(pair: pair) == SenderVerdict(recipient: recipient.domain, routes)
    }
    print(
      "suite Postfix: \(agreed) of \(SenderRecipient.all.count), \(SenderTests.disagreements.count) differ for a reason"
    )
  }
}
