import DNS
import Foundation
import JSON
import Posture
import Synchronization
import Testing

@testable import Hallmark

/// Who is asked, how often, and how many at once, in a world with a clock of its own.
@Suite struct EndpointObserverTests {
  private static func key(_ name: String = "mx.example", _ address: String = "192.0.1.1") throws -> EndpointKey {
    EndpointKey(
      address: try #require(IPAddress(address)), port: 25, serverName: try #require(DomainName(name)))
  }

  // MARK: Sharing

  @Test func `a thousand cold checks that share an endpoint cause one probe and one round of versions`() async throws {
    let world = EndpointWorld()
    let observer = Observer(
      judge: Judge { _, _, _, _ in DANEMatch(usable: 0, matches: false) }, endpoints: world.endpoints(),
      freshness: Freshness(), clock: world.clock, timeout: .seconds(300))
    let instruments = world.instruments
    let judged = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<1000 {
        group.addTask {
          guard let domain = DomainName("d\(number).example") else { return false }
          let subject = Subject(domain: domain, unicodeDomain: nil, selectors: [], assurance: nil, smtpPort: 25)
          let examination = await observer.assess(subject, from: Evidence(), maxAge: nil, with: instruments)
          return examination.facts.hosts.first?.endpoints.first?.state == .tls
        }
      }
      return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(judged == 1000)
    #expect(world.observations == 1)
    #expect(world.rounds == 1)
  }

  @Test func `never two at once to one address, whatever its names`() async throws {
    let world = EndpointWorld()
    let endpoints = world.endpoints()
    let instruments = world.instruments
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<60 {
        group.addTask {
          guard let key = try? Self.key("mx\(number).example", "192.0.1.\(1 + number % 6)") else { return }
          _ = await endpoints.endpoint(key, notBefore: nil, with: instruments)
          _ = await endpoints.versions(VersionsKey(endpoint: key, best: .tls13), with: instruments)
        }
      }
    }
    let notes = world.notes.withLock { ($0.observed.count, $0.versions.count, $0.mostAtOneAddress, $0.mostInAll) }
    #expect(notes.0 == 60 && notes.1 == 60)
    #expect(notes.2 == 1)
    #expect(notes.3 > 1, "other addresses do not wait")
  }

  @Test func `policies are not shared, and one host is not overrun`() async throws {
    let world = EndpointWorld()
    let endpoints = world.endpoints()
    let instruments = world.instruments
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<60 {
        group.addTask {
          guard let host = DomainName("mta-sts.d\(number).example"), let address = IPAddress("192.0.1.9") else {
            return
          }
          _ = await endpoints.policy(PolicyFetchKey(host: host, addresses: [address]), with: instruments)
        }
      }
    }
    #expect(world.notes.withLock { $0.fetches } == 60)
    #expect(world.notes.withLock { $0.mostAtOneAddress } <= EndpointObserver.maximumFetchesPerAddress)
  }

  // MARK: Waits

  @Test func `a server that says 421 is left alone, longer each time, by every name and by forced checks`() async throws
  {
    let world = EndpointWorld(answer: { _ in EndpointWorld.busy })
    let endpoints = world.endpoints()
    let one = try Self.key("mx1.example")
    let two = try Self.key("mx2.example")
    for (round, wait) in [Int64(60), 120, 240, 480, 960, 1920, 3600, 3600].enumerated() {
      let forced = world.clock.now
      let first = await endpoints.endpoint(one, notBefore: nil, with: world.instruments)
      #expect(first?.value.failure?.reply == "421 busy")
      #expect(first.map { $0.expiresAt - $0.observedAt } == wait)
      let second = await endpoints.endpoint(two, notBefore: nil, with: world.instruments)
      #expect(second?.value.failure?.reply == "421 busy")
      #expect(second?.expiresAt == first?.expiresAt, "the other name waits as long")
      world.pass(wait - 1)
      let third = await endpoints.endpoint(one, notBefore: forced + (wait - 1), with: world.instruments)
      #expect(third == first)
      let versions = await endpoints.versions(VersionsKey(endpoint: two, best: .tls13), with: world.instruments)
      #expect(versions?.value.failure?.reply == "421 busy" && versions?.value.isComplete == false)
      #expect(world.observations == round + 1)
      #expect(world.rounds == 0)
      world.pass(1)
    }
  }

  @Test func `a wait is kept across a restart`() async throws {
    let world = EndpointWorld(answer: { _ in EndpointWorld.busy })
    let key = try Self.key()
    let kept = await world.endpoints().endpoint(key, notBefore: nil, with: world.instruments)
    let bytes = try #require(kept).serialized()
    let after = world.endpoints(
      EndpointObserver.KeptEndpoints(
        endpoint: { $0 == key ? Observed(serialized: bytes) : nil }, versions: { _ in nil }))
    world.pass(30)
    #expect(await after.endpoint(key, notBefore: world.clock.now, with: world.instruments) == kept)
    #expect(world.observations == 1)
    world.pass(30)
    let next = await after.endpoint(key, notBefore: nil, with: world.instruments)
    #expect(next?.failures == 2 && world.observations == 2)
  }

  @Test func `what weak suites were taken is kept, and what was kept without them says nothing of them`() throws {
    let now = EndpointWorld().clock.now
    let suite = WeakSuite(name: "TLS_ECDH_anon_WITH_NULL_SHA", weakness: .unencrypted)
    for weak in [WeakSuites.refused, .accepted(suite), nil] {
      let value = VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: weak)
      let kept = Observed(value, observedAt: now, expiresAt: now + 60)
      #expect(Observed<VersionsObservation>(serialized: kept.serialized()) == kept)
    }
    let old = try JSONValue(
      parsing: Observed(EndpointWorld.complete, observedAt: now, expiresAt: now + 60).serialized())
    let text = try #require(String(bytes: old.serialized(), encoding: .utf8))
    let before = text.replacingOccurrences(of: #""weakSuites":false,"#, with: "")
    #expect(before != text)
    let read = try #require(Observed<VersionsObservation>(serialized: Array(before.utf8)))
    #expect(read.value.weakSuites == nil && !read.value.isComplete)
    #expect(
      read.value.offered == EndpointWorld.complete.offered && read.value.refused == EndpointWorld.complete.refused)
  }

  @Test func `who answers again is asked again at the usual times`() async throws {
    let isBusy = Mutex(true)
    let world = EndpointWorld(answer: { _ in isBusy.withLock { $0 } ? EndpointWorld.busy : EndpointWorld.good })
    let endpoints = world.endpoints()
    let key = try Self.key()
    _ = await endpoints.endpoint(key, notBefore: nil, with: world.instruments)
    isBusy.withLock { $0 = false }
    world.pass(60)
    let good = await endpoints.endpoint(key, notBefore: nil, with: world.instruments)
    #expect(good?.value == EndpointWorld.good && good?.failures == 0)
    let other = await endpoints.endpoint(try Self.key("mx2.example"), notBefore: nil, with: world.instruments)
    #expect(other?.value == EndpointWorld.good)
  }

  @Test func `silence is of the address, and a forced check looks again`() async throws {
    let world = EndpointWorld(answer: { _ in EndpointWorld.silent })
    let endpoints = world.endpoints()
    for number in 0..<100 {
      let found = await endpoints.endpoint(try Self.key("mx\(number).example"), notBefore: nil, with: world.instruments)
      #expect(found?.value == EndpointWorld.silent)
    }
    #expect(world.observations == 1)
    world.pass(10)
    _ = await endpoints.endpoint(try Self.key("mx7.example"), notBefore: world.clock.now, with: world.instruments)
    #expect(world.observations == 2)
    _ = await endpoints.endpoint(try Self.key("mx1.example", "192.0.1.2"), notBefore: nil, with: world.instruments)
    #expect(world.observations == 3, "another address is another server")
  }

  @Test func `what a name is told in the handshake is that name's alone`() async throws {
    let refused = EndpointObservation(
      connected: true, starttlsOffered: true,
      failure: ProbeFailure(stage: .handshake, kind: .refused, reason: "unrecognised name"))
    let world = EndpointWorld(answer: { $0.serverName.description == "mx1.example" ? refused : EndpointWorld.good })
    let endpoints = world.endpoints()
    _ = await endpoints.endpoint(try Self.key("mx1.example"), notBefore: nil, with: world.instruments)
    let other = await endpoints.endpoint(try Self.key("mx2.example"), notBefore: nil, with: world.instruments)
    #expect(other?.value == EndpointWorld.good)
  }

  // MARK: Old versions

  @Test func `old versions have an expiry of their own and are asked for once a day at the most`() async throws {
    let world = EndpointWorld()
    let endpoints = world.endpoints()
    let key = try Self.key()
    let versions = VersionsKey(endpoint: key, best: .tls13)
    for hour in 0..<24 {
      // A check is forced each hour.
      _ = await endpoints.endpoint(key, notBefore: world.clock.now, with: world.instruments)
      let found = await endpoints.versions(versions, with: world.instruments)
      #expect(found?.value == EndpointWorld.complete)
      #expect(world.observations == hour + 1)
      #expect(world.rounds == 1)
      world.pass(3600)
    }
    _ = await endpoints.versions(versions, with: world.instruments)
    #expect(world.rounds == 2)
  }

  @Test func `a best version that flaps has nothing asked again within the day, also after a restart`() async throws {
    let key = try Self.key()
    let rows = Mutex<[VersionsKey: [UInt8]]>([:])
    // One of several servers behind the address offers TLS 1.0, and no more than TLS 1.2.
    let world = EndpointWorld(versions: { key, _ in
      VersionsObservation(offered: [.tls10, .tls12, key.best], refused: [.tls11], weakSuites: .refused)
    })
    let kept = EndpointObserver.KeptEndpoints(
      endpoint: { _ in nil },
      versions: { key in
        VersionsRound.last(key, at: world.clock.now) { row in
          rows.withLock { $0[row] }.flatMap { Observed(serialized: $0) }
        }
      })
    var endpoints = world.endpoints(kept)
    for hour in 0..<24 {
      let best = hour.isMultiple(of: 2) ? TLSVersion.tls13 : .tls12
      let versions = VersionsKey(endpoint: key, best: best)
      let found = try #require(await endpoints.versions(versions, with: world.instruments))
      #expect(found.value.isComplete && found.value.offered == [.tls10, .tls12, best], "\(hour)")
      #expect(found.expiresAt == found.observedAt + Freshness.versionsLifetime)
      #expect(world.rounds == 1, "\(hour)")
      if hour == 0 { rows.withLock { $0[versions] = found.serialized() } }
      // A new process, which has what was kept alone.
      if hour == 11 { endpoints = world.endpoints(kept) }
      world.pass(3600)
    }
    _ = await endpoints.versions(VersionsKey(endpoint: key, best: .tls12), with: world.instruments)
    #expect(world.rounds == 2)
  }

  @Test func `what a better version leaves open is not asked before the day is over`() async throws {
    let world = EndpointWorld(versions: { key, told in
      key.best == .tls10
        ? VersionsObservation(offered: [.tls10], refused: [.tls11, .tls12, .tls13], weakSuites: .refused)
        : VersionsObservation(offered: [.tls12, .tls13], refused: [.tls10, .tls11], weakSuites: .refused)
    })
    let endpoints = world.endpoints()
    let key = try Self.key()
    _ = await endpoints.versions(VersionsKey(endpoint: key, best: .tls10), with: world.instruments)
    world.pass(3600)
    let better = VersionsKey(endpoint: key, best: .tls13)
    let open = await endpoints.versions(better, with: world.instruments)
    // That TLS 1.0 is there was seen; that the others are not was concluded, and no longer follows.
    #expect(open?.value == VersionsObservation(offered: [.tls10, .tls13], refused: [], weakSuites: .refused))
    #expect(world.rounds == 1)
    world.pass(23 * 3600)
    #expect(await endpoints.versions(better, with: world.instruments)?.value == EndpointWorld.complete)
    #expect(world.notes.withLock { $0.versions.map(\.told) } == [nil, nil])
  }

  @Test func `another best version does not hurry a round that was broken off`() async throws {
    let partial = VersionsObservation(offered: [.tls13], refused: [.tls10], failure: EndpointWorld.silent.failure)
    let world = EndpointWorld(versions: { _, _ in partial })
    let endpoints = world.endpoints()
    let key = try Self.key()
    _ = await endpoints.versions(VersionsKey(endpoint: key, best: .tls13), with: world.instruments)
    let other = VersionsKey(endpoint: key, best: .tls12)
    let found = await endpoints.versions(other, with: world.instruments)
    #expect(found?.value.refused == [.tls10, .tls13] && found?.failures == 1 && world.rounds == 1)
    world.pass(3600)
    _ = await endpoints.versions(other, with: world.instruments)
    #expect(
      world.notes.withLock { $0.versions.last?.told?.refused } == [.tls10, .tls13] && world.rounds == 2)
  }

  @Test func `a round that was broken off goes on where it was, after an hour and then after longer`() async throws {
    let partial = VersionsObservation(
      offered: [.tls13], refused: [.tls10],
      failure: ProbeFailure(stage: .connect, kind: .temporary, reason: "the connection was reset"))
    let isWhole = Mutex(false)
    let world = EndpointWorld(versions: { _, _ in isWhole.withLock { $0 } ? EndpointWorld.complete : partial })
    let endpoints = world.endpoints()
    let versions = VersionsKey(endpoint: try Self.key(), best: .tls13)
    for wait in [Int64(3600), 7200, 14_400] {
      let found = await endpoints.versions(versions, with: world.instruments)
      #expect(found.map { $0.expiresAt - $0.observedAt } == wait)
      world.pass(wait)
    }
    isWhole.withLock { $0 = true }
    #expect(await endpoints.versions(versions, with: world.instruments)?.value == EndpointWorld.complete)
    #expect(world.notes.withLock { $0.versions.map(\.told) } == [nil, partial, partial, partial])
  }

  @Test func `421 in a round of versions keeps other names away too`() async throws {
    let busy = VersionsObservation(offered: [.tls13], refused: [], failure: EndpointWorld.busy.failure)
    let world = EndpointWorld(versions: { _, _ in busy })
    let endpoints = world.endpoints()
    let key = try Self.key()
    _ = await endpoints.endpoint(key, notBefore: nil, with: world.instruments)
    _ = await endpoints.versions(VersionsKey(endpoint: key, best: .tls13), with: world.instruments)
    let other = await endpoints.endpoint(try Self.key("mx2.example"), notBefore: nil, with: world.instruments)
    #expect(other?.value.failure?.isRequestToWait == true)
    #expect(world.observations == 1)
  }
}
