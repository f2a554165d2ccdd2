import DNS
import Glibc
import Hallmark
import Posture

/// Uses a store of `d0.example` and so on, each value of which follows from its name, and says what came of it: `right N
/// missing N wrong N errors N` and status 0, or the store's error and status 3.
struct Examination {
  static let domains = 400
  private let path: String

  init(_ path: String) { self.path = path }

  func run() async -> Int32 {
    do {
      let store = try Store(path: path)
      if getenv("HALLMARK_STORE_PAUSE") != nil {
        StoreWriter.say("open")
        _ = readLine()
      }
      let before = read(store)
      // What the reads found is mended before this is kept, so that it may find less and never what is wrong.
      let isKept =
        (try? await store.commit([.reschedule(DomainName("d0.example") ?? .root, dueAt: StoreWriter.epoch)])) != nil
      let after = read(store)
      print("right \(before.right) missing \(before.missing) wrong \(before.wrong + after.wrong)", terminator: " ")
      print("errors \(before.errors) kept \(isKept ? 1 : 0) after \(after.right)")
      return 0
    } catch {
      print("\(error)")
      return 3
    }
  }

  private func read(_ store: Store) -> (right: Int, missing: Int, wrong: Int, errors: Int) {
    var count = (right: 0, missing: 0, wrong: 0, errors: 0)
    for index in 0..<Examination.domains {
      let text = "d\(index).example"
      guard let domain = DomainName(text) else { continue }
      do {
        // An entry without octets holds the place of one that was damaged, and never goes out.
        guard let record = try store.record(of: domain), let entry = try store.whitelistEntry(of: domain),
          !entry.octets.isEmpty
        else {
          count.missing += 1
          continue
        }
        let isRight = record.json == Examination.value(index) && entry.octets == Array(text.utf8)
        if isRight { count.right += 1 } else { count.wrong += 1 }
      } catch {
        count.errors += 1
      }
    }
    return count
  }

  /// From a few octets to several pages.
  static func value(_ index: Int) -> [UInt8] {
    Array("value of \(index) ".utf8) + [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index * 37 % 9000)
  }
}
