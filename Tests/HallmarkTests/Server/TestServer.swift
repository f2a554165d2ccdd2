import JSON
import JSONRPC
import NIOCore
import NIOPosix
import Synchronization

@testable import Hallmark

/// A server on a free port of loopback with a few methods and routes.
struct TestServer {
  let server: HTTPServer
  let port: Int
  let probe: Probe

  /// What the handlers saw.
  final class Probe: Sendable {
    let cancelled = Atomic<Int>(0)
    let started = Atomic<Int>(0)
    let written = Atomic<Int>(0)
    let records = Mutex<[AccessRecord]>([])
  }

  init(
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    _ change: (inout HTTPServerConfiguration) -> Void = { _ in }
  ) async throws {
    var configuration = HTTPServerConfiguration(port: 0)
    let probe = Probe()
    configuration.observer = { record in probe.records.withLock { $0.append(record) } }
    change(&configuration)
    server = HTTPServer(
      configuration: configuration, group: group,
      router: Router(dispatcher: Dispatcher(TestServer.methods(probe)), routes: TestServer.routes(probe)))
    port = try await server.start().port ?? 0
    self.probe = probe
  }

  static let record = "{\"domain\":\"example.gov.uk\",\"verdict\":\"secure\"}"

  private static func methods(_ probe: Probe) -> MethodTable {
    MethodTable([
      Method(
        "checkDomain", parameters: [Parameter("domain", .string)], immediate: { _ in .rendered(Array(record.utf8)) }),
      Method("health", role: nil, immediate: { _ in .value(["status": "SERVING"]) }),
      Method("watchDomains", role: .admin, immediate: { _ in .value("watched") }),
      Method("slow", parameters: [Parameter("milliseconds", .integer(0...60_000))], fast: nil) { call in
        probe.started.add(1, ordering: .relaxed)
        do {
          try await Task.sleep(for: .milliseconds(call["milliseconds"]?.integerValue ?? 0))
        } catch {
          probe.cancelled.add(1, ordering: .relaxed)
        }
        return .value("slow")
      },
    ])
  }

  private static func routes(_ probe: Probe) -> [Route] {
    [
      Route("/", role: nil, fast: { _ in HTTPResponse(contentType: "text/plain", text: "hello") }),
      Route("/secret", fast: { request in HTTPResponse(contentType: "text/plain", text: request.caller.name) }),
      Route(
        "/pairs/:sender/:recipient", role: nil,
        fast: { request in
          let text =
            [request.parameters["sender"], ">", request.parameters["recipient"], "?", request.query["q"]]
            .map { $0 ?? "-" }.joined()
          return HTTPResponse(contentType: "text/plain", text: text)
        }),
      Route(
        "/tagged", role: nil,
        fast: { _ in
          let headers = [
            ("ETag", "\"v1\""), ("Last-Modified", "Tue, 24 Nov 2026 20:12:33 GMT"), ("Cache-Control", "max-age=60"),
          ]
          return HTTPResponse(contentType: "text/plain", headers: headers, text: "whole")
        }),
      Route(
        "/split", role: nil,
        fast: { _ in
          HTTPResponse(contentType: "text/plain", headers: [("X-Remote", "a\r\nSet-Cookie: b")], text: "x")
        }),
      Route(
        "/slow", role: nil,
        slow: { _ in
          probe.started.add(1, ordering: .relaxed)
          do { try await Task.sleep(for: .seconds(30)) } catch { probe.cancelled.add(1, ordering: .relaxed) }
          return HTTPResponse(contentType: "text/plain", text: "slow")
        }),
      Route(
        "/stream", role: nil,
        fast: { request in
          let pieces = Int(request.query["pieces"] ?? "3") ?? 3
          let isCoded = request.query["coded"] != nil
          return HTTPResponse(
            contentType: "text/plain", headers: isCoded ? [("ETag", "\"s1\"")] : [], isCompressible: isCoded,
            body: .stream { writer in
              for number in 0..<pieces {
                try await writer.write(
                  Array("piece \(number)\n".utf8)
                    + [UInt8](repeating: 0x2e, count: request.query["big"] == nil ? 0 : 65_536))
                probe.written.add(1, ordering: .relaxed)
              }
              if request.query["break"] != nil { throw CancellationError() }
            })
        }),
    ]
  }

  /// Sends the pieces and reads that many answers.
  func ask(_ pieces: String..., answers: Int = 1, hasBody: Bool = true) async throws -> [Socket.Response] {
    let (port, pieces) = (port, pieces)
    return try await offPool {
      let client = try Socket(port: port)
      for piece in pieces { client.send(piece) }
      return (0..<answers).compactMap { _ in client.response(hasBody: hasBody) }
    }
  }

  /// Sends the text and reads all until the server closes; false where it does not.
  func exhaust(_ text: String) async throws -> (text: String, isClosed: Bool) {
    let port = port
    return try await offPool {
      let client = try Socket(port: port, patience: 40)
      client.send(text)
      let answer = client.readAll()
      return (answer, client.isAtEnd)
    }
  }

  func stop() async { await server.shutdown(within: .seconds(2)) }

  static func post(_ body: String, _ headers: String = "", path: String = "/rpc") -> String {
    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(headers)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  static func call(_ method: String, _ params: String = "[]", id: String = "1") -> String {
    "{\"jsonrpc\":\"2.0\",\"method\":\"\(method)\",\"params\":\(params),\"id\":\(id)}"
  }

  static func get(_ path: String, _ headers: String = "", method: String = "GET") -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n"
  }
}
