/// Where a dialogue with an MX endpoint ended before its end.
public enum ProbeStage: String, Hashable, Sendable, CaseIterable {
  case connect, banner, ehlo, starttls, handshake
}

/// Why a dialogue ended early. The kind says what follows from it; the reason is for people.
public struct ProbeFailure: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The endpoint says that it does not do this: a 5xx answer, STARTTLS not offered, a fatal TLS alert. Proof.
    case refused
    /// A time-out, a reset, a 4xx answer, a close: it may well be otherwise next time. No proof.
    case temporary
    /// This machine has no route of that family. No evidence about the endpoint at all.
    case noRoute
    /// The address is special-purpose and the address policy forbids to contact it.
    case forbiddenAddress
    /// What came is not SMTP or not TLS, or went beyond a bound: a working endpoint does not do that. Proof.
    case protocolViolation
  }

  public let stage: ProbeStage
  public let kind: Kind
  /// A phrase without a full stop; remote text in it is escaped and bounded.
  public let reason: String
  /// The reply that ended the dialogue, where there was one, escaped and bounded.
  public let reply: String?

  public init(stage: ProbeStage, kind: Kind, reason: String, reply: String? = nil) {
    self.stage = stage
    self.kind = kind
    self.reason = reason
    self.reply = reply
  }
}

extension ProbeFailure {
  /// The server says that it has had enough of us for now: a 4yz reply (RFC 5321 section 4.2.1), 421 above all.
  public var isRequestToWait: Bool { kind == .temporary && reply?.hasPrefix("4") == true }

  /// It came before the server could know which of its names was meant, so that it holds for all of them.
  public var isOfTheAddress: Bool {
    switch stage {
    case .connect: kind == .temporary || kind == .refused
    case .banner: true
    case .ehlo, .starttls, .handshake: false
    }
  }
}
