import CUnbound
import DNS
import Dispatch
import Synchronization

/// One look-up that is under way; its address is what libunbound hands back.
final class Lookup: Sendable {
  let question: Question
  let context: UnboundContext
  /// Set by the caller's cancellation, which may come before the look-up reaches the queue.
  let isCancelled = Atomic(false)

  init(_ question: Question, in context: UnboundContext) {
    self.question = question
    self.context = context
  }
}

/// Owns a libunbound context. Every call into it is made on a serial queue with a thread of its own, never on the
/// cooperative pool.
///
/// `ub_cancel` and `ub_ctx_delete` never call back, so whoever takes a look-up out of `waiting` resumes its caller,
/// once.
// Sendable because the handle, `waiting` and the sources are touched on `queue` alone once `init` has returned.
final class UnboundContext: @unchecked Sendable {
  private struct Waiting {
    let lookup: Lookup
    let continuation: CheckedContinuation<Answer, Never>
    let deadline: DispatchTime
    let identifier: Int32
  }

  /// How far apart, in milliseconds, two sweeps for look-ups that timed out are at least.
  static let sweepInterval = 25

  private let queue = DispatchQueue(label: "hallmark.unbound")
  private let timeout: DispatchTimeInterval
  private var handle: OpaquePointer?
  private var waiting: [ObjectIdentifier: Waiting] = [:]
  private var readSource: (any DispatchSourceRead)?
  private var timer: (any DispatchSourceTimer)?
  private var timerIsSet = false

  init(_ configuration: UnboundConfiguration) throws(UnboundError) {
    timeout = .milliseconds(configuration.lookupTimeout.wholeMilliseconds)
    guard let context = ub_ctx_create() else { throw .noMemory }
    do throws(UnboundError) {
      try UnboundContext.configure(context, configuration)
    } catch {
      ub_ctx_delete(context)
      throw error
    }
    handle = context
    watch(ub_fd(context))
  }

  /// Ends every look-up and frees the context; nothing may be submitted any more.
  func close() {
    queue.async { [self] in
      for entry in waiting.values { entry.continuation.resume(returning: entry.lookup.shutDown) }
      waiting = [:]
      timer?.cancel()
      timer = nil
      // The context's descriptor is open until the source has let go of it.
      readSource?.cancel()
      readSource = nil
    }
  }

  private func watch(_ descriptor: Int32) {
    let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler { [self] in
      if let handle { ub_process(handle) }
    }
    source.setCancelHandler { [self] in
      if let handle { ub_ctx_delete(handle) }
      handle = nil
    }
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.setEventHandler { [self] in sweep() }
    readSource = source
    self.timer = timer
    source.activate()
    timer.activate()
  }

  // MARK: Look-ups

  func submit(_ lookup: Lookup, _ continuation: CheckedContinuation<Answer, Never>) {
    queue.async { [self] in
      guard let handle, readSource != nil else { return continuation.resume(returning: lookup.shutDown) }
      guard !lookup.isCancelled.load(ordering: .acquiring) else {
        return continuation.resume(returning: lookup.cancelled)
      }
      var identifier: Int32 = 0
      let code = ub_resolve_async(
        handle, lookup.question.name.absoluteText, Int32(lookup.question.type.rawValue), UnboundContext.classIN,
        Unmanaged.passUnretained(lookup).toOpaque(), UnboundContext.deliver, &identifier)
      guard code == UB_NOERROR.rawValue else {
        return continuation.resume(returning: lookup.failed(.internalError(UnboundError.reason(code))))
      }
      waiting[ObjectIdentifier(lookup)] = Waiting(
        lookup: lookup, continuation: continuation, deadline: .now() + timeout, identifier: identifier)
      if !timerIsSet { schedule(at: .now() + timeout) }
    }
  }

  func cancel(_ lookup: Lookup) {
    lookup.isCancelled.store(true, ordering: .releasing)
    queue.async { [self] in abandon(lookup, answer: lookup.cancelled) }
  }

  private func abandon(_ lookup: Lookup, answer: Answer) {
    guard let entry = waiting.removeValue(forKey: ObjectIdentifier(lookup)) else { return }
    if let handle { ub_cancel(handle, entry.identifier) }
    entry.continuation.resume(returning: answer)
  }

  /// libunbound's callback, which `ub_process` makes on the queue.
  private static let deliver: ub_callback_type = { pointer, code, result in
    defer { if let result { ub_resolve_free(result) } }
    guard let pointer else { return }
    // A look-up is retained by `waiting` until it is answered, and a cancelled one is never called back.
    let lookup = Unmanaged<Lookup>.fromOpaque(pointer).takeUnretainedValue()
    guard let entry = lookup.context.waiting.removeValue(forKey: ObjectIdentifier(lookup)) else { return }
    entry.continuation.resume(returning: Answer(lookup.question, code: code, result: result?.pointee))
  }

  // MARK: Time

  private func schedule(at time: DispatchTime) {
    timerIsSet = true
    timer?.schedule(deadline: time, leeway: .milliseconds(UnboundContext.sweepInterval))
  }

  private func sweep() {
    timerIsSet = false
    let now = DispatchTime.now()
    for entry in waiting.values where entry.deadline <= now {
      abandon(entry.lookup, answer: entry.lookup.failed(.timeout))
    }
    guard let next = waiting.values.map(\.deadline).min() else { return }
    schedule(at: max(next, now + .milliseconds(UnboundContext.sweepInterval)))
  }
}

extension UnboundContext {
  /// RFC 1035 section 3.2.4.
  private static let classIN: Int32 = 1

  private static func configure(
    _ context: OpaquePointer, _ configuration: UnboundConfiguration
  ) throws(UnboundError) {
    // Before anything else: libunbound would fork otherwise.
    try UnboundError.check(ub_ctx_async(context, 1)) { .start(reason: $0) }
    // What libunbound has to say stands in the answers; it must not write to standard error.
    ub_ctx_debugout(context, nil)
    for (name, value) in configuration.options {
      try UnboundError.check(ub_ctx_set_option(context, name, value)) {
        .configuration("\(name) \(value)", reason: $0)
      }
    }
    try setUpstream(context, configuration.upstream)
    try setTrustAnchor(context, configuration.trustAnchor)
    // Removing a zone makes libunbound take the configuration as final, so that a wrong one is seen here.
    for zone in UnboundConfiguration.unblockedZones {
      try UnboundError.check(ub_ctx_zone_remove(context, zone)) { reason in
        if case .file(let path) = configuration.trustAnchor { .trustAnchor(path: path) } else { .start(reason: reason) }
      }
    }
  }

  private static func setUpstream(
    _ context: OpaquePointer, _ upstream: UnboundConfiguration.Upstream
  ) throws(UnboundError) {
    switch upstream {
    case .recursive: return
    case .forward(let forwarders):
      guard !forwarders.isEmpty else { throw .configuration("forwarders", reason: "none is given") }
      for forwarder in forwarders { try forward(context, "\(forwarder.address)@\(forwarder.port)") }
    case .resolvConf(let path):
      guard let text = SmallFile.read(path) else { throw .resolvConf(path: path) }
      let lines = text.split(whereSeparator: \.isNewline)
      if lines.contains(where: { $0.split(whereSeparator: \.isWhitespace).first == "nameserver" }) {
        try UnboundError.check(ub_ctx_resolvconf(context, path)) { _ in .resolvConf(path: path) }
      } else {
        // resolv.conf(5): without a nameserver line the local host's is meant.
        try forward(context, "127.0.0.1@53")
      }
    }
  }

  private static func forward(_ context: OpaquePointer, _ address: String) throws(UnboundError) {
    try UnboundError.check(ub_ctx_set_fwd(context, address)) { .configuration("forwarder \(address)", reason: $0) }
  }

  private static func setTrustAnchor(_ context: OpaquePointer, _ anchor: TrustAnchor) throws(UnboundError) {
    guard let path = anchor.path else {
      for key in TrustAnchor.rootKeys {
        try UnboundError.check(ub_ctx_add_ta(context, key)) { .start(reason: $0) }
      }
      return
    }
    guard TrustAnchor.holdsKeys(path: path) else { throw .trustAnchor(path: path) }
    try UnboundError.check(ub_ctx_add_ta_file(context, path)) { _ in .trustAnchor(path: path) }
  }
}

extension UnboundContext {
  /// Answers a zone from `records` alone, without DNSSEC; for tests that must not touch a network.
  func addLocalZone(_ zone: String, records: [String]) throws(UnboundError) {
    let code: Int32 = queue.sync {
      guard let handle else { return UB_INITFAIL.rawValue }
      var code = ub_ctx_zone_add(handle, zone, "static")
      for record in records where code == UB_NOERROR.rawValue { code = ub_ctx_data_add(handle, record) }
      return code
    }
    try UnboundError.check(code) { .configuration("local zone \(zone)", reason: $0) }
  }
}

extension Lookup {
  fileprivate var shutDown: Answer { failed(.internalError("the resolver has been shut down")) }
  fileprivate var cancelled: Answer { failed(.internalError("the look-up was cancelled")) }

  fileprivate func failed(_ failure: LookupFailure) -> Answer {
    Answer(question, .failure(failure), ttl: 0, security: .indeterminate)
  }
}

extension DomainName {
  /// Presentation format with the final dot, so that no search list can apply.
  fileprivate var absoluteText: String { isRoot ? "." : description + "." }
}

extension Duration {
  /// Milliseconds, rounded up, at least 1 and at most what Int32 holds.
  fileprivate var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let bounded = min(max(seconds, 0), Int64(Int32.max) / 1000 - 1)
    return max(1, Int(bounded * 1000 + (max(attoseconds, 0) + 999_999_999_999_999) / 1_000_000_000_000_000))
  }
}
