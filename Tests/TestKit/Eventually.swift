/// Asks again until it is so, or patience ends, which takes a machine that is loaded many times over.
///
/// - Parameter pause: between two questions; short where nothing but the process itself is asked.
public func eventually(
  for patience: Duration = .seconds(300), every pause: Duration = .milliseconds(50), _ isSo: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + patience
  while ContinuousClock.now < deadline {
    if try await isSo() { return true }
    try await Task.sleep(for: pause)
  }
  return try await isSo()
}
