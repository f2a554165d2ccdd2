import Foundation
import TestKit
import Testing

@testable import Hallmark

/// What the whitelist's page tells the keeper of a gateway to do.
@Suite struct GatewayRecipesTests {
  private static let html = "Accept: text/html\r\n"

  /// The blocks of Documentation/Gateways.md by their names, taken out another way than the page does.
  private static func recipes() throws -> [String: String] {
    let text = try Repository.text("Documentation/Gateways.md")
    let blocks = text.matches(of: /<!-- recipe: (\S+) -->\n\n((?:    .*\n|\n)+)/)
    return Dictionary(
      uniqueKeysWithValues: blocks.map { match in
        let lines = match.2.split(separator: "\n", omittingEmptySubsequences: false).map { $0.dropFirst(4) }
        return (String(match.1), lines.joined(separator: "\n").trimmingCharacters(in: .newlines))
      })
  }

  @Test("each of them stands on the page as it stands in the document") func page() async throws {
    let recipes = try Self.recipes()
    #expect(recipes.count == 9)
    let door = try await Door(StoreFixture())
    let page = try await door.get("/whitelist", Self.html)
    await door.close()
    let shown = page.body.matches(of: /<pre [^>]*><code>([^<]*)<\/code><\/pre>/).map { Self.unescaped(String($0.1)) }
    // As the request names the service.
    let origin = "http://localhost"
    let wanted = recipes.values.map {
      $0.replacing("hallmark sync-postfix", with: "hallmark --server \(origin) sync-postfix")
        .replacing("http://127.0.0.1:8460", with: origin)
    }
    #expect(shown.sorted() == wanted.sorted())
  }

  private static func unescaped(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
      .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
  }

  @Test("what is no recipe is left out") func others() {
    let document = """
      <!-- recipe: a -->

          one

            two

      text
          code of nobody
      <!-- recipe: empty -->
      text
      <!-- recipe: b -->

          three
      """
    #expect(GatewayRecipes(document).texts == ["a": "one\n\n  two", "b": "three"])
  }
}
