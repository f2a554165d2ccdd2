/// Asks again until it is so, or patience ends.
func eventually(
  for patience: Duration = ServiceProcess.patience, _ isSo: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + patience
  while ContinuousClock.now < deadline {
    if try await isSo() { return true }
    try await Task.sleep(for: .milliseconds(50))
  }
  return try await isSo()
}
