import DNS
import TestKit
import Testing

@testable import EmailAuth

/// Octets that nobody would publish, and some that somebody would.
@Suite struct DKIMHostileTests {
  /// Random octets, and records with octets changed, from a fixed seed: an answer always comes.
  @Test func neverTraps() {
    var dice = SplitMix64(seed: 7)
    func next(_ bound: UInt64) -> UInt64 { .random(in: 0..<bound, using: &dice) }
    let good = Array(DKIMKeys.rsa1024.utf8)
    for round in 0..<4_000 {
      var octets = round % 2 == 0 ? good : (0..<next(300)).map { _ in UInt8(next(256)) }
      for _ in 0..<next(6) where !octets.isEmpty { octets[Int(next(UInt64(octets.count)))] = UInt8(next(256)) }
      let record = DKIMKeyRecord(parsing: octets)
      #expect((record.status == .invalid) == (record.error != nil))
      #expect((record.status == .valid) == (record.bits != nil))
      _ = DKIMKeyRecord.looksLikeKey(octets)
      _ = RSAPublicKeySize(der: octets)
    }
  }

  @Test func largeRecordsAreReadInLinearTime() {
    let size = 65_535
    let shapes: [[UInt8]] = [
      Array(repeating: UInt8(ascii: ";"), count: size), Array(repeating: UInt8(ascii: "="), count: size),
      Array(repeating: UInt8(ascii: ":"), count: size), Array(repeating: UInt8(ascii: "A"), count: size),
      Array(("p=" + String(repeating: "A", count: size)).utf8),
      Array(("t=" + String(repeating: "y:", count: size / 2)).utf8),
      Array(String(repeating: "a=b;", count: size / 4).utf8), Array(repeating: UInt8(ascii: " "), count: size),
    ]
    let clock = ContinuousClock()
    let elapsed = clock.measure {
      for shape in shapes {
        let record = DKIMKeyRecord(parsing: shape)
        #expect(record.status == .invalid)
        #expect((record.error?.term.utf8.count ?? 0) <= DKIMError.maximumTermLength * 3)
      }
    }
    // Quadratic work on 64 KiB would take minutes in a debug build.
    #expect(elapsed < .seconds(300))
  }

  @Test(arguments: [
    ("QUJD", "ABC"), ("QUI=", "AB"), ("QQ==", "A"), (" Q U\tJ\r\n D", "ABC"), ("", ""), ("QQ=\n=", "A"),
  ])
  func decodesBase64(text: String, plain: String) {
    #expect(Base64.decode(Array(text.utf8)[...]) == Array(plain.utf8))
  }

  @Test(arguments: ["Q", "QU", "QUJ", "QUJDR", "====", "Q===", "QQ==QUJD", "=QUJ", "QU-D", "QU_D", "QU\u{b}D", "QQ=A"])
  func refusesBase64(text: String) {
    #expect(Base64.decode(Array(text.utf8)[...]) == nil)
  }

  /// Lengths and numbers that DER does not allow (ITU-T X.690 sections 8.3, 10.1).
  @Test(
    arguments: [
      [], [0x30], [0x30, 0x80], [0x30, 0x01], [0x30, 0x81, 0x00], [0x30, 0x81, 0x01, 0x00], [0x30, 0x82, 0x00, 0x80],
      [0x30, 0x85, 1, 0, 0, 0, 0], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], [0x30, 0xff],
      [0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x03],  // modulus zero
      [0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x03],  // modulus negative
      [0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x03],  // a needless zero
      [0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x00],  // exponent zero
      [0x30, 0x03, 0x02, 0x01, 0x05],  // no exponent
      [0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x03, 0x00],  // something behind it
      [0x30, 0x08, 0x02, 0x01, 0x05, 0x02, 0x01, 0x03, 0x05, 0x00],  // something behind the exponent
    ] as [[UInt8]])
  func refusesDER(octets: [UInt8]) {
    #expect(RSAPublicKeySize(der: octets) == nil)
  }

  @Test func countsBits() {
    #expect(RSAPublicKeySize(der: [0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x03])?.bits == 3)
    #expect(RSAPublicKeySize(der: [0x30, 0x07, 0x02, 0x02, 0x00, 0xff, 0x02, 0x01, 0x03])?.bits == 8)
  }

  @Test(arguments: [
    ("v=DKIM1; k=ed25519; h=sha1; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", false),
    ("v=DKIM1; k=ed25519; s=tlsrpt; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", false),
    ("v=DKIM1; k=ed25519; s=tlsrpt:email; h=sha1:sha256; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", true),
    (DKIMKeys.rsa1024, true), (DKIMKeys.rsa512, false), (DKIMKeys.revoked, false),
  ])
  func knowsWhatIsUsableForMail(text: String, isUsable: Bool) {
    #expect(DKIMKeyRecord(parsing: Array(text.utf8)).isUsableForMail == isUsable)
  }

  @Test(arguments: [
    ("not a tag", DKIMError.Reason.syntax, "not a tag"), ("v=DKIM1; p=; p=", .duplicateTag, " p="),
    ("v=DKIM2; p=", .version, "DKIM2"), ("k=dsa; p=", .unknownKeyType, "dsa"), ("v=DKIM1; k=rsa", .missingKey, ""),
    ("p=a*", .invalidBase64, "a*"), ("p=AAAA", .invalidKey, "AAAA"),
  ])
  func namesTheTermAtFault(text: String, reason: DKIMError.Reason, term: String) {
    #expect(DKIMKeyRecord(parsing: Array(text.utf8)).error == DKIMError(reason, term: term))
  }
}
