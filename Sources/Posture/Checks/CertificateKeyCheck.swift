import DNS

extension Requirement {
  static let certificateKey = Requirement("mx-certificate-key", .encryption)
  static let certificateSignature = Requirement("mx-certificate-signature", .encryption)
}

/// The certificate's key is long enough, and neither its signature's hash is broken nor that of an authority below the anchor
/// (RFC 9325 sections 4.5 and 4.4).
enum CertificateKeyCheck: Check {
  static let requirements: [Requirement] = [.certificateKey, .certificateSignature]

  /// RFC 9325 section 4.5: RSA keys of at least 2048 bits.
  static let minimumRSABits = 2048
  /// RFC 9325 section 4.5: elliptic curves of at least 224 bits.
  static let minimumCurveBits = 224

  static func observe(_ facts: Facts) -> [Observation] {
    facts.endpoints.flatMap { endpoint -> [Observation] in
      guard let certificate = endpoint.certificate else { return [] }
      var observations: [Observation] = []
      let least = certificate.key.hasPrefix("RSA") ? minimumRSABits : minimumCurveBits
      if certificate.bits < least {
        observations.append(
          Observation(
            .certificateKey, .unmet, subject: endpoint.name,
            message:
              "The certificate of \(endpoint.name) has a \(certificate.key) key of \(certificate.bits) bits; \(least) are the least.",
            remedy: Remedy(
              "Make a new key for \(endpoint.key.serverName), RSA of 2048 bits or P-256, and a certificate for it.")))
      }
      if !certificate.selfSigned, hasBrokenHash(certificate.signature) {
        observations.append(
          Observation(
            .certificateSignature, .unmet, subject: endpoint.name,
            message: "The certificate of \(endpoint.name) is signed with \(certificate.signature).",
            remedy: Remedy("Have the certificate of \(endpoint.key.serverName) issued anew with SHA-256 or better.")))
      }
      for authority in certificate.authorities ?? [] where hasBrokenHash(authority.signature) {
        observations.append(
          Observation(
            .certificateSignature, .unmet, subject: endpoint.name,
            message:
              "An authority above the certificate of \(endpoint.name), \(authority.subject), is signed with \(authority.signature).",
            remedy: Remedy(
              """
              Send a chain at \(endpoint.key.serverName) whose authorities are signed with SHA-256 or better; the issuer of \
              the certificate has it.
              """)))
      }
      return observations
    }
  }

  private static let brokenHashes = ["sha1", "md5"]

  /// RFC 9325 section 4.4 and RFC 9155: SHA-1 and MD5, as in `sha1WithRSAEncryption` and `ecdsa-with-SHA1`.
  private static func hasBrokenHash(_ signature: String) -> Bool {
    let octets = signature.utf8.span
    for hash in brokenHashes {
      let name = hash.utf8.span
      for start in octets.indices where octets.extracting(start...).begins(with: name) { return true }
    }
    return false
  }
}
