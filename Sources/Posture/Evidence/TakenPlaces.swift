/// The places in a table of evidence that something was taken from.
///
/// A place is found with what stands there, so that nothing is hashed anew. Repetitions are only looked for when there
/// are so many places that they matter.
struct TakenPlaces<Key: Hashable, Value: Equatable & Sendable> {
  typealias Table = [Key: Observed<Value>]

  private var places: [Table.Index] = []

  mutating func reserveCapacity(_ count: Int) { places.reserveCapacity(count) }

  /// What stands under the key; its place is noted.
  mutating func take(_ key: Key, from table: Table) -> Observed<Value>? {
    guard let place = table.index(forKey: key) else { return nil }
    places.append(place)
    return table.values[place]
  }

  /// Notes the place; false where it would be one more than the limit.
  mutating func note(_ place: Table.Index, limit: Int) -> Bool {
    guard hasRoom(limit: limit) else { return places.contains(place) }
    places.append(place)
    return true
  }

  /// Whether there are fewer places than the limit, each counted once.
  mutating func hasRoom(limit: Int) -> Bool {
    if places.count < limit { return true }
    places = Array(Set(places))
    return places.count < limit
  }

  /// What was taken from the table, which is as it was then.
  func part(of table: Table) -> Table {
    Table(places.lazy.map { table[$0] }.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
