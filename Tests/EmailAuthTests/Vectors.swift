import Foundation

/// The public suites: read where HALLMARK_VECTORS says, or beside the package; a clone without them passes and says so.
enum Vectors {
  static let directory: URL = {
    if let path = ProcessInfo.processInfo.environment["HALLMARK_VECTORS"] { return URL(fileURLWithPath: path) }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/vectors")
  }()

  /// The cases of a suite; nil, with a line that says so, where the file is not here.
  static func cases(_ path: String) throws -> [[String: Any]]? {
    guard let data = try? Data(contentsOf: directory.appendingPathComponent(path)) else {
      print("skipped: \(path) is not here (set HALLMARK_VECTORS)")
      return nil
    }
    let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    guard let cases = root?["cases"] as? [[String: Any]] else { throw CocoaError(.propertyListReadCorrupt) }
    return cases
  }

  static func report(_ file: String, passed: Int, total: Int) { print("suite \(file): \(passed) of \(total)") }
}
