import DNS
import EmailAuth
import JSON
import Posture

/// The record in the shape that the contract fixes: every key stands, and what is not known is null; a key that the contract
/// marks as optional stands only where there is something to say.
extension PostureRecord {
  func json(stale: Bool, revision: UInt64) -> JSONValue {
    var object: JSONObject = ["domain": .string(domain.description)]
    if let unicodeDomain { object["unicodeDomain"] = .string(unicodeDomain) }
    object["standard"] = .string(standard)
    object["verdict"] = .string(verdict.rawValue)
    object["encryption"] = encryption.json
    object["verification"] = verification.json
    object["assurance"] = assurance.json
    object["dnssec"] = .string(dnssec.rawValue)
    object["findings"] = .array(findings.map(\.json))
    object["checkedAt"] = .string(checkedAt.description)
    object["expiresAt"] = .string(expiresAt.description)
    object["stale"] = .bool(stale)
    object["revision"] = .integer(Int64(clamping: revision))
    return .object(object)
  }
}

extension JSONValue {
  /// The text, or null.
  init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }
  init(_ flag: Bool?) { self = flag.map(JSONValue.bool) ?? .null }
  init(_ number: Int?) { self = number.map { .integer(Int64($0)) } ?? .null }
  init(texts: [String]) { self = .array(texts.map(JSONValue.string)) }
}

extension EncryptionPosture {
  fileprivate var json: JSONValue {
    [
      "verdict": .string(verdict.rawValue), "nullMx": .bool(nullMX), "implicitMx": .bool(implicitMX),
      "mx": .array(hosts.map(\.json)), "mtaSts": mtaSTS.json, "tlsRpt": tlsRPT.json,
    ]
  }
}

extension MXHostPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = ["host": .string(host.description), "preference": .integer(Int64(preference))]
    if let error { object["error"] = .string(error) }
    object["dane"] = [
      "status": .string(dane.status.rawValue), "usable": JSONValue(dane.usable), "matches": JSONValue(dane.matches),
    ]
    object["endpoints"] = .array(endpoints.map(\.json))
    return .object(object)
  }
}

extension EndpointPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "address": .string(address.description), "reachable": JSONValue(reachable), "starttls": JSONValue(starttls),
    ]
    if let failure {
      var error: JSONObject = ["stage": .string(failure.stage.rawValue), "reason": .string(failure.reason)]
      if let reply = failure.reply { error["reply"] = .string(reply) }
      object["error"] = .object(error)
    }
    object["tls"] = session.map { tls($0) } ?? .null
    object["certificate"] = session?.certificate.map(certificate) ?? .null
    return .object(object)
  }

  private func tls(_ session: TLSSession) -> JSONValue {
    [
      "lowest": JSONValue(offered.first?.rawValue), "highest": JSONValue(offered.last?.rawValue),
      "offered": JSONValue(texts: offered.map(\.rawValue)), "cipher": .string(session.cipher),
      "forwardSecrecy": .bool(session.forwardSecrecy),
    ]
  }

  private func certificate(_ facts: CertificateFacts) -> JSONValue {
    var object: JSONObject = ["valid": .bool(certificateValid ?? false)]
    if let certificateReason { object["reason"] = .string(certificateReason) }
    object["matchesName"] = .bool(facts.matchesName)
    object["chainTrusted"] = .bool(facts.chainTrusted)
    object["subjectNames"] = JSONValue(texts: facts.subjectNames)
    object["issuer"] = .string(facts.issuer)
    object["notBefore"] = .string(facts.notBefore.description)
    object["notAfter"] = .string(facts.notAfter.description)
    object["key"] = .string(facts.key)
    object["bits"] = JSONValue(facts.bits)
    object["signature"] = .string(facts.signature)
    return .object(object)
  }
}

extension MTASTSPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "status": .string(status.rawValue), "id": JSONValue(id), "mode": JSONValue(mode?.rawValue),
      "maxAge": JSONValue(maxAge), "mx": JSONValue(texts: patterns), "coversEveryMx": JSONValue(coversEveryMX),
    ]
    if let error { object["error"] = .string(error) }
    return .object(object)
  }
}

extension TLSRPTPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "status": .string(status.rawValue), "record": JSONValue(record), "rua": JSONValue(texts: rua),
    ]
    if let error { object["error"] = .string(error) }
    return .object(object)
  }
}

extension VerificationPosture {
  fileprivate var json: JSONValue {
    [
      "verdict": .string(verdict.rawValue), "spf": spf.json, "dmarc": dmarc.json, "dkim": .array(dkim.map(\.json)),
      "dkimPublished": JSONValue(dkimPublished),
    ]
  }
}

extension SPFPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "status": .string(status.rawValue), "record": JSONValue(record), "all": JSONValue(all),
      "lookups": JSONValue(lookups), "voidLookups": JSONValue(voidLookups),
    ]
    if let error { object["error"] = ["reason": .string(error), "term": JSONValue(errorTerm)] }
    return .object(object)
  }
}

extension DMARCPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "status": .string(status.rawValue), "record": JSONValue(record), "foundAt": JSONValue(foundAt?.description),
      "policy": JSONValue(policy?.rawValue), "testing": JSONValue(testing),
      "effectivePolicy": JSONValue(effectivePolicy?.rawValue),
      "subdomainPolicy": JSONValue(subdomainPolicy?.rawValue),
      "nonexistentPolicy": JSONValue(nonexistentPolicy?.rawValue), "rua": JSONValue(texts: rua),
    ]
    if let error { object["error"] = .string(error) }
    return .object(object)
  }
}

extension DKIMKeyPosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = [
      "selector": .string(selector), "status": .string(status.rawValue), "keyType": JSONValue(keyType),
      "bits": JSONValue(bits), "testing": JSONValue(testing),
    ]
    if let error { object["error"] = .string(error) }
    return .object(object)
  }
}

extension AssurancePosture {
  fileprivate var json: JSONValue {
    var object: JSONObject = ["verdict": .string(verdict.rawValue)]
    if let assurance {
      object["scheme"] = .string(assurance.scheme)
      object["reference"] = .string(assurance.reference)
      object["validUntil"] = .string(assurance.validUntil.description)
    }
    return .object(object)
  }
}

extension Finding {
  var json: JSONValue {
    var remedyObject: JSONObject = ["text": .string(remedy.text)]
    if let record = remedy.record {
      remedyObject["record"] = [
        "name": .string(record.name), "type": .string(record.type), "value": .string(record.value),
      ]
    }
    return [
      "id": .string(id), "severity": .string(severity.rawValue), "section": .string(section.rawValue),
      "subject": .string(subject), "message": .string(message), "clause": .string(clause),
      "remedy": .object(remedyObject),
    ]
  }
}

extension PairVerdict {
  var json: JSONValue {
    [
      "sender": .string(sender.description), "recipient": .string(recipient.description),
      "standard": .string(standard), "secure": JSONValue(secure),
      "transport": [
        "grade": .string(transport.grade.rawValue), "mechanism": JSONValue(transport.mechanism?.rawValue),
        "tls": JSONValue(transport.tls?.rawValue), "mx": JSONValue(texts: transport.hosts.map(\.description)),
        "reason": .string(transport.reason),
      ],
      "verification": ["grade": .string(verification.grade.rawValue), "reason": .string(verification.reason)],
      "assurance": ["grade": .string(assurance.rawValue)],
      "findings": .array(findings.map(\.json)), "checkedAt": .string(checkedAt.description),
      "expiresAt": .string(expiresAt.description),
    ]
  }
}
