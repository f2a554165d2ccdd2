import JSON

/// What a call gives.
public enum RPCResult: Sendable {
  case value(JSONValue)
  /// JSON text that goes out as it is.
  case rendered([UInt8])
}

/// One method: its parameters in the order of their positions, who may call it, and how it answers.
///
/// A class, because it is handed on with every call.
public final class Method: Sendable {
  /// Lends JSON text that is there already to `take`, once, and returns true; false: what was lent is taken back, and `fast` is asked.
  /// As that one it must not wait.
  public typealias Lend = @Sendable (Call, _ take: (UnsafeRawBufferPointer) -> Void) throws(RPCError) -> Bool
  /// Answers at once, on the thread that carries the connection, and so must not wait; nil: ask `slow`.
  public typealias Fast = @Sendable (Call) throws(RPCError) -> RPCResult?
  /// Answers when it can. Its task is cancelled when nobody waits for the answer any more, so work that must go on
  /// belongs to a task of its own.
  public typealias Slow = @Sendable (Call) async throws(RPCError) -> RPCResult

  public let name: String
  public let parameters: [Parameter]
  /// nil: everybody may call it.
  public let role: Role?
  let lend: Lend?
  let fast: Fast?
  let slow: Slow?

  public init(
    _ name: String, parameters: [Parameter] = [], role: Role? = .reader, lend: Lend? = nil, fast: Fast? = nil,
    slow: @escaping Slow
  ) {
    self.name = name
    self.parameters = parameters
    self.role = role
    self.lend = lend
    self.fast = fast
    self.slow = slow
  }

  /// A method that always answers at once.
  public init(
    _ name: String, parameters: [Parameter] = [], role: Role? = .reader,
    immediate: @escaping @Sendable (Call) throws(RPCError) -> RPCResult
  ) {
    self.name = name
    self.parameters = parameters
    self.role = role
    lend = nil
    fast = { call throws(RPCError) in try immediate(call) }
    slow = nil
  }

  /// - Throws: UNAUTHENTICATED or PERMISSION_DENIED where the caller may not.
  func admit(_ caller: CallerContext) throws(RPCError) {
    guard let role else { return }
    guard let held = caller.role else { throw Method.unauthenticated }
    guard held >= role else {
      throw RPCError(
        .permissionDenied, reason: "ROLE_REQUIRED", message: "Call \(name) with a token of the role \(role.rawValue).")
    }
  }

  static let unauthenticated = RPCError(
    .unauthenticated, reason: "TOKEN_REQUIRED", message: "Send an access token as Authorization: Bearer TOKEN.")
}

/// The methods by name.
public struct MethodTable: Sendable {
  private var methods: [String: Method] = [:]

  /// Of methods with one name, the last stands.
  public init(_ methods: [Method]) {
    for method in methods { self.methods[method.name] = method }
  }

  public subscript(name: String) -> Method? { methods[name] }
  public var all: [Method] { Array(methods.values) }
}
