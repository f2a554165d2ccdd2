import IDNA
import JSON
import JSONRPC
import NIOPosix
import Posture
import Synchronization

/// Exit statuses of check and pair.
public enum CheckStatus: Int32, Sendable {
  case secure = 0
  case insecure = 1
  case failure = 2
  case undetermined = 3

  /// The worst of several, in the order 2, 1, 3, 0.
  func worse(_ other: CheckStatus) -> CheckStatus {
    [.failure, .insecure, .undetermined, .secure].first { $0 == self || $0 == other } ?? .failure
  }

  init(_ verdict: Verdict) {
    switch verdict {
    case .secure, .noMail: self = .secure
    case .insecure: self = .insecure
    case .unknown: self = .undetermined
    }
  }
}

/// Checks without a server and without a store, for the command line.
public final class Workshop: Sendable {
  /// How many domains of a list are checked at one time; each has some ten questions under way with the resolver at most.
  static let concurrency = 128
  /// How long work goes on before progress is shown.
  static let progressAfter = Duration.seconds(1)

  private let desk: CheckDesk

  /// - Parameters:
  ///   - settings: say whom to ask and what to hold domains against.
  ///   - trace: told of every look-up and of every line of a dialogue.
  public init(_ settings: Settings, trace: Laboratory.Trace? = nil) throws {
    let clock = WallClock.system
    let standards = try Standards(preferred: settings.standard, reading: TextFile.read)
    let laboratory = try Laboratory(
      settings, clock: clock, group: MultiThreadedEventLoopGroup.singleton, trace: trace)
    desk = CheckDesk(settings, laboratory: laboratory, keeper: nil, standards: standards, clock: clock)
  }

  /// Checks domains beside each other and prints them in the order they were given.
  public func check(
    _ names: [String], selectors: [String], json: Bool, progress: (@Sendable (String) -> Void)?,
    print: @escaping @Sendable (String) -> Void
  ) async -> CheckStatus {
    let started = ContinuousClock.now
    var waiting: [Int: (String, CheckStatus)] = [:]
    var next = 0
    var worst = CheckStatus.secure
    await withTaskGroup(of: (Int, String, CheckStatus).self) { group in
      var handedOut = 0
      func handOut() {
        guard handedOut < names.count else { return }
        let index = handedOut
        handedOut += 1
        group.addTask { [self] in
          let (text, status) = await checkOne(names[index], selectors: selectors, json: json)
          return (index, text, status)
        }
      }
      for _ in 0..<min(Workshop.concurrency, names.count) { handOut() }
      for await (index, text, status) in group {
        handOut()
        waiting[index] = (text, status)
        while let (text, status) = waiting.removeValue(forKey: next) {
          print(text)
          worst = worst.worse(status)
          next += 1
        }
        if let progress, ContinuousClock.now - started > Workshop.progressAfter {
          progress("\r\(next) of \(names.count) domains")
        }
      }
    }
    if let progress, ContinuousClock.now - started > Workshop.progressAfter { progress("\r\u{1b}[K") }
    return worst
  }

  private func checkOne(_ name: String, selectors: [String], json: Bool) async -> (String, CheckStatus) {
    do {
      let domain = try MailDomain(validating: name)
      let examination = try await desk.examination(CheckRequest(domain: domain, selectors: selectors))
      let record = examination.record(by: desk.standards.preferred)
      let value = record.json(stale: false, revision: 0)
      let text = json ? String(decoding: value.serialized(), as: UTF8.self) + "\n" : TextReport.domain(value)
      return (text, CheckStatus(record.verdict))
    } catch {
      return (Workshop.complaint(name, error, json: json), .failure)
    }
  }

  /// A name that could not be checked has its line too, so that none is lost.
  private static func complaint(_ name: String, _ error: any Error, json: Bool) -> String {
    let message = (error as? MailDomainError)?.message ?? (error as? RPCError)?.message ?? "\(error)"
    let reason = (error as? MailDomainError)?.reason.rawValue ?? (error as? RPCError)?.reason ?? "FAILED"
    guard json else { return "\(TextReport.printable(name)): \(message)\n" }
    let value: JSONValue = [
      "domain": .string(name), "error": ["reason": .string(reason), "message": .string(message)],
    ]
    return String(decoding: value.serialized(), as: UTF8.self) + "\n"
  }

  /// Looks at both domains, and prints whether mail from one to the other would be secure.
  public func pair(
    sender: String, recipient: String, json: Bool, print: @Sendable (String) -> Void
  ) async throws -> CheckStatus {
    do {
      let verdict = try await desk.pair(
        sender: MailDomain(validating: sender), recipient: MailDomain(validating: recipient), maxAge: nil, standard: nil
      )
      let value = verdict.json
      print(json ? String(decoding: value.serialized(), as: UTF8.self) + "\n" : TextReport.pair(value))
      return verdict.secure.map { $0 ? .secure : .insecure } ?? .undetermined
    } catch let error as MailDomainError {
      throw SettingsError("pair: \(error.message)")
    } catch let error as RPCError {
      throw SettingsError("pair: \(error.message)")
    }
  }
}
