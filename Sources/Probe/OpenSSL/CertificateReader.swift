import COpenSSL
import DNS
import Posture

/// Reads single fields out of a certificate. Whatever cannot be read gets a value that lets nothing pass.
enum CertificateReader {
  /// The most octets of a subject's or issuer's name.
  static let maximumName = 512
  /// The most octets of a subjectAltName: no DNS name has more than 255 (RFC 1035 section 2.3.4).
  static let maximumSubjectName = 255
  /// The most subjectAltNames that are kept.
  static let maximumSubjectNames = 100

  /// The end of what the year of a certificate can say (RFC 5280 section 4.1.2.5).
  static let endOfTime = Timestamp(seconds: 253_402_300_799)

  /// A date that cannot be read counts as one that has not come.
  static func notBefore(of certificate: OpaquePointer) -> Timestamp {
    moment(X509_get0_notBefore(certificate)) ?? endOfTime
  }

  /// A date that cannot be read counts as one long past.
  static func notAfter(of certificate: OpaquePointer) -> Timestamp {
    moment(X509_get0_notAfter(certificate)) ?? Timestamp(seconds: 0)
  }

  private static func moment(_ time: UnsafePointer<ASN1_TIME>?) -> Timestamp? {
    guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
    defer { ASN1_STRING_free(epoch) }
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
    return Timestamp(seconds: Int64(days) * 86_400 + Int64(seconds))
  }

  /// A distinguished name in the form of RFC 2253, which escapes controls and every octet beyond ASCII.
  static func name(_ name: OpaquePointer?) -> String {
    guard let name, let buffer = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(buffer) }
    guard X509_NAME_print_ex(buffer, name, 0, HALLMARK_XN_FLAG_RFC2253) >= 0 else { return "" }
    let pending = min(Int(BIO_ctrl_pending(buffer)), maximumName + 1)
    let octets = [UInt8](unsafeUninitializedCapacity: max(pending, 1)) { bytes, count in
      count = max(0, Int(BIO_read(buffer, bytes.baseAddress, Int32(pending))))
    }
    return RemoteText.escaped(octets, limit: maximumName)
  }

  /// The subjectAltNames of type dNSName (RFC 5280 section 4.2.1.6), escaped.
  static func subjectNames(of certificate: OpaquePointer) -> [String] {
    guard let extracted = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(extracted)
    defer { GENERAL_NAMES_free(names) }
    var found: [String] = []
    for index in 0..<hallmark_general_names_count(names) where found.count < maximumSubjectNames {
      var type: Int32 = 0
      guard let name = hallmark_general_names_at(names, index), let value = GENERAL_NAME_get0_value(name, &type),
        type == GEN_DNS
      else { continue }
      let string = UnsafePointer<ASN1_STRING>(OpaquePointer(value))
      let octets = UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(string), count: Int(max(0, ASN1_STRING_length(string))))
      found.append(RemoteText.escaped(octets, limit: maximumSubjectName))
    }
    return found
  }

  /// Whether a subjectAltName of type dNSName names the host (RFC 9525 section 6.3): whole labels alone, a star for
  /// one label, and the subject's common name never.
  static func matches(_ certificate: OpaquePointer, _ name: DomainName) -> Bool {
    let text = name.description
    // RFC 5280 section 4.2.1.6: a dNSName is in the preferred name syntax. RFC 9525 section 6.1: an address is no
    // DNS-ID.
    guard name.isHostName, IPAddress(text) == nil else { return false }
    let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
    return X509_check_host(certificate, text, text.utf8.count, flags, nil) == 1
  }

  /// The kind of key and its length in bits; "unknown" and 0 where OpenSSL cannot read it.
  static func key(of certificate: OpaquePointer) -> (kind: String, bits: Int) {
    guard let key = X509_get0_pubkey(certificate) else { return ("unknown", 0) }
    let kind =
      switch EVP_PKEY_get_base_id(key) {
      case NID_rsaEncryption: "RSA"
      case NID_rsassaPss: "RSA-PSS"
      case NID_X9_62_id_ecPublicKey: "EC"
      case NID_ED25519: "Ed25519"
      case NID_ED448: "Ed448"
      case NID_dsa: "DSA"
      default: "unknown"
      }
    return (kind, Int(EVP_PKEY_get_bits(key)))
  }

  /// One line for a trace.
  static func summary(of certificate: OpaquePointer) -> String {
    let key = key(of: certificate)
    return """
      \(name(X509_get_subject_name(certificate))), issued by \(name(X509_get_issuer_name(certificate))), \
      \(notBefore(of: certificate)) to \(notAfter(of: certificate)), \(key.kind) of \(key.bits) bits, \
      \(signature(of: certificate))
      """
  }

  /// What the certificate of an authority is signed with.
  static func authority(_ certificate: OpaquePointer) -> AuthoritySignature {
    AuthoritySignature(subject: name(X509_get_subject_name(certificate)), signature: signature(of: certificate))
  }

  static func signature(of certificate: OpaquePointer) -> String {
    OBJ_nid2ln(X509_get_signature_nid(certificate)).map { String(cString: $0) } ?? "unknown"
  }
}
