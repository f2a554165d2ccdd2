import Foundation
import Synchronization

/// A program that is run to its end, while the calling thread waits.
public enum Program {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
  }

  public struct Outcome: Sendable {
    /// The exit status, or the number of the signal that ended it.
    public let status: Int32
    public let isSignal: Bool
    public let output: Data
    public let errors: Data

    /// All that it said.
    public var text: String { String(decoding: output + errors, as: UTF8.self) }
  }

  /// Held while a pipe is made and while a child is begun: a child begun between would inherit the pipe.
  public static let spawning = Mutex(())

  /// - Parameter input: what it reads; nil: nothing.
  public static func outcome(of arguments: [String], input: URL? = nil, in directory: URL? = nil) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let output = try PrivatePipe()
    let errors = try PrivatePipe()
    process.standardOutput = output.writing
    process.standardError = errors.writing
    process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? .nullDevice
    try spawning.withLock { _ in try process.run() }
    try output.writing.close()
    try errors.writing.close()
    let said = try output.reading.readToEnd() ?? Data()
    let complaint = try errors.reading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, isSignal: process.terminationReason == .uncaughtSignal, output: said,
      errors: complaint)
  }

  /// What it printed; throws what it complained of where it did not end with 0.
  @discardableResult
  public static func run(_ arguments: [String], input: URL? = nil, in directory: URL? = nil) throws -> Data {
    let outcome = try outcome(of: arguments, input: input, in: directory)
    guard outcome.status == 0, !outcome.isSignal else {
      let complaint = String(decoding: outcome.errors, as: UTF8.self)
      throw Failure(description: "\(arguments.joined(separator: " ")): \(complaint)")
    }
    return outcome.output
  }
}
