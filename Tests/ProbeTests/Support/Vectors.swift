import Foundation

/// The public suites, which are read where they are and never copied.
enum Vectors {
  static let directory: URL = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../shared/vectors")
    return ProcessInfo.processInfo.environment["HALLMARK_VECTORS"].map { URL(filePath: $0) } ?? root.standardized
  }()

  struct Suite<Case: Decodable>: Decodable {
    let cases: [Case]
  }

  /// The cases of a file, or nil after saying that it is not here.
  static func cases<Case: Decodable>(_ file: String, as type: Case.Type) throws -> [Case]? {
    guard let data = try? Data(contentsOf: directory.appending(path: file)) else {
      print("skipped: \(file) is not here (set HALLMARK_VECTORS)")
      return nil
    }
    return try JSONDecoder().decode(Suite<Case>.self, from: data).cases
  }
}
