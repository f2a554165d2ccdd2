import CLMDB
import Glibc

extension Environment {
  /// Gives the pages of the map, and the free memory of the heap, back to the kernel. Nothing is lost: a page that is
  /// needed again comes out of the page cache.
  ///
  /// Without it a process that once read or wrote the whole store counts all of it as its own until the kernel is short of
  /// memory.
  public func releaseMemory() {
    for range in Environment.mappings(of: path + "/data.mdb") {
      guard let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
      madvise(start, Int(range.upperBound - range.lowerBound), MADV_DONTNEED)
    }
    malloc_trim(0)
  }

  /// Octets of /proc/self/maps that are looked at; a process of ours has some hundred lines.
  private static let maximumMaps = 1 << 20

  /// Where a file is mapped (proc(5): `START-END PERMS OFFSET DEV INODE PATH`). LMDB does not tell.
  private static func mappings(of file: String) -> [Range<UInt>] {
    guard let resolved = realpath(file, nil) else { return [] }
    defer { free(resolved) }
    let ending = " " + String(cString: resolved)
    let descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while text.count < maximumMaps {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      text += buffer[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard line.hasSuffix(ending), let bounds = line.split(separator: " ").first?.split(separator: "-"),
        bounds.count == 2, let start = UInt(bounds[0], radix: 16), let end = UInt(bounds[1], radix: 16), start < end
      else { return nil }
      return start..<end
    }
  }
}
