/// A finding that names the date before something ends, so that it can be renewed in time.
struct EndNotice: Sendable {
  /// How long before the end it begins, in seconds.
  let time: Int64

  /// Fourteen days, when an automatic renewal has failed.
  static let certificate = EndNotice(time: 14 * 86_400)
  /// Thirty days: an assessment takes its time.
  static let assurance = EndNotice(time: 30 * 86_400)

  /// Whether something that ends then is to be told of, or has ended.
  func isDue(_ end: Timestamp, at now: Timestamp) -> Bool { end - now < time }

  /// The first second at which that is so.
  func begins(before end: Timestamp) -> Timestamp { end + -time + 1 }
}

extension EndNotice {
  /// The moments at which a certificate is judged otherwise: it is reported, and it has ended. It holds up to and with its last
  /// second (RFC 5280 section 4.1.2.5).
  static func turns(ofCertificate end: Timestamp) -> [Timestamp] { [certificate.begins(before: end), end + 1] }
}
