@testable import Hallmark

extension Routes {
  /// With pages at which nobody signs in.
  init(desk: CheckDesk, keeper: Keeper) throws {
    let sessions = Sessions(isSecure: false, clock: keeper.clock)
    self.init(
      desk: desk, keeper: keeper,
      pages: Pages(desk: desk, keeper: keeper, templates: try PageTemplates(), sessions: sessions))
  }
}
