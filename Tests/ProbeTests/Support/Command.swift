import Foundation
import Synchronization

/// Runs a program to its end.
enum Command {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Held while a pipe is made and while a child is begun: a child begun between would inherit the pipe.
  static let spawning = Mutex(())

  @discardableResult
  static func run(_ arguments: [String], in directory: URL? = nil) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let output = try Channel()
    let errors = try Channel()
    process.standardOutput = output.writing
    process.standardError = errors.writing
    process.standardInput = FileHandle.nullDevice
    try spawning.withLock { _ in try process.run() }
    try output.writing.close()
    try errors.writing.close()
    let data = output.reading.readDataToEndOfFile()
    let text = errors.reading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(arguments.joined(separator: " ")): \(String(decoding: text, as: UTF8.self))")
    }
    return data
  }
}

/// A pipe that no other child inherits: with tests in parallel a child that held another's end would keep its reader
/// waiting.
struct Channel {
  let reading: FileHandle
  let writing: FileHandle

  init() throws {
    var ends: [CInt] = [0, 0]
    try Command.spawning.withLock { _ in
      guard pipe(&ends) == 0 else { throw Command.Failure(description: "no pipe") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  }
}
