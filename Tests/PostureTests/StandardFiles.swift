import Foundation
import Posture

/// The files of API, read as JSON by Foundation, so that the pure target needs no parser.
enum StandardFiles {
  static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("API")

  static func json(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: directory.appendingPathComponent("standards/\(name).json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  static let names: [String] = {
    let directory = StandardFiles.directory.appendingPathComponent("standards")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return files.filter { $0.hasSuffix(".json") && $0 != "schema.json" }.map { String($0.dropLast(5)) }.sorted()
  }()

  static func standard(_ name: String) throws -> Standard {
    let file = try json(name)
    var rules = try (file["extends"] as? String).map { try standard($0).rules } ?? [:]
    for id in file["omit"] as? [String] ?? [] {
      if let requirement = Checks.requirements[id] { rules[requirement] = nil }
    }
    for (id, value) in file["rules"] as? [String: [String: String]] ?? [:] {
      guard let requirement = Checks.requirements[id],
        let level = value["level"].flatMap(Standard.Level.init(rawValue:))
      else { continue }
      rules[requirement] = Standard.Rule(level: level, clause: value["clause"] ?? "", source: value["source"] ?? "")
    }
    return Standard(
      name: name, title: file["title"] as? String ?? "", version: file["version"] as? String ?? "", rules: rules)
  }

  /// The ids at one level.
  static func ids(_ level: Standard.Level, of name: String) throws -> Set<String> {
    Set(try standard(name).rules.filter { $0.value.level == level }.map(\.key.id))
  }

  static func findings() throws -> String {
    try String(contentsOf: directory.appendingPathComponent("findings.md"), encoding: .utf8)
  }
}

/// As much of JSON Schema as schema.json uses; a keyword beyond that is a fault, so that nothing passes unchecked.
enum SchemaCheck {
  private static let annotations: Set<String> = ["$schema", "title", "description"]

  static func faults(_ value: Any, _ schema: [String: Any], at path: String = "$") -> [String] {
    schema.keys.sorted().flatMap { keyword -> [String] in
      guard let rule = schema[keyword], !annotations.contains(keyword) else { return [] }
      return faults(value, keyword, rule, schema, path)
    }
  }

  private static func faults(
    _ value: Any, _ keyword: String, _ rule: Any, _ schema: [String: Any], _ path: String
  ) -> [String] {
    let isMet: Bool
    switch (keyword, rule, value) {
    case ("type", let type as String, _):
      isMet = type == "object" ? value is [String: Any] : type == "array" ? value is [Any] : value is String
    case ("enum", let values as [String], let text as String): isMet = values.contains(text)
    case ("pattern", let pattern as String, let text as String):
      isMet = text.range(of: pattern, options: .regularExpression) != nil
    case ("minLength", let bound as Int, let text as String): isMet = text.unicodeScalars.count >= bound
    case ("maxLength", let bound as Int, let text as String): isMet = text.unicodeScalars.count <= bound
    case ("uniqueItems", true as Bool, let items as [String]): isMet = Set(items).count == items.count
    case ("required", let keys as [String], let object as [String: Any]):
      isMet = keys.allSatisfy { object[$0] != nil }
    case ("items", let item as [String: Any], let items as [Any]):
      return items.enumerated().flatMap { faults($0.element, item, at: "\(path)[\($0.offset)]") }
    case ("properties", let properties as [String: [String: Any]], let object as [String: Any]):
      return properties.flatMap { key, schema in object[key].map { faults($0, schema, at: "\(path).\(key)") } ?? [] }
    case ("additionalProperties", let schemaOrFlag, let object as [String: Any]):
      let known = schema["properties"] as? [String: Any] ?? [:]
      let others = object.filter { known[$0.key] == nil }
      guard let schema = schemaOrFlag as? [String: Any] else {
        return others.keys.sorted().map { "\(path).\($0): there is no such key" }
      }
      return others.flatMap { faults($0.value, schema, at: "\(path).\($0.key)") }
    default: return ["\(path): \(keyword) cannot be checked"]
    }
    return isMet ? [] : ["\(path): \(keyword)"]
  }
}
