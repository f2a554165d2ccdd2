extension Span<UInt8> {
  /// Whether it begins with a name of small letters, digits, dots and hyphens, in any case.
  @inline(__always) func begins(with name: Span<UInt8>) -> Bool {
    guard count >= name.count else { return false }
    // Setting this bit makes letters small, and of what has no case only control characters another.
    for index in name.indices where self[index] | 0x20 != name[index] { return false }
    return true
  }
}
