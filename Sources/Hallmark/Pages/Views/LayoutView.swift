/// What stands around every page.
struct LayoutView: Sendable {
  let title: String
  /// Whom the caller signed in as; nil where nobody is asked for a token, or nobody signed in.
  let callerName: String?
  /// Whether signing in is possible and was not done.
  let offersSignIn: Bool
  let isAdmin: Bool
  /// Stands in every form, so that no other site can send it.
  let csrf: String
  /// Of the style sheet and the script, so that a browser keeps them until they change.
  let assets: String
  let version: String
  let search: String
  let onDashboard: Bool
  let onWhitelist: Bool
  let onPair: Bool
  /// Where the feed is of what changed among the domains that the page tells of.
  let feed: String
  /// What an action did, said once.
  let notice: String?
}
