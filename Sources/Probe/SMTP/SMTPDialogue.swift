import Posture

/// What a prober says to an MX endpoint, and what it makes of the answers: wait for the greeting, EHLO, STARTTLS, the
/// handshake, QUIT. Nothing but RFC 5321 and RFC 3207 asks for, and never a word out of turn.
///
/// It is a value without input or output: octets and events go in, actions come out.
public struct SMTPDialogue: Sendable {
  /// What is waited for.
  public enum Stage: Hashable, Sendable {
    case banner, ehlo, helo, starttls, handshake
    /// The handshake is done and QUIT is sent; the answer proves that the server takes part.
    case farewell
    /// The dialogue failed and QUIT is sent, out of courtesy.
    case quit
    case over
  }

  /// What whoever drives the dialogue is to do, in the order given.
  public enum Action: Hashable, Sendable {
    case send([UInt8])
    /// Begin a TLS handshake; every octet that comes from now on belongs to it.
    case startTLS
    case close
  }

  public let name: EHLOName
  public private(set) var stage = Stage.banner
  /// The greeting and what EHLO said of itself, first lines, escaped and bounded.
  public private(set) var greeting: String?
  /// EHLO offered STARTTLS; nil when the dialogue did not come so far.
  public private(set) var starttlsOffered: Bool?
  /// Octets came in the clear behind the answer to STARTTLS, with it or in a packet of their own.
  public private(set) var injectedPlaintext = false
  public private(set) var failure: ProbeFailure?

  private var parser = SMTPReplyParser()

  public init(name: EHLOName) { self.name = name }

  /// Takes in what the server sent: in the clear before the handshake, out of the TLS session behind it.
  public mutating func receive(_ octets: [UInt8]) -> [Action] {
    var rest = octets[...]
    do throws(SMTPReplyParser.Violation) {
      guard let reply = try parser.next(&rest) else { return [] }
      let early = !rest.isEmpty
      if stage == .starttls, reply.code == 220 {
        // RFC 3207 section 4.2: nothing that came in the clear may be taken as part of the session; it is thrown away.
        injectedPlaintext = early
      } else if early, reply.isPositive, [.banner, .ehlo, .helo, .starttls].contains(stage) {
        // RFC 5321 section 4.3.1: one reply for one command. Who turns us away may say more, and is heard first.
        return fail(.protocolViolation, "the server answered a command that was not given", reply, polite: false)
      }
      return answer(reply)
    } catch {
      return violation(error.rawValue)
    }
  }

  private mutating func answer(_ reply: SMTPReply) -> [Action] {
    switch stage {
    case .banner: return banner(reply)
    case .ehlo: return ehlo(reply)
    case .helo: return helo(reply)
    case .starttls: return starttls(reply)
    case .farewell, .quit: return end()
    case .handshake, .over: return []
    }
  }

  /// RFC 5321 section 4.3.2: 220, or 554; RFC 7504 adds 521, and section 3.8 of the first 421.
  private mutating func banner(_ reply: SMTPReply) -> [Action] {
    greeting = reply.summary
    guard reply.code == 220 else { return refuse(reply, "the greeting is \(reply.summary)") }
    stage = .ehlo
    return [say("EHLO \(name)")]
  }

  private mutating func ehlo(_ reply: SMTPReply) -> [Action] {
    if reply.isPermanent {
      // RFC 5321 section 3.2: a server that does not know EHLO is greeted with HELO, and has no extensions.
      stage = .helo
      return [say("HELO \(name)")]
    }
    guard reply.code == 250 else { return refuse(reply, "EHLO was answered with \(reply.summary)") }
    let response = EHLOResponse(reply)
    greeting = greeting.map { RemoteText.escaped("\($0); \(reply.summary)") }
    starttlsOffered = response.offersSTARTTLS
    guard response.offersSTARTTLS else {
      return fail(.refused, SMTPDialogue.notOffered(response), nil, at: .starttls)
    }
    stage = .starttls
    return [say("STARTTLS")]
  }

  /// Some middleboxes write over the keyword instead of taking the line out.
  private static func notOffered(_ response: EHLOResponse) -> String {
    let isOverwritten = response.keywords.contains { $0.utf8.count == 8 && $0.hasPrefix("XXXXXXX") }
    return isOverwritten
      ? "EHLO offers no STARTTLS; something on the way seems to have written over it" : "EHLO offers no STARTTLS"
  }

  private mutating func helo(_ reply: SMTPReply) -> [Action] {
    guard reply.code == 250 else { return refuse(reply, "HELO was answered with \(reply.summary)") }
    starttlsOffered = false
    return fail(.refused, "the server does not know EHLO, so it offers no STARTTLS", nil, at: .starttls)
  }

  /// RFC 3207 section 4: 220, 501 or 454.
  private mutating func starttls(_ reply: SMTPReply) -> [Action] {
    guard reply.code == 220 else { return refuse(reply, "STARTTLS was answered with \(reply.summary)") }
    stage = .handshake
    return [.startTLS]
  }

  /// The handshake is done.
  public mutating func handshakeCompleted() -> [Action] {
    guard stage == .handshake else { return [] }
    stage = .farewell
    return [say("QUIT")]
  }

  /// The handshake failed, or in TLS 1.3 the server took it back before it said a word (RFC 8446 section 4.4.2.4: a
  /// client learns only then that a certificate was asked of it).
  public mutating func handshakeFailed(_ error: TLSFailure) -> [Action] {
    guard stage == .handshake || stage == .farewell else { return [.close] }
    let kind: ProbeFailure.Kind =
      switch error.kind {
      case .refused: .refused
      case .violation, .plaintext: .protocolViolation
      case .temporary: .temporary
      }
    // Behind the handshake only a refusal counts; a server that ends untidily has still shown what it can do.
    if stage == .farewell, kind != .refused { return end() }
    if error.kind == .plaintext { injectedPlaintext = true }
    stage = .handshake
    return fail(kind, error.reason, nil, polite: false)
  }

  /// The server closed the connection, or the time is up, or the connection broke: it may be otherwise next time.
  public mutating func interrupted(_ reason: String) -> [Action] {
    switch stage {
    case .farewell, .quit, .over: return end()
    case .banner, .ehlo, .helo, .starttls, .handshake: return fail(.temporary, reason, nil, polite: false)
    }
  }

  /// What came goes beyond a bound, or is not SMTP.
  public mutating func violation(_ reason: String) -> [Action] {
    switch stage {
    case .farewell, .quit, .over: return end()
    case .banner, .ehlo, .helo, .starttls, .handshake: return fail(.protocolViolation, reason, nil, polite: false)
    }
  }

  /// RFC 5321 section 4.2.1: 4yz may be otherwise next time, 5yz will not.
  private mutating func refuse(_ reply: SMTPReply, _ reason: String) -> [Action] {
    let kind: ProbeFailure.Kind = reply.isTransient ? .temporary : reply.isPermanent ? .refused : .protocolViolation
    // RFC 5321 section 3.8: who says 421 closes by himself.
    return fail(kind, reason, reply, polite: reply.code != 421)
  }

  private mutating func fail(
    _ kind: ProbeFailure.Kind, _ reason: String, _ reply: SMTPReply?, at place: ProbeStage? = nil, polite: Bool = true
  ) -> [Action] {
    let place = place ?? SMTPDialogue.place(of: stage)
    failure = ProbeFailure(stage: place, kind: kind, reason: reason, reply: reply?.summary)
    guard polite else { return end() }
    stage = .quit
    return [say("QUIT")]
  }

  private mutating func end() -> [Action] {
    stage = .over
    return [.close]
  }

  private static func place(of stage: Stage) -> ProbeStage {
    switch stage {
    case .banner: .banner
    case .ehlo, .helo: .ehlo
    case .starttls: .starttls
    case .handshake, .farewell, .quit, .over: .handshake
    }
  }

  private func say(_ command: String) -> Action { .send(Array("\(command)\r\n".utf8)) }
}
