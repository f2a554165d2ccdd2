import DNS

extension Requirement {
  static let dkim = Requirement("dkim-missing", .verification)
  static let dkimPublished = Requirement("dkim-published", .verification)
  static let dkimKeySize = Requirement("dkim-key-size", .verification)
  static let dkimKey = Requirement("dkim-key-invalid", .verification)
}

/// DKIM keys are published (RFC 6376, RFC 8301).
enum DKIMCheck: Check {
  static let requirements: [Requirement] = [.dkim, .dkimPublished, .dkimKeySize, .dkimKey]

  /// RFC 8301 section 3.2: signers should use keys of at least 2048 bits.
  static let recommendedRSABits = 2048

  static func observe(_ facts: Facts) -> [Observation] {
    (facts.dkim.isEmpty ? presence(facts) : known(facts)) + sizes(facts)
  }

  private static func presence(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    switch facts.dkimPublished {
    case true?: return []
    case false?:
      return [
        Observation(
          .dkim, .unmet, subject: domain, message: "Nothing is published below _domainkey.\(domain).",
          remedy: Remedy("Have the servers that send for \(domain) sign with DKIM, and publish their keys."))
      ]
    case nil:
      // Without selectors it often cannot be told, which is a warning and no more.
      return [
        Observation(
          .dkimPublished, .undetermined, subject: domain,
          message: "Whether \(domain) publishes DKIM keys could not be told.",
          remedy: Remedy("Give the selectors that \(domain) signs with."))
      ]
    }
  }

  private static func known(_ facts: Facts) -> [Observation] {
    let domain = facts.subject.domain.description
    var observations: [Observation] = []
    if !facts.dkim.contains(where: { $0.status == .valid }) {
      let undetermined = facts.dkim.contains { $0.status == .unknown }
      observations.append(
        Observation(
          .dkim, undetermined ? .undetermined : .unmet, subject: domain,
          message: undetermined
            ? "Whether \(domain) publishes a valid DKIM key at a known selector could not be found out."
            : "\(domain) publishes no valid DKIM key at any known selector.",
          remedy: Remedy("Publish the public key of a selector that \(domain) signs with.")))
    }
    for key in facts.dkim where key.status == .invalid {
      observations.append(
        Observation(
          .dkimKey, .unmet, subject: "\(key.selector)._domainkey.\(domain)",
          message: "The DKIM key at selector \(key.selector) is not valid: \(key.error ?? "it breaks the grammar").",
          remedy: Remedy("Publish the key anew as your signer prints it.")))
    }
    return observations
  }

  private static func sizes(_ facts: Facts) -> [Observation] {
    (facts.dkim + facts.dkimFound).compactMap { key in
      guard key.status == .valid, key.keyType == "rsa", let bits = key.bits, bits < recommendedRSABits else {
        return nil
      }
      return Observation(
        .dkimKeySize, .unmet, subject: "\(key.selector)._domainkey.\(facts.subject.domain)",
        message: "The RSA key at selector \(key.selector) has \(bits) bits; \(recommendedRSABits) are the least.",
        remedy: Remedy("Make a new key of \(recommendedRSABits) bits under a new selector, and sign with it."))
    }
  }
}
