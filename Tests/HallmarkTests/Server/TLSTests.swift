import Foundation
import JSON
import TestKit
import Testing

@testable import Hallmark

/// Keys are made for the run and deleted after it: none is kept. Needs openssl and curl.
@Suite struct TLSTests {
  typealias T = TestServer

  private final class Files: Sendable {
    let directory: String

    init() throws {
      let name = "hallmark-\(UInt64.random(in: 0 ... .max))"
      directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var tls: HTTPServerConfiguration.TLSFiles {
      .init(certificate: directory + "/certificate.pem", key: directory + "/key.pem")
    }

    /// A new self-signed certificate for localhost.
    func issue() async throws {
      let command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", tls.key, "-out",
        tls.certificate,
      ]
      #expect(try await TLSTests.run(command).status == 0)
    }

    /// The exit status of curl (60: it does not trust the certificate) and what it printed.
    func ask(_ port: Int, _ arguments: String...) async throws -> (status: Int32, output: String) {
      let body = ["--header", "Content-Type: application/json", "--data", T.call("health")]
      return try await TLSTests.run(
        ["curl", "--silent", "--max-time", "60", "--cacert", tls.certificate] + arguments + body
          + ["https://localhost:\(port)/rpc"])
    }
  }

  private static func run(_ command: [String]) async throws -> (status: Int32, output: String) {
    try await offPool {
      let outcome = try Program.outcome(of: command)
      return (outcome.status, outcome.text)
    }
  }

  @Test func servesAndReloads() async throws {
    let files = try Files()
    try await files.issue()
    let server = try await T { $0.tls = files.tls }
    let first = try await files.ask(server.port, "--include")
    #expect(first.status == 0 && first.output.contains("SERVING"))
    #expect(first.output.lowercased().contains("strict-transport-security: max-age="))
    let closing = try await files.ask(server.port, "--header", "Connection: close")
    #expect(
      closing.status == 0 && closing.output.contains("SERVING"), "a close that curl takes for cut off: \(closing)")

    // Another certificate: what was served before is not trusted by those who hold the new one, until the reload.
    try await files.issue()
    #expect(try await files.ask(server.port).status == 60)
    try server.server.reload()
    #expect(try await files.ask(server.port).status == 0)

    // Files that cannot be used change nothing.
    try Data("nonsense".utf8).write(to: URL(fileURLWithPath: files.tls.key))
    #expect(throws: HTTPServer.Failure.self) { try server.server.reload() }
    #expect(try await files.ask(server.port).status == 0)
    await server.stop()
  }

  @Test func oldVersionsAndPlainTextAreRefused() async throws {
    let files = try Files()
    try await files.issue()
    let server = try await T { $0.tls = files.tls }
    #expect(try await files.ask(server.port, "--tls-max", "1.1").status != 0)
    let plain = try await server.exhaust(T.get("/"))
    #expect(plain.isClosed && !plain.text.contains("200 OK"))
    await server.stop()
  }

  @Test func unusableFilesAreNamed() async throws {
    let files = try Files()
    await #expect {
      _ = try await T { $0.tls = files.tls }
    } throws: {
      "\($0)".contains(files.tls.certificate)
    }
    try await files.issue()
    let other = try Files()
    try await other.issue()
    await #expect(throws: HTTPServer.Failure.self) {
      _ = try await T { $0.tls = .init(certificate: files.tls.certificate, key: other.tls.key) }
    }
  }
}
