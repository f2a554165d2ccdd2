import COpenSSL
import DNS
import Posture

/// What a handshake agreed on, and the certificates that came, before anything is made of them.
public struct PeerSession: Hashable, Sendable {
  /// The most certificates of a chain that are kept.
  public static let maximumChain = 10
  /// The most octets of all certificates together that are kept.
  public static let maximumChainLength = 65_536

  public let version: TLSVersion
  public let cipher: String
  public let forwardSecrecy: Bool
  /// nil where the suite is none of the weak.
  public let weakness: WeakSuite.Weakness?
  /// DER, in the order they came.
  public let chain: [[UInt8]]

  /// One line for a trace.
  var summary: String {
    let secrecy = forwardSecrecy ? "forward secrecy" : "no forward secrecy"
    let weak = weakness.map { ", a weak suite (\($0.rawValue))" } ?? ""
    return "\(version.rawValue) with \(cipher), \(secrecy)\(weak), certificates sent: \(chain.count)"
  }

  /// The session with what its certificates say.
  func session(_ certificate: CertificateFacts?) -> TLSSession {
    TLSSession(
      version: version, cipher: cipher, forwardSecrecy: forwardSecrecy, weakCipher: weakness != nil, chain: chain,
      certificate: certificate)
  }
}

extension TLSEngine {
  /// What the finished handshake agreed on; nil before it is finished, or for a version that has no name here.
  var session: PeerSession? {
    withHandle { ssl in
      guard let version = TLSVersion(number: SSL_version(ssl)), let cipher = SSL_get_current_cipher(ssl) else {
        return nil
      }
      let name = SSL_CIPHER_standard_name(cipher) ?? SSL_CIPHER_get_name(cipher)
      return PeerSession(
        version: version, cipher: name.map { RemoteText.escaped(String(cString: $0), limit: 100) } ?? "unknown",
        forwardSecrecy: version == .tls13 || TLSEngine.isEphemeral(cipher), weakness: TLSEngine.weakness(of: cipher),
        chain: TLSEngine.chain(of: ssl))
    }
  }

  /// RFC 9325 section 4.1: the key exchange of every suite of TLS 1.3 is ephemeral, and of earlier ones that of ECDHE
  /// and DHE.
  private static func isEphemeral(_ cipher: OpaquePointer) -> Bool {
    [NID_kx_ecdhe, NID_kx_dhe, NID_kx_any].contains(SSL_CIPHER_get_kx_nid(cipher))
  }

  /// RFC 9325 section 4.1: no encryption, a cipher or hash that is broken, or no authentication.
  private static func weakness(of cipher: OpaquePointer) -> WeakSuite.Weakness? {
    let encryption = SSL_CIPHER_get_cipher_nid(cipher)
    if encryption == NID_undef { return .unencrypted }
    let broken = [NID_rc4, NID_rc4_40, NID_rc2_cbc, NID_des_cbc, NID_des_ede3_cbc, NID_idea_cbc]
    if broken.contains(encryption) || SSL_CIPHER_get_digest_nid(cipher) == NID_md5 { return .broken }
    return SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null ? .anonymous : nil
  }

  private static func chain(of ssl: OpaquePointer) -> [[UInt8]] {
    guard let stack = SSL_get_peer_cert_chain(ssl) else { return [] }
    var chain: [[UInt8]] = []
    var length = 0
    for index in 0..<min(hallmark_x509_stack_count(stack), Int32(PeerSession.maximumChain)) {
      guard let certificate = hallmark_x509_stack_at(stack, index) else { break }
      let size = Int(i2d_X509(certificate, nil))
      length += max(size, 0)
      guard size > 0, length <= PeerSession.maximumChainLength else { break }
      chain.append(
        [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
          var cursor = buffer.baseAddress
          count = max(0, min(size, Int(i2d_X509(certificate, &cursor))))
        })
    }
    return chain
  }
}
