import Foundation
import TestKit

/// A block of code that a document marks by `<!-- recipe: NAME -->`, so that what is tested is what is told.
enum Recipe {
  private static func document(_ name: String) throws -> String { try Repository.text("Documentation/\(name)") }

  /// The names that a document has recipes of.
  static func names(in document: String) throws -> [String] {
    try self.document(document).matches(of: /(?m)^<!-- recipe: (\S+) -->$/).map { String($0.1) }
  }

  /// Without what it is indented by; nil where the document has none of that name.
  static func text(_ name: String, in document: String) throws -> String? {
    let parts = try self.document(document).split(separator: "<!-- recipe: \(name) -->\n\n", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let lines = parts[1].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { $0.isEmpty || $0.hasPrefix("    ") }
    return lines.map { $0.dropFirst(4) }.joined(separator: "\n").trimmingCharacters(in: .newlines)
  }
}
