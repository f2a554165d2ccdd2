import Posture

/// The standards at hand: those that come with the program, and the files that an operator names.
public struct Standards: Sendable {
  /// By name.
  private let standards: [String: Standard]
  /// The one that applies where none is named.
  public let preferred: Standard

  /// - Parameter preferred: a name, or the path of a file (anything with a slash or ending in `.json`).
  /// - Parameter read: reads a file whole, the option that named it for its errors.
  public init(
    preferred: String, reading read: (_ path: String, _ option: String) throws(SettingsError) -> [UInt8]
  ) throws {
    var files: [String: StandardFile] = [:]
    for (name, bytes) in Standards.embedded { files[name] = try StandardFile(bytes, name: name) }
    let known = files
    var standards: [String: Standard] = [:]
    for (name, file) in files { standards[name] = try file.standard { known[$0] } }
    if preferred.contains("/") || preferred.hasSuffix(".json") {
      let own = try StandardFile(try read(preferred, "--standard"), name: preferred).standard { known[$0] }
      standards[own.name] = own
      self.preferred = own
    } else if let standard = standards[preferred] {
      self.preferred = standard
    } else {
      let names = standards.keys.sorted().joined(separator: ", ")
      throw StandardFileError(description: "--standard: there is no standard \(preferred); there are \(names)")
    }
    self.standards = standards
  }

  /// nil where there is none of that name.
  public subscript(name: String) -> Standard? { standards[name] }

  /// In the order of the alphabet.
  public var names: [String] { standards.keys.sorted() }
}
