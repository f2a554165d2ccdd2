import DNS
import Posture

/// What an address as such said last, where that was no.
///
/// A thousand MX names may lead to one address. Whether anyone listens there, and whether he has had enough of us, does not
/// depend on the name: what one name met holds for the others, so that a silent address costs one time-out and not a
/// thousand, and a server that asks to be left alone is left alone.
struct AddressMemory {
  /// The most addresses that are held.
  static let maximum = 10_000

  private struct Place: Hashable {
    let address: IPAddress
    let port: UInt16
  }

  private var refusals: [Place: Observed<EndpointObservation>] = [:]

  /// What holds for the endpoint without a connection; nil where it may be asked.
  ///
  /// - Parameter notBefore: evidence observed before it does not count; but who asked to be left alone is, whoever asks.
  func refusal(_ key: EndpointKey, notBefore: Timestamp?, at now: Timestamp) -> Observed<EndpointObservation>? {
    guard let found = refusals[Place(address: key.address, port: key.port)], found.expiresAt > now,
      let failure = found.value.failure
    else { return nil }
    let isNew = notBefore.map { found.observedAt >= $0 } ?? true
    return isNew || failure.isRequestToWait ? found : nil
  }

  /// What was seen there last, expired or not: the row of failures goes on from it.
  func last(_ key: EndpointKey) -> Observed<EndpointObservation>? {
    refusals[Place(address: key.address, port: key.port)]
  }

  mutating func note(_ observed: Observed<EndpointObservation>, at key: EndpointKey) {
    let place = Place(address: key.address, port: key.port)
    guard let failure = observed.value.failure, failure.isOfTheAddress || failure.isRequestToWait else {
      refusals[place] = nil
      return
    }
    if refusals.count >= AddressMemory.maximum {
      refusals = refusals.filter { $0.value.expiresAt > observed.observedAt }
      if refusals.count >= AddressMemory.maximum { refusals = [:] }
    }
    refusals[place] = observed
  }
}
