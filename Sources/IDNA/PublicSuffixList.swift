import CPSL
import DNS

/// The Public Suffix List (https://publicsuffix.org), as libpsl has it built in.
enum PublicSuffixList {
  /// Whether the name is a suffix of the list's ICANN section: one below which a registry registers names for others.
  ///
  /// The private section does not count: `github.io` is one owner's domain, who answers for its mail. Nor does the rule
  /// that takes any top-level domain which the list does not know for a suffix.
  static func contains(_ name: DomainName) -> Bool {
    // libpsl takes any name for a suffix where it was built without the list.
    guard let list = psl_builtin() else { return false }
    return psl_is_public_suffix2(list, name.description, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1
  }
}
