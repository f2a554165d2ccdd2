import COpenSSL
import DNS
import Posture

/// Makes facts of a chain as it was sent: what the first certificate says, whether it names the host, and whether it
/// leads to a trusted authority.
public struct CertificateInspector: Sendable {
  let trust: TrustStore

  public init(trust: TrustStore) { self.trust = trust }

  /// - Parameters:
  ///   - chain: DER, the server's own certificate first.
  ///   - name: the name that the certificate must bear.
  ///   - now: which of several paths is taken depends on it, and nothing else: dates are facts of their own.
  /// - Returns: nil when there is no certificate, or the first cannot be read.
  public func facts(of chain: [[UInt8]], for name: DomainName, at now: Timestamp) -> CertificateFacts? {
    guard let first = chain.first.flatMap({ Certificate(der: $0) }) else { return nil }
    let others = chain.dropFirst().compactMap { Certificate(der: $0) }
    let path = verify([first] + others, at: now)
    return first.withHandle { handle in
      ERR_clear_error()
      defer { ERR_clear_error() }
      let key = CertificateReader.key(of: handle)
      let notAfter = CertificateReader.notAfter(of: handle)
      return CertificateFacts(
        matchesName: CertificateReader.matches(handle, name), chainTrusted: path.isTrusted, chainError: path.error,
        subjectNames: CertificateReader.subjectNames(of: handle),
        issuer: CertificateReader.name(X509_get_issuer_name(handle)),
        subject: CertificateReader.name(X509_get_subject_name(handle)),
        notBefore: CertificateReader.notBefore(of: handle), notAfter: notAfter,
        chainNotAfter: path.earliestEnd ?? notAfter, key: key.kind, bits: key.bits,
        signature: CertificateReader.signature(of: handle), authorities: path.authorities ?? sent(others),
        selfSigned: X509_self_signed(handle, 1) == 1)
    }
  }

  /// Where no path was found, what was sent above the first certificate; what signs itself would be an anchor.
  private func sent(_ others: [Certificate]) -> [AuthoritySignature] {
    others.compactMap { certificate in
      certificate.withHandle { X509_self_signed($0, 0) == 1 ? nil : CertificateReader.authority($0) }
    }
  }

  /// A path that holds now is taken before one that does not: an authority may have both an old certificate and a new
  /// one. Where none holds now, dates are left aside, so that an expired certificate is not also called untrusted.
  private func verify(_ chain: [Certificate], at now: Timestamp) -> ChainVerifier.Outcome {
    let verifier = ChainVerifier(store: trust, chain: chain)
    do {
      let present = try verifier.verify(at: now)
      return present.isTrusted ? present : try verifier.verify(at: nil)
    } catch {
      return ChainVerifier.Outcome(isTrusted: false, error: error.description, earliestEnd: nil, authorities: nil)
    }
  }
}
