import Glibc
import Synchronization

/// A page of a map that is not there ends the process: with a line that says why, and status 2.
///
/// The kernel sends SIGBUS when a mapped file was cut off while it was in use, when the disk cannot read the page, and
/// when a damaged length leads beyond the end of the file. Nothing can be done about it at the place where it happens.
enum MapFault {
  /// The line, as a C string that lives as long as the process, by its address; 0 before the first environment.
  private static let line = Atomic<UInt>(0)

  /// Names the file of which the line is to speak; the last one that was opened, where there are several.
  static func expect(in path: String) {
    let text = "the store \(path) is damaged: its file was cut off, or the disk cannot read it\n"
    guard let copy = strdup(text) else { return }
    guard line.exchange(UInt(bitPattern: copy), ordering: .acquiringAndReleasing) == 0 else { return }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = MapFault.end
    sigaction(SIGBUS, &action, nil)
  }

  /// Only what signal-safety(7) allows.
  private static let end: @convention(c) (Int32) -> Void = { _ in
    if let text = UnsafePointer<CChar>(bitPattern: MapFault.line.load(ordering: .acquiring)) {
      _ = Glibc.write(STDERR_FILENO, text, strlen(text))
    }
    _exit(2)
  }
}
