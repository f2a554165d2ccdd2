import DNS
import EmailAuth

extension Target {
  /// What domains publish.
  static let records: [Target] = [
    Target("spf", spfShape) { octets in
      guard let record = SPFRecord(octets) else { return }
      // What is kept of a term is bounded, whatever was published.
      for term in record.terms { precondition(term.text.utf8.count <= 3 * SPFError.maximumTermLength) }
      if let error = record.error { precondition(error.term.utf8.count <= 3 * SPFError.maximumTermLength) }
    },
    Target("spf-zone", spfShape, run: checkZone),
    Target("dmarc", Shape(prefix: "v=DMARC1; ", term: "x=1;", opening: "rua=mailto:", separator: ";", others: dmarc)) {
      octets in
      guard DMARCRecord.isRecord(octets), let record = try? DMARCRecord(octets) else { return }
      precondition(record.policy <= .reject && record.rua.allSatisfy { !$0.isEmpty })
    },
    Target("dmarc-zone", Shape(prefix: "v=DMARC1; p=none; ", term: "x=1;", opening: "\n", separator: ";")) { octets in
      var zone = HostileZone(octets)
      guard let domain = DomainName("a.b.c.d.e.f.g.h.i.example.org") else { return }
      let discovery = DMARCDiscovery.find(domain, in: &zone)
      precondition(discovery.status != .pending && zone.asked <= DMARCDiscovery.maximumQueries + 1)
    },
    Target(
      "dkim",
      Shape(prefix: "v=DKIM1; p=", term: "a=1;", opening: "MIIB", separator: ";", others: ["A=", "h=:", " \r\n"])
    ) {
      octets in
      let record = DKIMKeyRecord(parsing: octets)
      precondition((record.error != nil) == (record.status == .invalid))
      precondition((record.bits != nil) == (record.status == .valid))
    },
    Target(
      "dkim-zone", Shape(prefix: "k", term: "a=1;", opening: "MIIB", separator: ";", wholes: [dkimName, dkimVersion])
    ) {
      octets in
      guard let domain = DomainName("example.org"), let random = DKIMSelector("random") else { return }
      var zone = HostileZone(octets)
      let presence = DKIMPresence.find(domain, random: random, in: &zone)
      precondition(presence.basis != .pending)
      let lookup = DKIMKeyLookup.find(random, of: domain, in: &zone)
      precondition(lookup.status != .pending && (lookup.status != .valid || lookup.record != nil))
    },
    Target("mta-sts", Shape(prefix: "v=STSv1; ", term: "a=b;", opening: "id=", separator: ";", others: [" \t"])) {
      octets in
      guard let record = try? MTASTSRecord(octets) else { return }
      precondition((1...MTASTSRecord.maximumIDLength).contains(record.id.utf8.count))
    },
    Target("mta-sts-policy", policyShape) { octets in
      guard let policy = try? MTASTSPolicy(body: octets) else { return }
      precondition(policy.mode == .none || !policy.patterns.isEmpty)
      guard let first = policy.patterns.first else { return }
      precondition((first.isWildcard ? first.name.prepending("x") : first.name).map(policy.covers) ?? true)
    },
    Target(
      "tls-rpt", Shape(prefix: "v=TLSRPTv1; ", term: "rua=mailto:a@b,", opening: "rua=", separator: ";", others: rpt)
    ) {
      octets in
      guard let record = try? TLSRPTRecord(octets) else { return }
      precondition((1...TLSRPTRecord.maximumDestinations).contains(record.rua.count))
    },
    Target("tlsa", Shape(prefix: "\u{3}\u{0}\u{0}", term: "0", opening: "0\u{82}", separator: "\u{0}")) { octets in
      guard case .tlsa(let data)? = RecordData(type: .tlsa, rdata: octets) else { return }
      guard let association = try? TLSAAssociation(data) else { return }
      precondition(association.data == data && data.usage == association.usage.rawValue)
    },
  ]

  private static let spfShape = Shape(
    prefix: "v=spf1 ", term: "ip4:192.0.2.1 ", opening: "%{", separator: " ",
    others: ["%{d}.", "include:a.b ", "a/24//64 ", "a=%{l1r-}", "exists:%{i}.b ", "%%", "1", "mx ", "/1"])
  private static let policyShape = Shape(
    prefix: "version: STSv1\nmode: enforce\nmax_age: 1\n", term: "mx: a.b\n", opening: "mx: *.", separator: "\n",
    others: [":", "mx: ", "a: b\r\n"],
    wholes: [Whole(beginning: "version: STSv1\nmax_age: 1\nmx: a.b\nmode: ", unit: Target.marks, end: "\n")])
  private static let dkimName = Whole(beginning: "", unit: Target.marks, end: "=a; p=")
  private static let dkimVersion = Whole(beginning: "v=", unit: Target.marks, end: "; p=")
  private static let dmarc = ["rua=mailto:a@b,", ",", "!", "a b", "\r\n", "fo=0:"]
  private static let rpt = ["rua=https://a;", ",", "%41"]

  /// check_host() and the analysis over a zone whose texts are all the enemy's.
  private static func checkZone(_ octets: [UInt8]) {
    guard let domain = DomainName("example.org"), let address = IPAddress("192.0.2.1") else { return }
    var zone = HostileZone(octets)
    let analysis = SPFAnalysis(of: domain, source: &zone)
    precondition(analysis.status != .pending && analysis.notes.count <= SPFAnalysis.maximumNotes)
    precondition(analysis.lookups <= SPFAnalysis.maximumLookups)
    let local = text(Array(octets.suffix(64)))
    let request = SPFRequest(address: address, mailFrom: "\(local)@example.org", helo: text(Array(octets.prefix(64))))
    guard case .result(let verdict) = SPFEvaluator.checkHost(request, source: &zone) else {
      preconditionFailure("pending though every answer is at hand")
    }
    precondition((verdict.explanation?.utf8.count ?? 0) <= 3 * SPFEvaluator.maximumExplanationLength)
  }
}
