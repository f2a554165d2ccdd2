import Foundation
import JSON
import TestKit
import Testing

@testable import JSONRPC

@Suite struct `A call behind one that was read` {
  private static let plain = #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"},"id":1}"#

  private static let methods = MethodTable([
    Method(
      "check",
      parameters: [
        Parameter("domain", .string), Parameter("note", .string, required: false),
        Parameter("selectors", .strings(maximum: 2), required: false), Parameter("maxAge", .any, required: false),
        Parameter("x", .any, required: false), Parameter("y", .any, required: false),
      ], immediate: { _ in .value(1) }),
    Method(
      "pair",
      parameters: [Parameter("sender", .string), Parameter("recipient", .string), Parameter("maxAge", .any)],
      immediate: { _ in .value(1) }),
    Method("health", immediate: { _ in .value(1) }),
  ])

  private static func bound(_ request: Request) throws -> BoundCall {
    try BoundCall(request, to: try #require(methods[request.method]))
  }

  private static func read(_ text: some Collection<UInt8>) throws -> BoundCall {
    try bound(Request(JSONValue(parsing: text)))
  }

  /// What is known of a text after it was read.
  private static func known(_ text: String) throws -> RepeatedCall? {
    let request = try Request(JSONValue(parsing: text))
    let call = try bound(request)
    return Array(text.utf8).withUnsafeBufferPointer { RepeatedCall($0, request, call) }
  }

  private static func next(_ known: RepeatedCall?, _ octets: [UInt8]) -> BoundCall? {
    octets.withUnsafeBufferPointer { known?.next($0) }
  }

  static let same: [(String, String)] = [
    (plain, plain),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"Some-Other.example"},"id":123456789012345}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"id"},"id":0}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"domain"},"id":2}"#),
    (
      #" { "id" : "4f-1", "method": "pair", "params": ["a.uk", "b.uk", 60], "jsonrpc": "2.0" } "#,
      #" { "id" : "77", "method": "pair", "params": ["b.uk", "c.uk", 60], "jsonrpc": "2.0" } "#
    ),
    (
      #"{"id":9,"params":{"selectors":["s1"],"maxAge":0,"domain":"a.uk"},"jsonrpc":"2.0","method":"check"}"#,
      #"{"id":10,"params":{"selectors":["s1"],"maxAge":0,"domain":"xn--bcher-kva.example"},"jsonrpc":"2.0","method":"check"}"#
    ),
    (#"{"jsonrpc":"2.0","method":"health","id":7}"#, #"{"jsonrpc":"2.0","method":"health","id":8}"#),
  ]

  @Test(arguments: same)
  func `is known, and is what reading it would give`(first: String, second: String) throws {
    let known = try Self.known(first)
    let found = try #require(Self.next(known, Array(second.utf8)))
    let read = try Self.read(second.utf8)
    #expect(found.id == read.id && found.method === read.method && found.parameters == read.parameters)
  }

  static let other: [(String, String)] = [
    // Which of two strings is the parameter is not known.
    (
      #"{"jsonrpc":"2.0","method":"check","params":{"domain":"check"},"id":null}"#,
      #"{"jsonrpc":"2.0","method":"check","params":{"domain":"other"},"id":null}"#
    ),
    (
      #"{"jsonrpc":"2.0","method":"check","params":{"domain":"\u0061.uk","note":"x y"},"id":null}"#,
      #"{"jsonrpc":"2.0","method":"check","params":{"domain":"b.uk","note":"x y"},"id":null}"#
    ),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"},"id":01}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"},"id":1.5}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"},"id":1234567890123456}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a\u002euk"},"id":1}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":""},"id":1}"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"},"id":1} "#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"},"id":1"#),
    (plain, #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a","maxAge":0},"id":1}"#),
    (plain, ""),
  ]

  @Test(arguments: other)
  func `is read where it is another, or may be`(first: String, second: String) throws {
    #expect(Self.next(try Self.known(first), Array(second.utf8)) == nil)
  }

  @Test func `is not known behind a notification or a long call`() throws {
    #expect(try Self.known(#"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.gov.uk"}}"#) == nil)
    let space = String(repeating: " ", count: RepeatedCall.maximumLength)
    #expect(try Self.known(Self.plain + space) == nil)
    #expect(Self.next(try Self.known(Self.plain), Array((Self.plain + space).utf8)) == nil)
  }

  /// The calls of a batch that is known by one call, or by an earlier batch.
  private static func batch(_ known: RepeatedCall?, _ octets: [UInt8], limit: Int = 100) -> [BoundCall]? {
    octets.withUnsafeBufferPointer { known?.batch($0, limit: limit) }
  }

  private static func known(batch text: String) throws -> RepeatedCall? {
    let first = try Request(try #require(JSONValue(parsing: text).arrayValue?.first))
    let call = try bound(first)
    return Array(text.utf8).withUnsafeBufferPointer { RepeatedCall(firstOf: $0, first, call) }
  }

  private static func read(batch octets: [UInt8]) throws -> [BoundCall]? {
    try JSONValue(parsing: octets).arrayValue?.map { value throws in try bound(Request(value)) }
  }

  static let batches: [(String, String)] = [
    ("[%]", "[%]"), ("[%,%]", "[%,%,%]"), (" [ %\n, % ] ", "[%\t,\r\n%]\n"), ("[%,5]", "[%]"),
    (#"[%,{"jsonrpc":"2.0","method":"other","params":[[{}]],"id":1}]"#, "[%,%]"),
  ]

  @Test(arguments: batches, same)
  func `is known in a batch, behind a batch or by itself`(batch: (String, String), call: (String, String)) throws {
    // Another call's text has no white space around it in a batch that is known.
    let (first, second) = (call.0.trimmingCharacters(in: .whitespaces), call.1.trimmingCharacters(in: .whitespaces))
    let text = Array(batch.1.replacing("%", with: second).utf8)
    for known in [try Self.known(batch: batch.0.replacing("%", with: first)), try Self.known(first)] {
      let found = try #require(Self.batch(known, text))
      let read = try #require(try Self.read(batch: text))
      #expect(found.count == read.count)
      for (found, read) in zip(found, read) {
        #expect(found.id == read.id && found.method === read.method && found.parameters == read.parameters)
      }
      #expect(Self.next(known, Array(second.utf8))?.id == read[0].id)
    }
  }

  static let otherBatches = [
    "", "[", "[]", "[%", "[%,]", "[,%]", "[%%]", "[%]]", "[%] x", "[%,5]", "[%,[%]]", "{%}", "[[%]]", "%", "[%;%]",
    "[%,%}",
  ]

  @Test(arguments: otherBatches) func `is read in a batch that holds anything else`(_ text: String) throws {
    #expect(Self.batch(try Self.known(Self.plain), Array(text.replacing("%", with: Self.plain).utf8)) == nil)
  }

  @Test func `is read in a batch that is too long, or began with what is not remembered`() throws {
    let known = try Self.known(Self.plain)
    #expect(Self.batch(known, Array("[\(Self.plain),\(Self.plain)]".utf8), limit: 2)?.count == 2)
    #expect(Self.batch(known, Array("[\(Self.plain),\(Self.plain)]".utf8), limit: 1) == nil)
    let nested = #"{"jsonrpc":"2.0","method":"check","params":{"domain":"a.uk","x":{},"y":{}},"id":1}"#
    let long = String(repeating: " ", count: RepeatedCall.maximumLength)
    #expect(try Self.known(batch: "[\(nested)]") == nil)
    #expect(try Self.known(batch: "[{\(long)\(Self.plain.dropFirst())]") == nil)
  }

  /// One, two or three octets are put in, taken away or replaced, over and over.
  @Test func `is never taken for what it is not`() throws {
    var dice = SplitMix64(seed: 1)
    func random(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &dice) }
    let octets = Array("\"\\{}[]:,.-+eE0123456789abidnull \n\u{e9}".utf8)
    var (known, unreadable) = (0, 0)
    for text in Self.same.map(\.0) {
      let first = try Self.known(text)
      for _ in 0..<5_000 {
        var changed = Array(text.utf8)
        for _ in 0...random(3) {
          let place = random(changed.count)
          switch random(3) {
          case 0: changed.insert(octets[random(octets.count)], at: place)
          case 1: changed.remove(at: place)
          default: changed[place] = octets[random(octets.count)]
          }
        }
        if let found = Self.batch(first, Array("[".utf8) + changed + Array("]".utf8)) {
          guard let read = try? Self.read(batch: Array("[".utf8) + changed + Array("]".utf8)) else {
            unreadable += 1
            continue
          }
          #expect(found.map(\.id) == read.map(\.id) && found.map(\.parameters) == read.map(\.parameters))
        }
        guard let found = Self.next(first, changed) else { continue }
        known += 1
        guard let read = try? Self.read(changed) else {
          unreadable += 1
          continue
        }
        #expect(found.id == read.id && found.method === read.method && found.parameters == read.parameters)
      }
    }
    #expect(unreadable == 0)
    #expect(known > 1_000)
  }
}
