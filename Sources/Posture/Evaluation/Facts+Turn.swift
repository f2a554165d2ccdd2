extension Facts {
  /// The first moment after `now` at which the same evidence is judged otherwise, by time alone: a certificate (of an
  /// MX or of the policy host) or an assessment begins, comes near its end or ends, or a silent host has been silent
  /// for long enough. nil where none comes.
  ///
  /// A record does not hold beyond it, so that a notice appears when it is due, and a domain leaves the whitelist when
  /// its certificate ends and not when it is next looked at.
  public var turnsAt: Timestamp? {
    (certificateTurns + policyTurns + assuranceTurns + silenceTurns).filter { $0 > now }.min()
  }

  private var certificateTurns: [Timestamp] {
    hosts.flatMap(\.endpoints).compactMap(\.certificate).flatMap { certificate in
      [certificate.notBefore] + EndNotice.turns(ofCertificate: certificate.end)
    }
  }

  private var policyTurns: [Timestamp] {
    encryption.mtaSTS.certificateEnd.map(EndNotice.turns) ?? []
  }

  private var assuranceTurns: [Timestamp] {
    guard let end = assurance.assurance?.validUntil else { return [] }
    return [EndNotice.assurance.begins(before: end), end]
  }

  private var silenceTurns: [Timestamp] {
    hosts.flatMap(\.endpoints).filter { $0.state == .unanswered }.compactMap(\.failingSince)
      .map { $0 + HostFacts.deadAfter }
  }
}
