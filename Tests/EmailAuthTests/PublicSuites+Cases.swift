import Foundation
import TestKit

extension PublicSuites {
  /// The cases of a file as they stand, for suites whose cases differ in what they hold.
  static func cases(_ file: String) throws -> [[String: Any]]? {
    guard let data = data(file) else { return nil }
    let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    guard let cases = root?["cases"] as? [[String: Any]] else { throw CocoaError(.propertyListReadCorrupt) }
    return cases
  }
}
