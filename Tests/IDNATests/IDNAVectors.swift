import Foundation

/// The public suites, which are read where they are and never copied.
enum IDNAVectors {
  /// The file, or nil after saying that it is not here.
  static func data(_ file: String) -> Data? {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/vectors")
    let directory = ProcessInfo.processInfo.environment["HALLMARK_VECTORS"].map { URL(filePath: $0) } ?? root
    guard let data = try? Data(contentsOf: directory.appending(path: file)) else {
      print("skipped: \(file) is not here (set HALLMARK_VECTORS)")
      return nil
    }
    return data
  }
}
