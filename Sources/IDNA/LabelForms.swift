/// The two forms of a name, each made from the other: what UTS 46 maps a text to, when IDNA 2008 allows that.
///
/// It is no host name yet: the ASCII form may hold any ASCII character (UseSTD3ASCIIRules of UTS 46 is not applied),
/// and empty labels.
struct LabelForms: Hashable {
  /// All labels in ASCII, lower case.
  let ascii: String
  /// With U-labels in the place of A-labels; nil where there is none.
  let unicode: String?

  /// `text` must hold no NUL.
  init(mapping text: String) throws(IDN2.Failure) {
    ascii = try IDN2.toASCII(text)
    guard ascii.split(separator: ".").contains(where: { $0.hasPrefix("xn--") }) else {
      unicode = nil
      return
    }
    let decoded = try IDN2.toUnicode(ascii)
    // RFC 5891 sections 5.3 and 5.4: an A-label is what its own U-label encodes to, and that label is valid. UTS 46
    // alone would let emoji pass, which IDNA 2008 disallows.
    guard decoded != ascii, try IDN2.strictToASCII(decoded) == ascii else { throw .mismatch }
    unicode = decoded
  }
}
