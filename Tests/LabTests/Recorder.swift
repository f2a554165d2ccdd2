import Foundation
import JSON
import Synchronization

/// Keeps what the service answered in all of the tests, so that every answer can be held against its description
/// afterwards: a line each in the file that HALLMARK_RESPONSES names. `Scripts/check-openrpc --recorded FILE` judges.
enum Recorder {
  private static let file: Mutex<FileHandle?> = {
    guard let path = ProcessInfo.processInfo.environment["HALLMARK_RESPONSES"] else { return Mutex(nil) }
    if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    let handle = FileHandle(forWritingAtPath: path)
    _ = try? handle?.seekToEnd()
    return Mutex(handle)
  }()

  /// A body that was sent to /rpc, and what came back with status 200.
  static func exchange(_ request: String, _ response: String) {
    write(["request": .string(request), "response": .string(response)])
  }

  /// A result that came by another way than a call, such as `GET /domains/NAME`, has the form of a method's.
  static func result(_ method: String, _ text: String) {
    write(["method": .string(method), "result": .string(text)])
  }

  private static func write(_ line: JSONValue) {
    file.withLock { $0?.write(Data(line.serialized() + [0x0a])) }
  }
}
