import Foundation

/// The public suites, which are read where they are and never copied.
enum SPFVectors {
  /// The decoded file, or nil after saying that it is not here.
  static func load<Suite: Decodable>(_ file: String, as type: Suite.Type) throws -> Suite? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/vectors")
    let directory = ProcessInfo.processInfo.environment["HALLMARK_VECTORS"].map { URL(filePath: $0) } ?? root
    guard let data = try? Data(contentsOf: directory.appending(path: file)) else {
      print("skipped: \(file) is not here (set HALLMARK_VECTORS)")
      return nil
    }
    return try JSONDecoder().decode(type, from: data)
  }

  /// Text whose characters stand for octets, as the suites write octets that are not UTF-8.
  static func octets(_ text: String) -> [UInt8] {
    let octets = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
    return octets.count == text.unicodeScalars.count ? octets : Array(text.utf8)
  }
}
