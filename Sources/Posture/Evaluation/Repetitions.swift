extension Sequence where Element: Equatable {
  /// The elements in their order, each once. They are looked through, which is for few of them, and then takes less time
  /// than to hash them.
  func uniqued() -> [Element] {
    var unique: [Element] = []
    for element in self where !unique.contains(element) { unique.append(element) }
    return unique
  }
}

extension Array {
  /// Takes out every element that repeats the one before it: where equal ones stand together, each is left once.
  mutating func removeRepetitions<Value: Equatable>(of value: (Element) -> Value) {
    var last: Value?
    removeAll { element in
      let present = value(element)
      defer { last = present }
      return present == last
    }
  }
}
