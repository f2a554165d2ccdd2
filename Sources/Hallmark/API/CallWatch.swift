import JSON
import JSONRPC
import Logging

/// Counts calls, and writes down the failures that somebody must be able to find again; one for each event loop.
struct CallWatch: Sendable {
  private let metrics: Metrics
  private let log: Logger
  /// Found without a lock by what is called most.
  private let successes: [(method: Method, counter: Counter)]

  init(_ table: MethodTable, metrics: Metrics, log: Logger) {
    self.metrics = metrics
    self.log = log
    successes = table.all.map { ($0, metrics.calls[$0.name, "OK"].part()) }
  }

  func note(_ record: CallRecord) {
    guard let error = record.error else {
      successes.first { $0.method === record.method }?.counter.add()
      return
    }
    metrics.calls.add(record.method?.name ?? "none", error.status.name)
    // What was done is written down where it is done; this is what was not.
    if record.method?.role == .admin {
      log.notice("an administrator's call was refused", metadata: AuditTrail.metadata(record, error))
    }
    if error.status == .internal {
      log.error(
        "a call failed by a fault of the service",
        metadata: ["method": "\(record.method?.name ?? "")", "request": "\(record.caller.requestID)"])
    }
  }
}

/// How an administrator's call stands in the log: who, what, how many, what became of it.
enum AuditTrail {
  static func metadata(
    _ action: String, _ caller: CallerContext, outcome: String, _ details: [String: String]
  ) -> Logger.Metadata {
    [
      "audit": "true", "action": "\(action)", "caller": "\(caller.name.isEmpty ? "loopback" : caller.name)",
      "address": "\(caller.address)", "request": "\(caller.requestID)", "outcome": "\(outcome)",
      "details": "\(details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))",
    ]
  }

  static func metadata(_ record: CallRecord, _ error: RPCError) -> Logger.Metadata {
    var details: [String: String] = [:]
    for (name, value) in record.parameters ?? [:] {
      switch value {
      case .array(let elements): details[name] = "\(elements.count)"
      case .string(let text): details[name] = text
      default: break
      }
    }
    return metadata(record.method?.name ?? "", record.caller, outcome: error.reason, details)
  }
}
