import LMDB

/// Brings a store of an earlier form to the present one, in one transaction: it is done whole, or not at all and again at
/// the next start. Until then the file holds both, and so grows to twice its size.
struct StoreMigration: Sendable {
  let layout: StoreLayout
  /// Keys that are held in memory at one time.
  private static let step = 1000

  func run(from form: UInt64, _ transaction: borrowing WriteTransaction) throws {
    try sealAll(from: form, transaction)
    try layout.set(StoreMeta.schema, to: UInt64(StoreLayout.schema), transaction)
  }

  /// Form 1 had no seals, and form 2 others. What form 2 had not sealed as it stands there is kept as it is, so that it is found
  /// broken, and mended, as it would have been before.
  private func sealAll(from form: UInt64, _ transaction: borrowing WriteTransaction) throws {
    for table in layout.tables {
      var next: [UInt8] = []
      repeat {
        var keys: [[UInt8]] = []
        try transaction.reading.scan(table.database, from: next) { key, _ in
          keys.append([UInt8](key))
          return keys.count <= StoreMigration.step ? .more : .stop
        }
        // The last begins the next step.
        next = keys.count > StoreMigration.step ? keys.removeLast() : []
        for key in keys {
          guard let kept = try transaction.reading.value(of: key, in: table.database) else { continue }
          guard let value = form == 1 ? kept : StoreMigration.value(sealed: kept, key: key) else { continue }
          try transaction.put(value, for: key, in: table)
        }
      } while !next.isEmpty
    }
  }

  private static func value(sealed: [UInt8], key: [UInt8]) -> [UInt8]? {
    sealed.withUnsafeBytes { sealed in
      key.withUnsafeBytes { Seal.xxh64.open(sealed, key: $0).map { [UInt8]($0) } }
    }
  }
}
