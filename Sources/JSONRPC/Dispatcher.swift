import JSON

/// Turns the text of a request or batch into calls, and their results into the text of the answer.
public final class Dispatcher: Sendable {
  /// Calls in one batch. JSON-RPC 2.0 section 6 sets no limit; without one a body of 1 MiB is 26,000 calls.
  public static let maximumBatch = 100

  public enum Outcome: Sendable {
    /// The answer was written. Where everything in it is refused for want of a token, a transport may say so in its own way.
    case reply(isUnauthenticated: Bool)
    /// All were notifications: nothing is sent (JSON-RPC 2.0 section 4.1).
    case silence
    /// Some call could not be answered at once, and nothing was written: run the exchange.
    case pending(Exchange)
  }

  /// What became of one call.
  private enum Trial {
    case written(isUnauthenticated: Bool)
    /// A notification was heeded.
    case silence
    case waiting(Exchange.Waiting)
  }

  private let methods: MethodTable
  private let limits: JSONLimits
  private let observer: Observer?

  /// Told of every call once it is answered, on whatever thread that happens; it must not wait.
  public typealias Observer = @Sendable (CallRecord) -> Void

  public init(_ methods: MethodTable, limits: JSONLimits = .init(), observer: Observer? = nil) {
    self.methods = methods
    self.limits = limits
    self.observer = observer
  }

  /// Does all that can be done without waiting; it takes time with the length of the text alone.
  ///
  /// - Parameters:
  ///   - body: the text of the request or batch.
  ///   - caller: who asks.
  ///   - text: where the answer is written, behind what is there.
  public func handle(
    _ body: some Collection<UInt8>, caller: CallerContext, into text: inout some ReplyText
  ) -> Outcome {
    var known: RepeatedCall?
    return body.withContiguousStorageIfAvailable { handle($0, caller: caller, behind: &known, into: &text) }
      ?? Array(body).withUnsafeBufferPointer { handle($0, caller: caller, behind: &known, into: &text) }
  }

  /// As the above; for who has the octets at one place.
  ///
  /// - Parameters:
  ///   - body: the text of the request or batch.
  ///   - caller: who asks.
  ///   - known: the call that came before on the same connection, and afterwards this one, or the first of this batch.
  ///   - text: where the answer is written, behind what is there.
  public func handle(
    _ body: UnsafeBufferPointer<UInt8>, caller: CallerContext, behind known: inout RepeatedCall?,
    into text: inout some ReplyText
  ) -> Outcome {
    if let known {
      if let call = known.next(body) { return outcome(attempt(call, caller, &text)) }
      if let calls = known.batch(body, limit: Dispatcher.maximumBatch) {
        return batch(calls, &text) { attempt($0, caller, &$1) }
      }
    }
    let message: JSONValue
    do {
      message = try JSONValue(parsing: body, limits: limits)
    } catch {
      return refuse(.parseError(error), caller, &text)
    }
    guard case .array(let elements) = message else {
      return outcome(attempt(message, caller, &text) { known = RepeatedCall(body, $0, $1) ?? known })
    }
    // Section 6: an empty array is no batch, and is answered by one object.
    guard !elements.isEmpty else {
      return refuse(.invalidRequest("Send at least one call in a batch."), caller, &text)
    }
    guard elements.count <= Dispatcher.maximumBatch else {
      let message = "Send at most \(Dispatcher.maximumBatch) calls in a batch."
      return refuse(.invalidRequest(message, reason: "BATCH_TOO_LARGE"), caller, &text)
    }
    var isFirst = true
    return batch(elements, &text) { element, text in
      defer { isFirst = false }
      return attempt(element, caller, &text) {
        if isFirst { known = RepeatedCall(firstOf: body, $0, $1) ?? known }
      }
    }
  }

  /// Answers a text that holds no call.
  private func refuse(_ error: RPCError, _ caller: CallerContext, _ text: inout some ReplyText) -> Outcome {
    observer?(CallRecord(method: nil, parameters: nil, caller: caller, error: error))
    return outcome(Dispatcher.write(error, .null, &text))
  }

  private func outcome(_ trial: Trial) -> Outcome {
    switch trial {
    case .written(let isUnauthenticated): .reply(isUnauthenticated: isUnauthenticated)
    case .silence: .silence
    case .waiting(let call): .pending(Exchange([.waiting(call)], isBatch: false))
    }
  }

  private func batch<Element, Text: ReplyText>(
    _ elements: [Element], _ text: inout Text, _ attempt: (Element, inout Text) -> Trial
  ) -> Outcome {
    let start = text.count
    var trials: [(trial: Trial, place: Range<Int>)] = []
    trials.reserveCapacity(elements.count)
    for element in elements {
      text.append(text.count == start ? "[" : ",")
      let place = text.count
      let trial = attempt(element, &text)
      // Nothing was written: the mark before it goes too.
      if place == text.count { text.truncate(to: place - 1) }
      trials.append((trial, place..<max(place, text.count)))
    }
    if trials.contains(where: { if case .waiting = $0.trial { true } else { false } }) {
      let slots = trials.map { trial, place -> Exchange.Slot in
        switch trial {
        case .written(let isUnauthenticated):
          .answered(RPCReply(bytes: text.octets(place), isUnauthenticated: isUnauthenticated))
        case .silence: .answered(nil)
        case .waiting(let call): .waiting(call)
        }
      }
      text.truncate(to: start)
      return .pending(Exchange(slots, isBatch: true))
    }
    // JSON-RPC 2.0 section 6: never an empty array.
    guard text.count > start else { return .silence }
    text.append("]")
    return .reply(
      isUnauthenticated: trials.allSatisfy { trial, _ in
        if case .written(let isUnauthenticated) = trial { isUnauthenticated } else { true }
      })
  }

  /// - Parameter note: told of a call that can be made.
  private func attempt(
    _ message: JSONValue, _ caller: CallerContext, _ text: inout some ReplyText, note: (Request, BoundCall) -> Void
  ) -> Trial {
    let request: Request
    do {
      request = try Request(message)
    } catch {
      observer?(CallRecord(method: nil, parameters: nil, caller: caller, error: error.error))
      return Dispatcher.write(error.error, error.id, &text)
    }
    return attempt(methods[request.method], request.id, caller, &text, given: request.params?.objectValue) {
      method throws(RPCError) in
      let call = try BoundCall(request, to: method)
      note(request, call)
      return call.parameters
    }
  }

  private func attempt(_ call: BoundCall, _ caller: CallerContext, _ text: inout some ReplyText) -> Trial {
    attempt(call.method, call.id, caller, &text, given: call.parameters) { _ in call.parameters }
  }

  /// - Parameters:
  ///   - given: what is told of the parameters of a call that is refused.
  ///   - bind: gives the parameters, once it is known that the caller may call the method.
  private func attempt(
    _ method: Method?, _ id: JSONValue?, _ caller: CallerContext, _ text: inout some ReplyText,
    given: @autoclosure () -> JSONObject?, bind: (Method) throws(RPCError) -> JSONObject
  ) -> Trial {
    let start = text.count
    do throws(RPCError) {
      guard let method else { throw RPCError.methodNotFound }
      try method.admit(caller)
      let call = Call(method: method.name, parameters: try bind(method), caller: caller)
      return try attempt(call, of: method, id: id, &text)
    } catch {
      text.truncate(to: start)
      observer?(CallRecord(method: method, parameters: given(), caller: caller, error: error))
      return Dispatcher.write(error, id, &text)
    }
  }

  private func attempt(
    _ call: Call, of method: Method, id: JSONValue?, _ text: inout some ReplyText
  ) throws(RPCError) -> Trial {
    let start = text.count
    let isLent = try method.lend?(call) { octets in
      if let id { text.append(result: octets, id: id) }
    }
    if isLent != true {
      text.truncate(to: start)
      guard let result = try method.fast?(call) else {
        guard let slow = method.slow else { throw RPCError.fault }
        return .waiting(Exchange.Waiting(id: id, method: method, call: call, slow: slow, observer: observer))
      }
      if let id { text.append(result, id: id) }
    }
    observer?(CallRecord(method: method, parameters: call.parameters, caller: call.caller, error: nil))
    return id == nil ? .silence : .written(isUnauthenticated: false)
  }

  private static func write(_ error: RPCError, _ id: JSONValue?, _ text: inout some ReplyText) -> Trial {
    guard let id else { return .silence }
    text.append(error, id: id)
    return .written(isUnauthenticated: error.status == .unauthenticated)
  }
}
