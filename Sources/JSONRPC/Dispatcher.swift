import JSON

/// Turns the text of a request or batch into calls, and their results into the text of the answer.
public struct Dispatcher: Sendable {
  /// Calls in one batch. JSON-RPC 2.0 section 6 sets no limit; without one a body of 1 MiB is 26,000 calls.
  public static let maximumBatch = 100

  public enum Outcome: Sendable {
    case reply(RPCReply)
    /// All were notifications: nothing is sent (JSON-RPC 2.0 section 4.1).
    case silence
    /// Some call could not be answered at once: run the exchange.
    case pending(Exchange)
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
  public func handle(_ body: some Collection<UInt8>, caller: CallerContext) -> Outcome {
    var known: RepeatedCall?
    return body.withContiguousStorageIfAvailable { handle($0, caller: caller, behind: &known) }
      ?? Array(body).withUnsafeBufferPointer { handle($0, caller: caller, behind: &known) }
  }

  /// As the above; for who has the octets at one place.
  ///
  /// - Parameters:
  ///   - body: the text of the request or batch.
  ///   - caller: who asks.
  ///   - known: the call that came before on the same connection, and afterwards this one.
  public func handle(
    _ body: UnsafeBufferPointer<UInt8>, caller: CallerContext, behind known: inout RepeatedCall?
  ) -> Outcome {
    if let request = known?.next(body) { return outcome(attempt(request, caller)) }
    let message: JSONValue
    do {
      message = try JSONValue(parsing: body, limits: limits)
    } catch {
      return .reply(refusal(.parseError(error), caller))
    }
    guard case .array(let elements) = message else {
      return outcome(attempt(message, caller) { known = RepeatedCall(body, $0) ?? known })
    }
    // Section 6: an empty array is no batch, and is answered by one object.
    guard !elements.isEmpty else {
      return .reply(refusal(.invalidRequest("Send at least one call in a batch."), caller))
    }
    guard elements.count <= Dispatcher.maximumBatch else {
      let text = "Send at most \(Dispatcher.maximumBatch) calls in a batch."
      return .reply(refusal(.invalidRequest(text, reason: "BATCH_TOO_LARGE"), caller))
    }
    return batch(elements, caller)
  }

  /// The answer to a text that holds no call.
  private func refusal(_ error: RPCError, _ caller: CallerContext) -> RPCReply {
    observer?(CallRecord(method: nil, parameters: nil, caller: caller, error: error))
    return RPCReply(error)
  }

  private func outcome(_ slot: Exchange.Slot) -> Outcome {
    switch slot {
    case .answered(let reply?): .reply(reply)
    case .answered(nil): .silence
    case .waiting(let call): .pending(Exchange([.waiting(call)], isBatch: false))
    }
  }

  private func batch(_ elements: [JSONValue], _ caller: CallerContext) -> Outcome {
    let slots = elements.map { attempt($0, caller) }
    let waits = slots.contains { if case .waiting = $0 { true } else { false } }
    if waits { return .pending(Exchange(slots, isBatch: true)) }
    return Exchange.assemble(slots, isBatch: true).map(Outcome.reply) ?? .silence
  }

  /// - Parameter note: told of what is a request.
  private func attempt(
    _ message: JSONValue, _ caller: CallerContext, note: (Request) -> Void = { _ in }
  ) -> Exchange.Slot {
    do {
      let request = try Request(message)
      note(request)
      return attempt(request, caller)
    } catch {
      observer?(CallRecord(method: nil, parameters: nil, caller: caller, error: error.error))
      return .answered(RPCReply(error.error, id: error.id))
    }
  }

  private func attempt(_ request: Request, _ caller: CallerContext) -> Exchange.Slot {
    let method = methods[request.method]
    do {
      guard let method else { throw RPCError.methodNotFound }
      try method.admit(caller)
      let call = try Call(method, params: request.params, caller: caller)
      return try attempt(call, of: method, id: request.id)
    } catch {
      let error = error as? RPCError ?? .fault
      observer?(CallRecord(method: method, parameters: request.params?.objectValue, caller: caller, error: error))
      return .answered(request.id.map { RPCReply(error, id: $0) })
    }
  }

  private func attempt(_ call: Call, of method: Method, id: JSONValue?) throws(RPCError) -> Exchange.Slot {
    if let result = try method.fast?(call) {
      observer?(CallRecord(method: method, parameters: call.parameters, caller: call.caller, error: nil))
      return .answered(id.map { RPCReply(result, id: $0) })
    }
    guard let slow = method.slow else { throw RPCError.fault }
    return .waiting(Exchange.Waiting(id: id, method: method, call: call, slow: slow, observer: observer))
  }
}
