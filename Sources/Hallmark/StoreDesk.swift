import DNS
import IDNA
import JSON
import JSONRPC
import Logging
import Posture

/// What the command line does with a store, without a service.
public final class StoreDesk: Sendable {
  /// Entries that are read at one time.
  static let page = 1000

  private let keeper: Keeper

  /// Opens the store of the settings; to change it is refused while a service has it open.
  ///
  /// - Parameters:
  ///   - settings: name the store and the standard.
  ///   - writes: the command changes the store.
  public init(_ settings: Settings, writes: Bool) throws {
    let store = try HallmarkService.openStore(settings.store, isReadOnly: !writes)
    let standards = try Standards(preferred: settings.standard, reading: TextFile.read)
    var log = Logger(label: "hallmarkd") { _ in SwiftLogNoOpLogHandler() }
    log.logLevel = .critical
    keeper = Keeper(store: store, standards: standards, clock: .system, log: log)
  }

  /// Adds domains to the watch list; says in a line how many.
  public func watch(_ names: [String], organisation: String) async throws -> String {
    let result = try await keeper.watch(
      try domains(names), organisation: organisation, selectors: [], caller: StoreDesk.caller)
    await keeper.store.close()
    return "\(number(result["added"])) added, \(number(result["unchanged"])) unchanged\n"
  }

  /// Takes domains off it, for an organisation or with nil for all; says in a line how many.
  public func unwatch(_ names: [String], organisation: String?) async throws -> String {
    let result = try await keeper.unwatch(try domains(names), organisation: organisation, caller: StoreDesk.caller)
    await keeper.store.close()
    return "\(number(result["removed"])) removed, \(number(result["unknown"])) unknown\n"
  }

  /// Prints the watched domains, a line each.
  public func watched(organisation: String?, print: (String) -> Void) throws {
    var after: DomainName?
    repeat {
      let page = try keeper.store.domains(organisation: organisation, after: after, limit: StoreDesk.page)
      for entry in page.domains { print("\(entry.domain)\n") }
      after = page.next
    } while after != nil
  }

  /// Prints the whitelist in one of `WhitelistFormat`.
  public func whitelist(format: String, print: @escaping (String) -> Void) async throws {
    guard let format = WhitelistFormat(rawValue: format) else {
      let names = WhitelistFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw SettingsError("--format: there is no format \(format); there are \(names)")
    }
    try await keeper.export(format) { print(String(decoding: $0, as: UTF8.self)) }
  }

  /// Copies the store, which may be in use, into a directory that is new or empty.
  public func backup(to directory: String) async throws { try await keeper.store.backup(to: directory) }

  private static let caller = CallerContext(role: .admin, name: "command line")

  private func number(_ value: JSONValue?) -> Int64 { value?.integerValue ?? 0 }

  private func domains(_ names: [String]) throws(SettingsError) -> [MailDomain] {
    var domains: [MailDomain] = []
    for name in names {
      do {
        domains.append(try MailDomain(validating: name))
      } catch {
        throw SettingsError("\(TextReport.printable(name)): \(error.message)")
      }
    }
    return domains
  }
}
