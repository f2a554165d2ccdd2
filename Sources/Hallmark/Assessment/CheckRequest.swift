import DNS
import IDNA

/// A domain to check, and how.
public struct CheckRequest: Hashable, Sendable {
  public var domain: MailDomain
  /// DKIM selectors that hold for this check; empty: those that are kept.
  public var selectors: [String]
  /// How old a record may be, in seconds; 0 asks for a check made now; nil: as old as it holds.
  public var maxAge: Int64?
  /// A standard's name; nil: the service's.
  public var standard: String?
  /// Whose budget a check is paid from; nil: nobody's.
  public var payer: String?

  public init(
    domain: MailDomain, selectors: [String] = [], maxAge: Int64? = nil, standard: String? = nil, payer: String? = nil
  ) {
    self.domain = domain
    self.selectors = selectors
    self.maxAge = maxAge
    self.standard = standard
    self.payer = payer
  }
}
