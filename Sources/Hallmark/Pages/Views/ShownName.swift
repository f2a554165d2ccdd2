import IDNA

/// The U-label form (RFC 5890 section 2.3.2.1) of names that are kept by their A-labels, for people to read.
enum ShownName {
  /// The other form of a name; nil where it has no other, or is none that mail may be sent to.
  static func unicode(_ name: String) -> String? {
    guard hasOther(name) else { return nil }
    return (try? MailDomain(validating: name))?.unicode.map(TextReport.printable)
  }

  /// Both forms on one line; of most names there is one.
  static func both(_ name: String) -> String { unicode(name).map { "\(name) (\($0))" } ?? name }

  /// Whether either form of a name holds a text that is looked for, in small letters.
  static func contains(_ name: String, _ text: String) -> Bool {
    name.contains(text) || unicode(name)?.lowercased().contains(text) == true
  }

  /// Lists of thousands of names are read: only one with an A-label is taken apart.
  private static func hasOther(_ name: String) -> Bool { name.hasPrefix("xn--") || name.contains(".xn--") }
}
