import Foundation

/// The public suites, which are read where they are and never copied: HALLMARK_VECTORS names their directory. A clone without
/// them passes, and says so.
public enum PublicSuites {
  public static let directory: URL = {
    if let path = ProcessInfo.processInfo.environment["HALLMARK_VECTORS"] { return URL(filePath: path) }
    return Repository.root.appending(path: "../shared/vectors").standardized
  }()

  /// A file of them, or nil after saying that it is not here.
  public static func data(_ file: String) -> Data? {
    guard let data = try? Data(contentsOf: directory.appending(path: file)) else {
      print("skipped: \(file) is not here (set HALLMARK_VECTORS)")
      return nil
    }
    return data
  }

  /// A file of them, decoded.
  public static func document<Document: Decodable>(_ file: String, as type: Document.Type) throws -> Document? {
    try data(file).map { try JSONDecoder().decode(type, from: $0) }
  }

  /// The cases of a file, decoded.
  public static func cases<Case: Decodable>(_ file: String, as type: Case.Type) throws -> [Case]? {
    try document(file, as: Suite<Case>.self)?.cases
  }

  private struct Suite<Case: Decodable>: Decodable {
    let cases: [Case]
  }

  /// Says how many of a file's cases passed.
  public static func report(_ file: String, passed: Int, total: Int) { print("suite \(file): \(passed) of \(total)") }
}
