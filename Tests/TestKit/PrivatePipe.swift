import Foundation

/// A pipe that no other child inherits: with tests in parallel a child that held another's end would keep its reader
/// waiting.
public struct PrivatePipe {
  public let reading: FileHandle
  public let writing: FileHandle

  public init() throws {
    var ends: [CInt] = [0, 0]
    try Program.spawning.withLock { _ in
      guard pipe(&ends) == 0 else { throw Program.Failure(description: "no pipe") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  }
}
