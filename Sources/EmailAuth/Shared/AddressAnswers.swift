import DNS

/// What the DNS says of the addresses of a host, of either family; nil while that is not at hand.
public struct AddressAnswers: Sendable {
  public let a: Answer?
  public let aaaa: Answer?

  /// Asks for both before either is looked at, so that one pass wants both.
  public init(of host: DomainName, in source: inout some AnswerSource) {
    a = source.answer(Question(host, .a))
    aaaa = source.answer(Question(host, .aaaa))
  }

  public var areWhole: Bool { a != nil && aaaa != nil }

  /// An address of one family suffices to deliver.
  public var haveAddresses: Bool { a?.hasAddresses == true || aaaa?.hasAddresses == true }

  /// Why the first of them failed; nil where none did.
  public var failure: LookupFailure? { a?.failure ?? aaaa?.failure }
}
