import JSON

@testable import Hallmark

/// What one who follows the whitelist has: the names, by the rule that `since` a listing's revision gives all that changed after it.
struct WhitelistFollower {
  private(set) var names: Set<String> = []
  private(set) var revision: UInt64 = 0

  /// Fetches all pages of a listing: the whole, or what changed.
  mutating func apply(_ keeper: Keeper, since: UInt64?) throws {
    var token: String?
    repeat {
      let page = try keeper.whitelistPage(size: 7, token: token, since: since, under: nil)
      for entry in page["entries"]?.arrayValue ?? [] { names.insert(entry["domain"]?.stringValue ?? "") }
      for name in page["removed"]?.arrayValue ?? [] { names.remove(name.stringValue ?? "") }
      token = page["nextPageToken"]?.stringValue
      revision = UInt64(page["revision"]?.integerValue ?? 0)
    } while token != nil
  }
}
