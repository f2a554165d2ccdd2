import JSON

/// What became of one call, for counters and logs: told once for every call that was answered, notifications included.
public struct CallRecord: Sendable {
  /// nil where no method of that name is there, or the message is no request.
  public let method: Method?
  /// As bound; nil where they could not be.
  public let parameters: JSONObject?
  public let caller: CallerContext
  /// nil for a result.
  public let error: RPCError?
}
