/// What one evaluation may cost (RFC 7208 section 4.6.4).
public struct SPFLimits: Hashable, Sendable {
  /// Terms that cause look-ups: `include`, `a`, `mx`, `ptr`, `exists` and `redirect`, over all records of the
  /// evaluation. Beyond it the result is "permerror".
  public static let maximumLookups = 10
  /// Terms whose look-up finds nothing, where nothing else is configured. Beyond it the result is "permerror".
  public static let maximumVoidLookups = 2
  /// MX names whose addresses one `mx` may ask for. Beyond it, and without a match until there, the result is
  /// "permerror".
  public static let maximumMXNames = 10
  /// PTR names whose addresses one `ptr` or `%{p}` may ask for; those beyond it are ignored.
  public static let maximumPTRNames = 10

  /// The values of RFC 7208 section 4.6.4.
  public static let standard = SPFLimits()

  /// The one limit that the RFC lets be configured.
  public let voidLookups: Int

  public init(voidLookups: Int = SPFLimits.maximumVoidLookups) { self.voidLookups = voidLookups }
}
