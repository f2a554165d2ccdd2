extension String {
  /// Whether no more than `StreamSafeText.maximumMarks` combining marks stand in a row.
  ///
  /// Swift compares, hashes and splits text in normal form, and the time of that grows with the square of the length of
  /// such a row. Ask this of text from outside before anything else is done with it; a mebibyte of marks would otherwise
  /// take minutes to be found unequal to a short name.
  public var isStreamSafe: Bool {
    // ASCII has no marks. This is asked of every field of every request.
    if utf8.withContiguousStorageIfAvailable({ $0.allSatisfy { $0 < 0x80 } }) == true { return true }
    var marks = 0
    for scalar in unicodeScalars {
      marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
      guard marks <= StreamSafeText.maximumMarks else { return false }
    }
    return true
  }
}

/// The Stream-Safe Text Format of Unicode (UAX 15 section 13).
public enum StreamSafeText {
  /// The most combining marks in a row (UAX 15 section 13); no language comes near.
  public static let maximumMarks = 30
}
