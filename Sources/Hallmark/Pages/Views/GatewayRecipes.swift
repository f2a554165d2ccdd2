/// The configurations of Documentation/Gateways.md by their names, as they stand there and as the tests run them: the
/// whitelist's page shows the very same.
///
/// A recipe is a block of code, indented by four, behind a line `<!-- recipe: NAME -->`.
struct GatewayRecipes: Sendable {
  private static let mark = "<!-- recipe: "
  private static let indent = "    "
  /// How the document names this service.
  private static let origin = "http://127.0.0.1:8460"

  static let shared = GatewayRecipes(String(decoding: Embedded.gateways, as: UTF8.self))

  /// By name.
  let texts: [String: String]

  init(_ document: String) {
    var texts: [String: String] = [:]
    var name: String?
    var lines: [Substring] = []
    func finish() {
      while lines.last?.isEmpty == true { lines.removeLast() }
      if let name, !lines.isEmpty { texts[name] = lines.joined(separator: "\n") }
      lines = []
    }
    for line in document.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(GatewayRecipes.mark) {
        finish()
        name = line.dropFirst(GatewayRecipes.mark.count).split(separator: " ").first.map(String.init)
      } else if line.hasPrefix(GatewayRecipes.indent) {
        lines.append(line.dropFirst(GatewayRecipes.indent.count))
      } else if line.isEmpty {
        if !lines.isEmpty { lines.append(line) }
      } else {
        finish()
        name = nil
      }
    }
    finish()
    self.texts = texts
  }

  /// As they are for a gateway that reaches this service there.
  func texts(for origin: String) -> [String: String] {
    texts.mapValues {
      $0.replacing("hallmark sync-postfix", with: "hallmark --server \(origin) sync-postfix")
        .replacing(GatewayRecipes.origin, with: origin)
    }
  }
}
