import CUnbound

/// Why a resolver could not be made.
public enum UnboundError: Error, Hashable {
  case noMemory
  /// libunbound refused an option or an address.
  case configuration(String, reason: String)
  /// The file cannot be read, or holds no DS or DNSKEY record that libunbound accepts.
  case trustAnchor(path: String)
  case resolvConf(path: String)
  /// libunbound would not start with what it was given.
  case start(reason: String)

  /// The one place where a return code of libunbound becomes an error.
  static func check(_ code: Int32, _ failure: (String) -> UnboundError) throws(UnboundError) {
    guard code != UB_NOERROR.rawValue else { return }
    throw failure(reason(code))
  }

  static func reason(_ code: Int32) -> String {
    ub_strerror(code).map { String(cString: $0) } ?? "error \(code)"
  }
}

extension UnboundError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noMemory: "the resolver could not be made: out of memory"
    case .configuration(let setting, let reason): "the resolver does not accept \(setting): \(reason)"
    case .trustAnchor(let path): "the trust anchor file \(path) cannot be read or holds no valid DS or DNSKEY record"
    case .resolvConf(let path): "the file \(path) that names the resolvers cannot be read"
    case .start(let reason): "the resolver could not start: \(reason)"
    }
  }
}
