import Crypto
import Mustache

/// The templates of the pages, compiled once, and the files that pages refer to.
struct PageTemplates: Sendable {
  /// Each is a file of Pages/Templates.
  enum Name: String, CaseIterable {
    case top, bottom, badge, dashboard, domain, record, findings, way, progress, failed, pair
    case pairWay = "pair-way"
    case whitelist
    case signIn = "sign-in"
    case error, pairs
  }

  /// What a template escapes by. The library's own escaping looks at characters, and takes a quotation mark with a combining mark
  /// on it for a character of its own, which it lets pass.
  private struct Markup: MustacheContentType {
    static let name = "HALLMARK"

    func escapeText(_ text: String) -> String { PageTemplates.escaped(text) }
  }

  /// Text as it may stand in HTML, between tags and within the quotation marks of an attribute.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static let registration: Void = MustacheContentTypes.register(Markup(), named: Markup.name)

  private let library: MustacheLibrary
  /// Changes with the style sheet and the script.
  let assets: String

  static let style = PackageResources.style_css
  static let script = PackageResources.copy_js
  static let icon = PackageResources.icon_svg

  /// - Throws: where a template is not one, which a test sees.
  init() throws {
    _ = PageTemplates.registration
    var library = MustacheLibrary()
    for name in Name.allCases {
      // Every template begins with it, so that none escapes in another way.
      let text = "{{% CONTENT_TYPE:\(Markup.name)}}" + String(decoding: PageTemplates.source(name), as: UTF8.self)
      try library.register(text, named: name.rawValue)
    }
    self.library = library
    assets = Hex.encode(Array(SHA256.hash(data: PageTemplates.style + PageTemplates.script).prefix(6)))
  }

  func render(_ view: some Sendable, _ name: Name) -> String { library.render(view, withTemplate: name.rawValue) ?? "" }

  private static func source(_ name: Name) -> [UInt8] {
    switch name {
    case .top: PackageResources.top_mustache
    case .bottom: PackageResources.bottom_mustache
    case .badge: PackageResources.badge_mustache
    case .dashboard: PackageResources.dashboard_mustache
    case .domain: PackageResources.domain_mustache
    case .record: PackageResources.record_mustache
    case .findings: PackageResources.findings_mustache
    case .way: PackageResources.way_mustache
    case .progress: PackageResources.progress_mustache
    case .failed: PackageResources.failed_mustache
    case .pair: PackageResources.pair_mustache
    case .pairWay: PackageResources.pair_way_mustache
    case .pairs: PackageResources.pairs_mustache
    case .whitelist: PackageResources.whitelist_mustache
    case .signIn: PackageResources.sign_in_mustache
    case .error: PackageResources.error_mustache
    }
  }
}
