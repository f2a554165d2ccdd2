import Testing

@testable import Hallmark

/// Which form a caller gets for its Accept (RFC 9110 section 12.5.1).
@Suite struct MediaTypeTests {
  static let table: [([String], MediaType)] = [
    ([], .text), (["*/*"], .text), ([""], .text), (["application/json"], .json), (["text/html"], .html),
    (["APPLICATION/JSON"], .json), (["application/json; charset=utf-8"], .json),
    // Firefox, Chromium, curl, a library of JavaScript, lynx.
    (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], .html),
    (["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"], .html),
    (["application/json, text/plain, */*"], .json), (["text/html, text/plain, text/sgml, text/css, */*;q=0.01"], .html),
    // Weights decide, and the closest range decides on a type.
    (["text/html;q=0.5, application/json;q=0.9"], .json), (["text/html;q=0.9, application/json;q=0.5"], .html),
    (["text/plain;q=0.1, text/html;q=0.2"], .html), (["*/*;q=0.1, text/html;q=0"], .text),
    (["text/*, text/plain;q=0"], .html), (["text/*"], .text), (["application/*"], .json),
    (["*/*, application/json;q=0.2"], .text), (["text/html;level=1"], .html),
    (["text/html", "application/json;q=0.1"], .html),
    // Nothing that we have, and what is none at all.
    (["image/png"], .text), (["text/html;q=0"], .text), (["text/html;q=2"], .text),
    (["text/html;q=x, application/json"], .json),
    (["html"], .text), (["/"], .text), ([",,,"], .text), (["text/html;q=0.1234"], .text), (["*/html"], .text),
  ]

  @Test(arguments: table)
  func preferred(accept: [String], type: MediaType) {
    #expect(MediaType.preferred(accept, of: [.text, .json, .html]) == type, "\(accept)")
  }

  @Test func aLongFieldIsNotReadToItsEnd() {
    let many = String(repeating: "text/html;q=0.1,", count: 100_000)
    #expect(MediaType.preferred([many], of: [.text, .json, .html]) == .html)
  }
}
