import Posture
import Testing

@testable import Probe

/// Dialogues as transcripts: `<--` is what the server says, `-->` what must be said to it then; `TLS` begins the
/// handshake, `DONE` ends it well, `EOF` is a close by the server, `CLOSE` ours.
@Suite struct SMTPDialogueTests {
  struct Transcript: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    var stage: ProbeStage?
    var kind: ProbeFailure.Kind?
    var reply: String?
    var starttls: Bool?
    var injected = false
    var testDescription: String { name }
  }

  static let transcripts: [Transcript] = [
    Transcript(
      name: "the whole way",
      text: """
        <-- 220 mx.example.com ESMTP
        --> EHLO probe.example.net
        <-- 250-mx.example.com
        <-- 250-PIPELINING
        <-- 250 STARTTLS
        --> STARTTLS
        <-- 220 2.0.0 Ready
        --> TLS
        DONE
        --> QUIT
        <-- 221 Bye
        --> CLOSE
        """, starttls: true),
    Transcript(
      name: "no STARTTLS",
      text: """
        <-- 220 mx.example.com ESMTP
        --> EHLO probe.example.net
        <-- 250-mx.example.com
        <-- 250 SIZE
        --> QUIT
        <-- 221 Bye
        --> CLOSE
        """, stage: .starttls, kind: .refused, starttls: false),
    Transcript(
      name: "EHLO is not known",
      text: """
        <-- 220 mx.example.com
        --> EHLO probe.example.net
        <-- 502 Command not implemented
        --> HELO probe.example.net
        <-- 250 mx.example.com
        --> QUIT
        EOF
        --> CLOSE
        """, stage: .starttls, kind: .refused, starttls: false),
    Transcript(
      name: "we are not wanted",
      text: """
        <-- 220 mx.example.com
        --> EHLO probe.example.net
        <-- 550 Access denied
        --> HELO probe.example.net
        <-- 550 Access denied
        --> QUIT
        """, stage: .ehlo, kind: .refused, reply: "550 Access denied"),
    Transcript(
      name: "421 greeting", text: "<-- 421 mx.example.com Try later\n--> CLOSE", stage: .banner, kind: .temporary,
      reply: "421 mx.example.com Try later"),
    Transcript(
      name: "554 greeting", text: "<-- 554 No SMTP service here\n--> QUIT\n<-- 221 Bye\n--> CLOSE", stage: .banner,
      kind: .refused, reply: "554 No SMTP service here"),
    Transcript(
      name: "521 greeting", text: "<-- 521 does not accept mail\n--> QUIT", stage: .banner, kind: .refused,
      reply: "521 does not accept mail"),
    Transcript(
      name: "a greeting that is none", text: "<-- 250 hello\n--> QUIT", stage: .banner, kind: .protocolViolation,
      reply: "250 hello"),
    Transcript(
      name: "an answer before the question", text: "<-- 220 mx.example.com\\r\\n250 early\n--> CLOSE", stage: .banner,
      kind: .protocolViolation, reply: "220 mx.example.com"),
    Transcript(
      name: "turned away in many words",
      text: "<-- 220 mx\n--> EHLO probe.example.net\n<-- 421 busy\\r\\n421 closing\n--> CLOSE", stage: .ehlo,
      kind: .temporary, reply: "421 busy"),
    Transcript(
      name: "greylisted at EHLO",
      text: "<-- 220 mx\n--> EHLO probe.example.net\n<-- 450 4.7.1 Greylisted\n--> QUIT", stage: .ehlo,
      kind: .temporary,
      reply: "450 4.7.1 Greylisted"),
    Transcript(
      name: "a wrong answer to EHLO", text: "<-- 220 mx\n--> EHLO probe.example.net\n<-- 220 mx\n--> QUIT",
      stage: .ehlo, kind: .protocolViolation, reply: "220 mx"),
    Transcript(
      name: "TLS not available now",
      text: """
        <-- 220 mx
        --> EHLO probe.example.net
        <-- 250-mx
        <-- 250 STARTTLS
        --> STARTTLS
        <-- 454 4.7.0 TLS not available
        --> QUIT
        """, stage: .starttls, kind: .temporary, reply: "454 4.7.0 TLS not available", starttls: true),
    Transcript(
      name: "offered and refused",
      text: """
        <-- 220 mx
        --> EHLO probe.example.net
        <-- 250-mx
        <-- 250 STARTTLS
        --> STARTTLS
        <-- 501 Syntax error
        --> QUIT
        """, stage: .starttls, kind: .refused, reply: "501 Syntax error", starttls: true),
    Transcript(
      name: "text behind the answer to STARTTLS",
      text: """
        <-- 220 mx
        --> EHLO probe.example.net
        <-- 250-mx
        <-- 250 STARTTLS
        --> STARTTLS
        <-- 220 go ahead\\r\\n250 injected
        --> TLS
        """, starttls: true, injected: true),
    Transcript(name: "closed at once", text: "EOF\n--> CLOSE", stage: .banner, kind: .temporary),
    Transcript(
      name: "closed at EHLO", text: "<-- 220 mx\n--> EHLO probe.example.net\nEOF\n--> CLOSE", stage: .ehlo,
      kind: .temporary),
    Transcript(
      name: "a web server", text: "<-- HTTP/1.1 400 Bad Request\n--> CLOSE", stage: .banner, kind: .protocolViolation),
    Transcript(
      name: "overwritten on the way",
      text: "<-- 220 mx\n--> EHLO probe.example.net\n<-- 250-mx\n<-- 250 XXXXXXXA\n--> QUIT", stage: .starttls,
      kind: .refused, starttls: false),
  ]

  @Test(arguments: transcripts) func plays(_ transcript: Transcript) throws {
    var dialogue = SMTPDialogue(name: try #require(EHLOName("probe.example.net")))
    var said: [String] = []
    for line in transcript.text.split(separator: "\n") {
      if line.hasPrefix("--> ") {
        #expect(!said.isEmpty, "nothing was said where \(line) was expected")
        if !said.isEmpty { #expect(said.removeFirst() == line.dropFirst(4)) }
        continue
      }
      #expect(said == [], "said out of turn")
      let actions: [SMTPDialogue.Action] =
        switch line {
        case "DONE": dialogue.handshakeCompleted()
        case "EOF": dialogue.interrupted("the server closed the connection")
        default: dialogue.receive(SMTPDialogueTests.octets(line.dropFirst(4)))
        }
      said += actions.map(SMTPDialogueTests.text)
    }
    #expect(said == [])
    #expect(dialogue.failure?.stage == transcript.stage)
    #expect(dialogue.failure?.kind == transcript.kind)
    #expect(dialogue.failure?.reply == transcript.reply)
    #expect(dialogue.starttlsOffered == transcript.starttls)
    #expect(dialogue.injectedPlaintext == transcript.injected)
  }

  private static func octets(_ line: Substring) -> [UInt8] {
    Array((line.split(separator: "\\r\\n").joined(separator: "\r\n") + "\r\n").utf8)
  }

  private static func text(_ action: SMTPDialogue.Action) -> String {
    switch action {
    case .send(let octets): String(decoding: octets, as: UTF8.self).split(separator: "\r\n").joined()
    case .startTLS: "TLS"
    case .close: "CLOSE"
    }
  }

  @Test(
    arguments: [
      ("mx.example.com", "mx.example.com"), ("MX.Example.COM.", "mx.example.com"), ("localhost", "localhost"),
      ("[192.0.2.1]", "[192.0.2.1]"), ("[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]"), ("192.0.2.1", nil), ("[]", nil),
      ("mx example", nil), ("mx\r\nMAIL", nil), ("", nil), (".", nil), ("-a.example", nil), ("a_b.example", nil),
      ("[mx.example]", nil),
    ] as [(String, String?)])
  func ehloNames(_ text: String, _ expected: String?) {
    #expect(EHLOName(text)?.description == expected)
  }
}
