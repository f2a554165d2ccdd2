import Foundation

/// Tests/Feeds/read-atom: a parser of feeds that is not ours.
public enum AtomReader {
  /// What it read, as JSON; throws what it has against the text.
  public static func read(_ text: some Sequence<UInt8>) throws -> Data {
    let file = FileManager.default.temporaryDirectory.appending(path: "hallmark-feed-\(UUID().uuidString)")
    try Data(text).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try Program.run(["python3", Repository.root.appending(path: "Tests/Feeds/read-atom").path], input: file)
  }
}
