import Foundation
import TestKit

/// A certificate authority with an intermediate, made anew for every run; no key is ever kept.
final class TestAuthority: Sendable {
  static let shared = Result { try TestAuthority() }

  let directory: URL

  private init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "hallmark-probe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    TestAuthority.removeAtExit(directory)
    try authority("root", issuer: nil)
    try authority("intermediate", issuer: "root")
    // Before anyone asks for a leaf, since several may at once.
    try key("leaf")
  }

  private static func removeAtExit(_ directory: URL) {
    Leftovers.directory = directory.path()
    atexit { Leftovers.remove() }
  }

  var rootFile: String { directory.appending(path: "root.pem").path() }
  var keyFile: String { directory.appending(path: "leaf.key").path() }

  private func key(_ name: String) throws {
    try Program.run(
      ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "\(name).key"],
      in: directory)
  }

  private func authority(_ name: String, issuer: String?) throws {
    try key(name)
    let extensions = [
      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    ]
    try certificate(name, key: name, subject: "/CN=Hallmark test \(name)", issuer: issuer, extensions: extensions)
  }

  private func certificate(
    _ name: String, key: String, subject: String, issuer: String?, extensions: [String], days: Int = 100,
    digest: String = "sha256"
  ) throws {
    let signer = issuer.map { ["-CA", "\($0).pem", "-CAkey", "\($0).key"] } ?? []
    try Program.run(
      [
        "openssl", "req", "-x509", "-new", "-key", "\(key).key", "-subj", subject, "-days", "\(days)", "-\(digest)",
        "-out", "\(name).pem",
      ]
        + signer + extensions, in: directory)
  }

  /// An authority between the root and leaves, signed with the digest.
  func intermediate(_ name: String, digest: String) throws {
    try key(name)
    let extensions = [
      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    ]
    try certificate(
      name, key: name, subject: "/CN=Hallmark test \(name)", issuer: "root", extensions: extensions, digest: digest)
  }

  /// A leaf certificate with a raw subjectAltName extension (DER, hex); nil for none.
  func leaf(
    _ name: String, commonName: String = "leaf", altNames: [[UInt8]]?, issuer: String? = "intermediate",
    digest: String = "sha256"
  ) throws -> [UInt8] {
    let extensions =
      altNames.map { ["-addext", "subjectAltName=DER:\(TestAuthority.hex(TestAuthority.sequence($0)))"] } ?? []
    try certificate(
      name, key: "leaf", subject: "/CN=\(commonName)", issuer: issuer,
      extensions: extensions + ["-addext", "basicConstraints=CA:FALSE"], digest: digest)
    return try der(name)
  }

  func der(_ name: String) throws -> [UInt8] {
    try Array(Program.run(["openssl", "x509", "-in", "\(name).pem", "-outform", "DER"], in: directory))
  }

  /// A PEM file of several certificates in this order.
  func chainFile(_ names: [String]) throws -> String {
    let file = directory.appending(path: "chain-\(names.joined(separator: "-")).pem")
    let texts = try names.map { try String(contentsOf: directory.appending(path: "\($0).pem"), encoding: .utf8) }
    try texts.joined().write(to: file, atomically: true, encoding: .utf8)
    return file.path()
  }

  /// GeneralNames ::= SEQUENCE OF GeneralName, each a dNSName [2] IA5String (RFC 5280 section 4.2.1.6).
  private static func sequence(_ names: [[UInt8]]) -> [UInt8] {
    var items: [UInt8] = []
    for name in names { items += [0x82] + length(name.count) + name }
    return [0x30] + length(items.count) + items
  }

  private static func length(_ count: Int) -> [UInt8] {
    if count < 128 { return [UInt8(count)] }
    return count < 256 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(count & 0xff)]
  }

  static func hex(_ octets: [UInt8]) -> String { octets.map { String(format: "%02x", $0) }.joined(separator: ":") }
}

/// What is removed when the test process ends.
private enum Leftovers {
  nonisolated(unsafe) static var directory: String?

  static func remove() {
    if let directory { try? FileManager.default.removeItem(atPath: directory) }
  }
}
