/// The members of a JSON object (RFC 8259 section 4) in the order in which they were put in.
///
/// Two objects with the same members are equal whatever their order. Names are compared as Swift compares strings, so
/// two spellings of one text (composed and decomposed) are one name.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral, Sequence {
  public typealias Element = (key: String, value: JSONValue)

  /// Up to this many members a look-up walks them; beyond it an index is kept, so that no object is quadratic to build.
  private static let walkedMembers = 8

  private var members: [Element] = []
  private var index: [String: Int] = [:]

  public init() {}

  /// Of members with one name, the last stands.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (key, value) in elements { self[key] = value }
  }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var keys: [String] { members.map(\.key) }
  public var values: [JSONValue] { members.map(\.value) }

  /// Reads, replaces in place, appends, or (by nil) removes; only a removal takes time with the number of members.
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): remove(at: place)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  public mutating func reserveCapacity(_ capacity: Int) { members.reserveCapacity(capacity) }

  public func makeIterator() -> IndexingIterator<[Element]> { members.makeIterator() }

  public var underestimatedCount: Int { members.count }

  /// Puts a member at the end. Returns false, and changes nothing, where the name is there already.
  mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
    guard position(of: key) == nil else { return false }
    append(key, value)
    return true
  }

  private func position(of key: String) -> Int? {
    if members.count > JSONObject.walkedMembers { return index[key] }
    return members.firstIndex { $0.key == key }
  }

  private mutating func append(_ key: String, _ value: JSONValue) {
    members.append((key, value))
    if members.count == JSONObject.walkedMembers + 1 {
      rebuildIndex()
    } else if members.count > JSONObject.walkedMembers {
      index[key] = members.count - 1
    }
  }

  private mutating func remove(at place: Int) {
    members.remove(at: place)
    if members.count > JSONObject.walkedMembers { rebuildIndex() } else { index = [:] }
  }

  private mutating func rebuildIndex() {
    index = [:]
    for (place, member) in members.enumerated() { index[member.key] = place }
  }
}

extension JSONObject: Hashable {
  public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
    lhs.count == rhs.count && lhs.allSatisfy { rhs[$0.key] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(members.count)
    // A sum, because the order of the members must not show.
    var sum = 0
    for (key, value) in members {
      var member = Hasher()
      member.combine(key)
      member.combine(value)
      sum &+= member.finalize()
    }
    hasher.combine(sum)
  }
}
