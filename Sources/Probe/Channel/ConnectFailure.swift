import NIOCore
import Posture

#if canImport(Glibc)
  import Glibc
#endif

/// Why a connection did not come about.
struct ConnectFailure: Error, Hashable {
  let kind: ProbeFailure.Kind
  /// A phrase without a full stop.
  let reason: String

  init(kind: ProbeFailure.Kind, reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Reads an error of the connection.
  ///
  /// - ENETUNREACH, EAFNOSUPPORT, and for IPv6 EADDRNOTAVAIL (which is what Linux says where IPv6 is switched off):
  ///   no route of our own, no evidence.
  /// - ECONNREFUSED: the host says that nobody listens there.
  /// - everything else, EHOSTUNREACH and time-outs among it: temporary.
  init(_ error: any Error, isIPv6: Bool) {
    if case ChannelError.connectTimeout = error {
      self.init(kind: .temporary, reason: "the connection timed out")
    } else if let error = error as? IOError {
      self.init(errno: error.errnoCode, isIPv6: isIPv6)
    } else if let error = error as? ConnectFailure {
      self = error
    } else {
      self.init(kind: .temporary, reason: "the connection was closed before it came about")
    }
  }

  init(errno code: CInt, isIPv6: Bool) {
    let family = isIPv6 ? "IPv6" : "IPv4"
    switch code {
    case ENETUNREACH: self.init(kind: .noRoute, reason: "this machine has no \(family) route to the address")
    case EAFNOSUPPORT: self.init(kind: .noRoute, reason: "this machine has no \(family)")
    case EADDRNOTAVAIL where isIPv6: self.init(kind: .noRoute, reason: "this machine has no IPv6 address")
    case ECONNREFUSED: self.init(kind: .refused, reason: "the connection was refused")
    case EHOSTUNREACH: self.init(kind: .temporary, reason: "the host cannot be reached")
    case ETIMEDOUT: self.init(kind: .temporary, reason: "the connection timed out")
    case ECONNRESET: self.init(kind: .temporary, reason: "the connection was reset")
    default: self.init(kind: .temporary, reason: "the connection failed (errno \(code))")
    }
  }
}

/// What ended a connection that had come about, in words.
func interruption(_ error: any Error) -> String {
  guard let error = error as? IOError else { return "the connection broke" }
  return error.errnoCode == ECONNRESET ? "the connection was reset" : "the connection broke (errno \(error.errnoCode))"
}
