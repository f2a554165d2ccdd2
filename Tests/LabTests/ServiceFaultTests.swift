import Foundation
import JSON
import TestKit
import Testing

extension ServiceTests {
  /// What a full disk, a file system that cannot be written, and an end in the midst of work do to a service: nothing that
  /// was acknowledged is lost.
  @Suite struct ServiceFaultTests {
    /// A small file system of memory, in the test's own view of the file system alone where it could make one; nil where
    /// it may not.
    private final class SmallDisk {
      let path: String

      init?(_ lab: Lab, size: String) {
        path = lab.scratch.appendingPathComponent("disk-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("none", path, "tmpfs", 0, "size=\(size)") == 0 else {
          print("skipped: a small file system cannot be mounted here (root alone may)")
          return nil
        }
      }

      deinit { umount2(path, Int32(MNT_DETACH)) }

      /// Takes all the room there is.
      func fill() throws {
        let descriptor = open(path + "/ballast", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x42, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        #expect(errno == ENOSPC)
      }

      func empty() { unlink(path + "/ballast") }
    }

    @Test("a full disk: what was acknowledged stays, the refusal says why, reading goes on, and so does writing later")
    func diskFull() async throws {
      guard let lab = Lab.ready, let disk = SmallDisk(lab, size: "8m") else { return }
      let store = URL(fileURLWithPath: disk.path).appendingPathComponent("store")
      // What is checked stays fresh for a day, so that the verifier adds nothing of its own.
      let options = ["--min-ttl", "86400"]
      let service = try await ServiceProcess.start(in: lab, port: 8521, store: store, options: options)
      var kept: Set<String> = ["observed.gov.uk"]
      _ = try await service.result("watchDomains", ["domains": ["observed.gov.uk"]])
      let isListed = try await eventually { try await service.entry("observed.gov.uk") != nil }
      #expect(isListed)
      let record = try await service.result("checkDomain", ["domain": "observed.gov.uk"])

      try disk.fill()
      var refusal: JSONValue?
      for round in 0..<400 where refusal == nil {
        let names = (0..<25).map { "d\(round)-\($0).full.gov.uk" }
        let params: JSONValue = ["domains": .array(names.map { .string($0) })]
        let answer = try #require(try await service.post(ServiceProcess.text("watchDomains", params)).json)
        refusal = answer["error"]
        if answer["result"]?["added"]?.integerValue == 25 { kept.formUnion(names) }
      }
      let error = try #require(refusal)
      #expect(error["code"] == -32014 && error["data"]?["reason"] == "STORE_UNAVAILABLE")
      #expect(error["data"]?["message"]?.stringValue?.contains("the store is full") == true, "\(error)")
      #expect(try await service.result("checkDomain", ["domain": "observed.gov.uk"]) == record)
      #expect(try await service.entry("observed.gov.uk") != nil)
      #expect(try await service.get("/health/live").status == 200)
      #expect(try await Self.watched(service).isSubset(of: kept))

      disk.empty()
      let late: JSONValue = ["domains": ["late.gov.uk"]]
      let isWritten = try await eventually { try await service.peek("watchDomains", late) != nil }
      #expect(isWritten)
      kept.insert("late.gov.uk")
      #expect(try await Self.watched(service) == kept)
      try await service.kill()
      let second = try await ServiceProcess.start(in: lab, port: 8521, store: store, options: options)
      #expect(try await Self.watched(second) == kept)
      #expect(try await second.entry("observed.gov.uk") != nil)
      await second.stop()
    }

    private static func watched(_ service: ServiceProcess) async throws -> Set<String> {
      let list = try await service.lab.quickly([Lab.hallmarkd ?? "", "watch", "list", "--store", service.store.path])
      #expect(list.status == 0, "\(list.stderr)")
      return Set(list.stdout.split(separator: "\n").map(String.init))
    }

    @Test("a directory that cannot be written is refused with a line; its store can be read")
    func readOnly() async throws {
      guard let lab = Lab.ready, let disk = SmallDisk(lab, size: "8m") else { return }
      let hallmarkd = Lab.hallmarkd ?? ""
      let store = disk.path + "/store"
      let made = try await lab.quickly([hallmarkd, "watch", "add", "plain.gov.uk", "--store", store])
      #expect(made.status == 0, "\(made.stderr)")
      #expect(mount("none", disk.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
      for path in [store, disk.path + "/new"] {
        let words = ["serve", "--store", path, "--http", "127.0.0.1:8522"] + lab.options
        let outcome = try await lab.quickly(["timeout", "60", hallmarkd] + words)
        #expect(outcome.status == 2, "\(outcome.stderr)")
        #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome.stderr)")
        #expect(outcome.stderr.contains(path) && outcome.stderr.contains("Read-only"), "\(outcome.stderr)")
      }
      let list = try await lab.quickly([hallmarkd, "watch", "list", "--store", store])
      #expect(list.stdout == "plain.gov.uk\n" && list.status == 0, "\(list.stderr)")
      let copy = lab.scratch.appendingPathComponent("copy-\(UUID().uuidString)").path
      let backup = try await lab.quickly([hallmarkd, "backup", copy, "--store", store])
      #expect(backup.status == 0, "\(backup.stderr)")
    }

    @Test("SIGTERM in the midst of a sweep ends it within five seconds, and the next start goes on")
    func sweep() async throws {
      guard let lab = Lab.ready else { return }
      // Among them are servers that say nothing, each for the whole time that a probe has.
      let names = LabCase.all.map(\.domain)
      let options = ["--probe-timeout", "50", "--log-level", "warning"]
      let service = try await ServiceProcess.start(in: lab, port: 8523, options: options)
      _ = try await service.result("watchDomains", ["domains": .array(names.map { .string($0) })])
      func checked(_ service: ServiceProcess) async throws -> [String] {
        let domains = try await service.peek("listDomains")?["domains"]?.arrayValue ?? []
        return domains.filter { $0["verdict"] != .null }.compactMap { $0["domain"]?.stringValue }
      }
      let isUnderWay = try await eventually { try await checked(service).count > 5 }
      #expect(isUnderWay)
      let before = try await checked(service)
      let began = ContinuousClock.now
      let outcome = await service.command.terminate()
      let took = ContinuousClock.now - began
      #expect(outcome.status == 0, "\(outcome.stderr)")
      // What was under way was broken off, and neither kept in part nor let go on into the end; nor is that worth a line each.
      for complaint in ["could not be kept", "under way", "put off"] {
        #expect(!outcome.stderr.contains(complaint), "\(outcome.stderr)")
      }
      // A machine that does eight things at once is given more.
      #expect(took < .seconds(15))
      print("suite SIGTERM in a sweep: \(before.count) of \(names.count) were checked, ended after \(took)")

      let second = try await ServiceProcess.start(in: lab, port: 8523, store: service.store, options: options)
      #expect(try await Set(before).isSubset(of: checked(second)))
      let isDone = try await eventually { try await checked(second).count > before.count }
      #expect(isDone || before.count == names.count)
      await second.stop()
    }

    @Test("a backup of a store in use is served at once, with the same revision and the same answers")
    func backup() async throws {
      guard let lab = Lab.ready else { return }
      let options = ["--min-ttl", "86400"]
      let service = try await ServiceProcess.start(in: lab, port: 8524, options: options)
      let names: JSONValue = ["observed.gov.uk", "fully-secure.gov.uk", "plain.gov.uk"]
      _ = try await service.result("watchDomains", ["domains": names, "organisation": "Home Office"])
      let isChecked = try await eventually {
        let domains = try await service.peek("listDomains")?["domains"]?.arrayValue ?? []
        return domains.count == 3 && domains.allSatisfy { $0["verdict"] != .null }
      }
      #expect(isChecked)
      // Writing goes on while it is copied, and each write is a revision.
      async let writing: Void = {
        for round in 0..<20 {
          let assurance: JSONValue = [
            "domain": "observed.gov.uk", "scheme": "Cyber Essentials", "reference": .string("\(round)"),
            "validUntil": "2099-01-31T00:00:00Z",
          ]
          _ = try await service.result("setAssurance", assurance)
        }
      }()
      let copy = URL(fileURLWithPath: service.store.path + "-copy")
      let backup = try await lab.quickly(
        [Lab.hallmarkd ?? "", "backup", copy.path, "--store", service.store.path])
      #expect(backup.status == 0 && backup.stderr.isEmpty, "\(backup.stderr)")
      try await writing
      let mode = try FileManager.default.attributesOfItem(atPath: copy.path + "/data.mdb")[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let again = try await lab.quickly([Lab.hallmarkd ?? "", "backup", copy.path, "--store", service.store.path])
      #expect(again.status == 2 && again.stderr.split(separator: "\n").count == 1, "\(again.stderr)")

      // No resolver, so that nothing that it finds out changes it.
      let second = try await ServiceProcess.start(
        in: lab, port: 8525, store: copy, resolver: "127.0.7.99@53", options: options + ["--check-timeout", "300"])
      let copied = try await second.result("listChanges")
      let revision = try #require(copied["revision"]?.integerValue)
      #expect(try await second.result("listWhitelist")["revision"]?.integerValue == revision)
      let all = try await service.result("listChanges")["changes"]?.arrayValue ?? []
      #expect(
        all.count >= 23 && copied["changes"]?.arrayValue == all.filter { $0["revision"]?.integerValue ?? 0 <= revision }
      )
      // What the service said at that revision.
      let plain: JSONValue = ["domain": "plain.gov.uk"]
      #expect(try await second.result("checkDomain", plain) == service.result("checkDomain", plain))
      let listed = try await second.result("listWhitelist")["entries"]?.arrayValue?.map { $0["domain"] }
      #expect(listed == ["fully-secure.gov.uk", "observed.gov.uk"])
      await second.stop()
      await service.stop()
    }
  }
}
