import DNS

/// A validating resolver inside the process: libunbound, asynchronous, with a cache of its own.
///
/// Identical questions that are asked at once are sent once. A look-up ends at the latest after the configured
/// time-out; a cancelled one ends at once, with a failure of kind `internalError`.
public final class UnboundResolver: Resolver {
  /// Called after each look-up, on the caller's task: what was asked, what came, how long it took.
  public typealias Trace = @Sendable (Question, Answer, Duration) -> Void

  public let configuration: UnboundConfiguration
  let context: UnboundContext
  private let trace: Trace?

  /// Reads the files that the configuration names; nothing is sent.
  ///
  /// - Throws: `UnboundError` when a file cannot be read or a setting is wrong.
  public init(_ configuration: UnboundConfiguration, trace: Trace? = nil) throws(UnboundError) {
    self.configuration = configuration
    self.trace = trace
    context = try UnboundContext(configuration)
  }

  deinit { context.close() }

  /// A resolver with the same configuration and an empty cache, for one check that must see the DNS as it is now.
  ///
  /// It costs two threads while it works; release it when the check is done. Resolvers further up have caches too,
  /// which nobody but they can empty.
  public func uncached() throws(UnboundError) -> UnboundResolver {
    var fresh = configuration
    fresh.cacheSize = min(fresh.cacheSize, UnboundResolver.uncachedCacheSize)
    return try UnboundResolver(fresh, trace: trace)
  }

  /// Enough for the answers and the chain of keys of one check, in octets.
  static let uncachedCacheSize = 4 << 20

  public func lookUp(_ question: Question) async -> Answer {
    let started = ContinuousClock.now
    let lookup = Lookup(question, in: context)
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { context.submit(lookup, $0) }
    } onCancel: {
      context.cancel(lookup)
    }
    trace?(question, answer, ContinuousClock.now - started)
    return answer
  }
}
