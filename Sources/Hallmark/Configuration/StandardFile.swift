import JSON
import Posture

/// A standard that cannot be used, in one line that names the file, the line, and what is wrong.
public struct StandardFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// Reads a standard from the form of API/standards/schema.json.
struct StandardFile {
  let name: String
  private let text: [UInt8]
  private let root: JSONValue

  /// A standard extends another at most so deep, so that a circle ends.
  static let maximumDepth = 4
  /// The bounds of API/standards/schema.json, in characters.
  static let maximumNameLength = 64
  static let maximumTitleLength = 200
  static let maximumVersionLength = 32

  init(_ bytes: [UInt8], name: String) throws(StandardFileError) {
    self.name = name
    text = bytes
    do {
      root = try JSONValue(parsing: bytes)
    } catch {
      throw StandardFileError(description: "standard \(name), line \(error.line): \(error.text)")
    }
  }

  /// The standard, on top of the one that it extends.
  ///
  /// - Parameter base: finds the file of another standard by its name.
  func standard(
    depth: Int = 0, base: (String) throws(StandardFileError) -> StandardFile?
  ) throws(StandardFileError) -> Standard {
    let known = ["$schema", "name", "title", "version", "source", "extends", "omit", "rules"]
    guard let object = root.objectValue else { throw error("the file holds no object", near: nil) }
    if let key = object.keys.first(where: { !known.contains($0) }) {
      throw error("there is no such key as \(key); take it out", near: key)
    }
    let name = try string("name", maximum: StandardFile.maximumNameLength)
    guard StandardFile.isName(name) else {
      throw error("name: lower-case letters, digits and hyphens are wanted", near: "name")
    }
    let title = try string("title", maximum: StandardFile.maximumTitleLength)
    let version = try string("version", maximum: StandardFile.maximumVersionLength)
    _ = try string("source")
    var rules: [Requirement: Standard.Rule] = [:]
    if let parent = object["extends"] { rules = try inherited(parent, depth, base) }
    for id in try strings("omit") { rules[try requirement(id)] = nil }
    guard let own = object["rules"]?.objectValue else { throw error("rules: an object is missing here", near: "rules") }
    for (id, value) in own { rules[try requirement(id)] = try rule(value, id) }
    return Standard(name: name, title: title, version: version, rules: rules)
  }

  private func inherited(
    _ parent: JSONValue, _ depth: Int, _ base: (String) throws(StandardFileError) -> StandardFile?
  ) throws(StandardFileError) -> [Requirement: Standard.Rule] {
    guard let parentName = parent.stringValue else { throw error("extends: a name is wanted", near: "extends") }
    guard depth < StandardFile.maximumDepth else {
      throw error("extends: standards extend each other in a circle, or too deep", near: "extends")
    }
    guard let file = try base(parentName) else {
      throw error("extends: there is no standard \(parentName)", near: "extends")
    }
    return try file.standard(depth: depth + 1, base: base).rules
  }

  private func requirement(_ id: String) throws(StandardFileError) -> Requirement {
    guard let requirement = Checks.requirements[id] else {
      throw error("\(id): no check looks at this; API/findings.md lists what there is", near: id)
    }
    return requirement
  }

  private func rule(_ value: JSONValue, _ id: String) throws(StandardFileError) -> Standard.Rule {
    if let key = value.objectValue?.keys.first(where: { !["level", "clause", "source"].contains($0) }) {
      throw error("\(id): there is no such key as \(key); take it out", near: id)
    }
    guard let level = value["level"]?.stringValue.flatMap(Standard.Level.init(rawValue:)) else {
      throw error("\(id): level must be error, warning or advice", near: id)
    }
    guard let clause = value["clause"]?.stringValue, let source = value["source"]?.stringValue, !clause.isEmpty,
      !source.isEmpty
    else {
      throw error("\(id): clause and source must say what asks for it", near: id)
    }
    return Standard.Rule(level: level, clause: clause, source: source)
  }

  private func string(_ key: String, maximum: Int = .max) throws(StandardFileError) -> String {
    guard let text = root[key]?.stringValue, !text.isEmpty else {
      throw error("\(key): a text is missing here", near: key)
    }
    guard text.unicodeScalars.count <= maximum else {
      throw error("\(key): at most \(maximum) characters are wanted", near: key)
    }
    return text
  }

  private static func isName(_ text: String) -> Bool {
    text.first != "-"
      && text.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || $0 == UInt8(ascii: "-")
      }
  }

  private func strings(_ key: String) throws(StandardFileError) -> [String] {
    guard let value = root[key] else { return [] }
    let texts = value.arrayValue?.compactMap(\.stringValue)
    guard let texts, texts.count == value.arrayValue?.count else {
      throw error("\(key): a list of texts is wanted", near: key)
    }
    return texts
  }

  /// The parser keeps no places, so the line is that of the first mention.
  private func error(_ what: String, near key: String?) -> StandardFileError {
    var line = 1
    if let key, let place = find(Array("\"\(key)\"".utf8)) {
      line = text[..<place].count { $0 == UInt8(ascii: "\n") } + 1
    }
    return StandardFileError(description: "standard \(name), line \(line): \(what)")
  }

  private func find(_ needle: [UInt8]) -> Int? {
    guard text.count >= needle.count else { return nil }
    return (0...(text.count - needle.count)).first { text[$0..<$0 + needle.count].elementsEqual(needle) }
  }
}
