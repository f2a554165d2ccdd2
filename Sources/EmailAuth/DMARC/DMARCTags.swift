/// The tags of a DMARC record, by their names in lower case: names and values match in any case (RFC 9989 section 4.8).
struct DMARCTags {
  /// Parts that break the grammar, which receivers ignore (RFC 9989 section 4.8); escaped and bounded.
  let unreadable: [String]
  /// In the order in which they stand, `v` first. There are few: to look through them takes less time than to hash their names.
  private let tags: [Tag]

  private struct Tag {
    let name: String
    let value: ArraySlice<UInt8>
  }

  init(_ octets: [UInt8]) throws(DMARCRecord.Fault) {
    let list = TagList(octets, whiteSpace: .blanks)
    var tags: [Tag] = []
    tags.reserveCapacity(list.tags.count)
    for tag in list.tags {
      let name = tag.name.lowercased()
      // RFC 6376 section 3.2, on which RFC 9989 section 4.7 builds.
      guard !tags.contains(where: { $0.name == name }) else { throw .repeatedTag(name) }
      tags.append(Tag(name: name, value: tag.value))
    }
    if let fault = list.faults.first(where: { $0.reason == .repeated }) {
      let name = TagList.trim(fault.part.prefix { $0 != UInt8(ascii: "=") })
      throw .repeatedTag(PublishedTerm.text(name).lowercased())
    }
    self.tags = tags
    unreadable = list.faults.filter { $0.reason != .empty }.map { PublishedTerm.text($0.part) }
  }

  /// The names in the order in which they stand, `v` first.
  var order: [String] { tags.map(\.name) }

  /// The value as it stands.
  subscript(name: String) -> ArraySlice<UInt8>? {
    for index in tags.indices where tags[index].name == name { return tags[index].value }
    return nil
  }

  /// The value in lower case.
  func value(_ name: String) -> String? { self[name].map { String(decoding: $0, as: UTF8.self).lowercased() } }

  /// The value where it is one of those that the tag may have; one that is not counts as none (RFC 9989 section 4.8).
  func value<Value: RawRepresentable<String> & CaseIterable>(_ name: String, as type: Value.Type) -> Value? {
    self[name].flatMap { octets in Value.allCases.first { Octet.isName(octets, $0.rawValue) } }
  }
}
