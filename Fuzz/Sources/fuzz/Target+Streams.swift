import IDNA
import JSON
import JSONRPC
import NIOCore
import Posture
import Probe

@testable import Hallmark

extension Target {
  /// What comes over a connection, or out of a file.
  static let streams: [Target] = [
    Target("json", Shape(term: "[],", opening: "[", separator: ",", others: json, wholes: jsonWholes)) { octets in
      guard let value = try? JSONValue(parsing: octets) else { return }
      guard let again = try? JSONValue(parsing: value.serialized()) else { preconditionFailure("not read back") }
      precondition(again == value)
    },
    Target(
      "json-rpc", Shape(prefix: "[", term: "{},", opening: "{\"params\":", separator: ",", wholes: jsonWholes + calls)
    ) {
      octets in
      var known: RepeatedCall?
      let caller = CallerContext(role: .reader)
      octets.withUnsafeBufferPointer { body in
        var (first, again): ([UInt8], [UInt8]) = ([], [])
        guard case .reply = dispatcher.handle(body, caller: caller, behind: &known, into: &first) else { return }
        precondition((try? JSONValue(parsing: first, limits: JSONLimits(size: 1 << 24))) != nil)
        // Behind itself it may be known without being read.
        guard case .reply = dispatcher.handle(body, caller: caller, behind: &known, into: &again) else { return }
        precondition(again == first)
      }
    },
    Target(
      "smtp-reply", Shape(prefix: "220-", term: "a\r\n220-", opening: "220-", separator: "\r\n", others: ["\r", "-"])
    ) {
      octets in
      precondition(replies(octets, by: octets.count) == replies(octets, by: 1))
    },
    Target(
      "smtp-dialogue", Shape(prefix: "220 a\r\n", term: "250-a\r\n", opening: "250 ", separator: "\r\n"),
      run: converse),
    Target("netstring", Shape(term: "1:a,", opening: "1:", separator: ",", others: ["9"])) { octets in
      precondition(payloads(octets, by: octets.count) == payloads(octets, by: 1))
    },
    Target(
      "standard-file", Shape(prefix: "{\"", term: "\\\"", opening: "{\"rules\":", separator: ",", others: ["\\u0061"])
    ) {
      octets in
      guard let file = try? StandardFile(octets, name: "fuzz") else { return }
      _ = try? file.standard { name throws(StandardFileError) in try StandardFile(octets, name: name) }
    },
    Target("page-token", Shape(prefix: "d1-", term: "a.", opening: "d1-", separator: "-", others: ["1", "\\000"])) {
      octets in
      if let place = try? PageToken.readName("d", text(octets)) {
        let token = PageToken.name("d", place.name, revision: place.revision)
        precondition((try? PageToken.readName("d", token))?.name == place.name)
      }
      if let revision = try? PageToken.readRevision("d", text(octets)) {
        precondition((try? PageToken.readRevision("d", PageToken.revision("d", revision))) == revision)
      }
    },
    Target("request-target", Shape(prefix: "/", term: "a/", opening: "?", separator: "&", others: ["%41", "="])) {
      octets in
      guard let target = RequestTarget(text(octets)) else { return }
      precondition(target.path.hasPrefix("/") || target.authority != nil)
      _ = (target.query, target.segments)
      _ = GRPCTimeout.duration(text(octets))
    },
    Target("remote-text", Shape(term: "a\u{1b}", opening: "\u{202e}", separator: "\r\n")) { octets in
      let shown = RemoteText.escaped(octets)
      // The three dots that say that something was cut off come on top.
      precondition(shown.utf8.count <= RemoteText.maximumLength + 3)
      precondition(shown.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    },
  ]

  private static let json = [
    "{\"a\":", "\"a\":1,", "\"", "\\u0000", "1", "-1e9,", "{\"e\u{301}\u{316}", "\"\u{301}\u{316}",
  ]

  private static let jsonWholes = [
    Whole(beginning: "{\"", unit: marks, end: "\":1}"), Whole(beginning: "{\"a\":1,\"", unit: marks, end: "\":1}"),
    Whole(beginning: "[\"", unit: marks, end: "\"]"), Whole(beginning: "[\"", unit: "\\u0301\\u0316", end: "\"]"),
    Whole(beginning: "[\"", unit: "e\u{301}\u{316}", end: "\"]"),
  ]
  private static let calls = [
    Whole(beginning: "{\"jsonrpc\":\"", unit: marks, end: "\"}"),
    Whole(beginning: "{\"jsonrpc\":\"2.0\",\"method\":\"", unit: marks, end: "\",\"id\":1}"),
    Whole(beginning: "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[\"", unit: marks, end: "\"]}"),
    Whole(beginning: "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"", unit: "a", end: "\":1}}"),
  ]

  /// A method that looks at its parameter as the service's own do.
  private static let dispatcher = Dispatcher(
    MethodTable([
      Method("echo", parameters: [Parameter("domain", .string), Parameter("maxAge", .integer(0...9), required: false)])
      {
        call throws(RPCError) in .value(.string(try Arguments.domain(call, "domain").description))
      }
    ]))

  /// The replies in a stream that comes in pieces, and whether it ended in a violation.
  private static func replies(_ octets: [UInt8], by size: Int) -> [String] {
    var parser = SMTPReplyParser()
    var found: [String] = []
    do {
      for start in stride(from: 0, to: octets.count, by: max(size, 1)) {
        var piece = octets[start..<min(start + max(size, 1), octets.count)]
        while let reply = try parser.next(&piece) { found.append("\(reply.summary) \(EHLOResponse(reply).keywords)") }
        precondition(piece.isEmpty)
      }
    } catch {
      found.append("\(error)")
    }
    return found
  }

  /// A whole dialogue with a server that says what the input says, a line a time.
  private static func converse(_ octets: [UInt8]) {
    guard let name = EHLOName("probe.example.org") else { return }
    var dialogue = SMTPDialogue(name: name)
    for line in octets.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      for action in dialogue.receive(line + [UInt8(ascii: "\n")]) {
        switch action {
        case .send(let command): precondition(command.suffix(2) == [13, 10] && command.count < 64)
        case .startTLS: _ = dialogue.handshakeCompleted()
        case .close: precondition(dialogue.stage == .over)
        }
      }
      if dialogue.stage == .over { break }
    }
    _ = dialogue.interrupted("the end")
    precondition(dialogue.stage == .over || dialogue.stage == .quit)
  }

  /// The payloads in a stream that comes in pieces, and how it ended.
  private static func payloads(_ octets: [UInt8], by size: Int) -> [String] {
    var decoder = NetstringDecoder(limit: 1000)
    var buffer = ByteBuffer()
    var found: [String] = []
    do {
      for start in stride(from: 0, to: octets.count, by: max(size, 1)) {
        buffer.writeBytes(octets[start..<min(start + max(size, 1), octets.count)])
        while let payload = try decoder.next(&buffer) { found.append(String(buffer: payload)) }
      }
    } catch {
      found.append("\(error)")
    }
    return found
  }
}
