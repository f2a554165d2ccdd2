import DNS
import IDNA
import JSON
import JSONRPC
import Posture

/// The methods of the contract, each a declaration of its parameters and a few lines that ask the service.
struct Methods: Sendable {
  /// The most domains that one call may watch or give up.
  static let maximumDomains = 10_000
  static let maximumSelectors = 32
  static let defaultPage: Int64 = 1000
  static let maximumPage: Int64 = 10_000

  let desk: CheckDesk
  let keeper: Keeper
  let readiness: Readiness

  var table: MethodTable {
    MethodTable([
      checkDomain, checkPair, listWhitelist, listDomains, domainHistory, listChanges, watchDomains, unwatchDomains,
      setAssurance, healthMethod, discover,
    ])
  }

  private static let domain = Parameter("domain", .string)
  private static let maxAge = Parameter("maxAge", .integer(0...Int64(UInt32.max)), required: false)
  private static let standard = Parameter("standard", .string, required: false)
  private static let pageSize = Parameter("pageSize", .integer(1...maximumPage), required: false)
  private static let pageToken = Parameter("pageToken", .string, required: false)
  private static let since = Parameter("since", .integer(0...Int64.max), required: false)
  private static let organisation = Parameter("organisation", .string, required: false)
  private static let selectors = Parameter("selectors", .strings(maximum: maximumSelectors), required: false)

  // MARK: Checks

  private var checkDomain: Method {
    Method(
      "checkDomain", parameters: [Methods.domain, Methods.selectors, Methods.maxAge, Methods.standard],
      lend: { call, take throws(RPCError) in
        // The path of a fresh record: the bytes that are stored, nothing decoded.
        guard call["selectors"] == nil, call["maxAge"] == nil, call["standard"] == nil else { return false }
        guard let text = call["domain"]?.stringValue, let name = CanonicalName.domain(text) else { return false }
        return keeper.lendFreshRecord(of: name, take)
      },
      slow: { call async throws(RPCError) in
        let request = CheckRequest(
          domain: try Arguments.domain(call, "domain"), selectors: try Arguments.selectors(call),
          maxAge: call["maxAge"]?.integerValue, standard: call["standard"]?.stringValue,
          payer: Arguments.payer(call.caller))
        return .rendered(try await desk.record(request, within: Arguments.remaining(call.caller)))
      })
  }

  private var checkPair: Method {
    Method(
      "checkPair",
      parameters: [Parameter("sender", .string), Parameter("recipient", .string), Methods.maxAge, Methods.standard],
      fast: nil,
      slow: { call async throws(RPCError) in
        let sender = try Arguments.domain(call, "sender")
        let recipient = try Arguments.domain(call, "recipient")
        let pair = try await desk.pair(
          sender: sender, recipient: recipient, maxAge: call["maxAge"]?.integerValue,
          standard: call["standard"]?.stringValue, payer: Arguments.payer(call.caller),
          within: Arguments.remaining(call.caller))
        return .value(pair.json)
      })
  }

  // MARK: Lists

  private var listWhitelist: Method {
    Method(
      "listWhitelist",
      parameters: [
        Methods.pageSize, Methods.pageToken, Methods.since, Parameter("under", .string, required: false),
        Methods.standard,
      ],
      immediate: { call throws(RPCError) in
        let standard = try desk.standard(call["standard"]?.stringValue)
        guard standard.name == desk.standards.preferred.name else {
          throw RPCError(
            .invalidArgument, reason: "WHITELIST_OF_ONE_STANDARD",
            message: "Leave standard out: this service's whitelist is kept by \(desk.standards.preferred.name).",
            field: "standard")
        }
        return .value(
          try keeper.whitelistPage(
            size: Arguments.pageSize(call), token: call["pageToken"]?.stringValue,
            since: call["since"]?.integerValue.map { UInt64($0) },
            under: try Arguments.branch(call["under"]?.stringValue, "under")))
      })
  }

  private var listDomains: Method {
    Method(
      "listDomains",
      parameters: [
        Methods.organisation, Parameter("verdict", .string, required: false), Methods.pageSize, Methods.pageToken,
      ],
      fast: nil,
      slow: { call async throws(RPCError) in
        var verdict: Verdict?
        if let text = call["verdict"]?.stringValue {
          guard let known = Verdict(rawValue: text) else {
            throw RPCError(
              .invalidArgument, reason: "UNKNOWN_VERDICT",
              message: "Give one of \(Verdict.allCases.map(\.rawValue).joined(separator: ", ")).", field: "verdict")
          }
          verdict = known
        }
        return .value(
          try keeper.domainsPage(
            organisation: call["organisation"]?.stringValue, verdict: verdict, size: Arguments.pageSize(call),
            token: call["pageToken"]?.stringValue))
      })
  }

  private var domainHistory: Method {
    Method(
      "domainHistory", parameters: [Methods.domain, Methods.pageSize, Methods.pageToken],
      immediate: { call throws(RPCError) in
        .value(
          try keeper.history(
            of: try Arguments.domain(call, "domain").name, size: Arguments.pageSize(call),
            token: call["pageToken"]?.stringValue))
      })
  }

  private var listChanges: Method {
    Method(
      "listChanges",
      parameters: [
        Methods.since, Methods.organisation, Parameter("wait", .integer(0...60), required: false), Methods.pageSize,
        Methods.pageToken,
      ],
      fast: nil,
      slow: { call async throws(RPCError) in
        .value(
          try await keeper.changes(
            since: call["since"]?.integerValue.map { UInt64($0) }, organisation: call["organisation"]?.stringValue,
            wait: call["wait"]?.integerValue ?? 0, size: Arguments.pageSize(call),
            token: call["pageToken"]?.stringValue))
      })
  }

  // MARK: Administration

  private var watchDomains: Method {
    Method(
      "watchDomains",
      parameters: [
        Parameter("domains", .strings(maximum: Methods.maximumDomains)), Methods.organisation, Methods.selectors,
      ],
      role: .admin, fast: nil,
      slow: { call async throws(RPCError) in
        .value(
          try await keeper.watch(
            try Arguments.domains(call), organisation: try Arguments.organisation(call),
            selectors: try Arguments.selectors(call), caller: call.caller))
      })
  }

  private var unwatchDomains: Method {
    Method(
      "unwatchDomains",
      parameters: [Parameter("domains", .strings(maximum: Methods.maximumDomains)), Methods.organisation],
      role: .admin, fast: nil,
      slow: { call async throws(RPCError) in
        .value(
          try await keeper.unwatch(
            try Arguments.domains(call),
            organisation: call["organisation"] == nil ? nil : try Arguments.organisation(call), caller: call.caller))
      })
  }

  private var setAssurance: Method {
    Method(
      "setAssurance",
      parameters: [
        Methods.domain, Parameter("scheme", .string), Parameter("reference", .string), Parameter("validUntil", .string),
      ],
      role: .admin, fast: nil,
      slow: { call async throws(RPCError) in
        let domain = try Arguments.domain(call, "domain")
        let assurance = try Arguments.assurance(call)
        try await keeper.setAssurance(assurance, of: domain.name, caller: call.caller)
        // Judged anew with it, by the evidence that is kept.
        _ = try await desk.renew(CheckRequest(domain: domain), within: Arguments.remaining(call.caller))
        return .rendered(
          try await desk.record(CheckRequest(domain: domain), within: Arguments.remaining(call.caller)))
      })
  }

  // MARK: The service itself

  private var healthMethod: Method {
    Method(
      "health", parameters: [Parameter("service", .string, required: false)], role: nil,
      fast: { call throws(RPCError) in
        // gRPC's health protocol: an empty name is the server as a whole; one that it does not serve is NOT_FOUND.
        let service = call["service"]?.stringValue ?? ""
        guard service.isEmpty || service == "hallmark" else {
          throw RPCError(
            .notFound, reason: "UNKNOWN_SERVICE", message: "Leave service out, or give hallmark.", field: "service")
        }
        return readiness.recent().map { .value(["status": .string($0.name)]) }
      },
      slow: { _ in .value(["status": .string(await readiness.status().name)]) })
  }

  private var discover: Method {
    Method("rpc.discover", immediate: { _ in .rendered(Embedded.openRPC) })
  }
}
