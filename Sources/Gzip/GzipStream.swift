import CZlib

/// zlib could not work: it had no memory, or was not asked as it wants to be.
public struct GzipError: Error, Hashable, Sendable, CustomStringConvertible {
  public let code: Int32

  public var description: String { "zlib failed with \(code)" }
}

/// Compresses a body piece by piece into one member of the gzip format (RFC 1952), in memory that does not grow with it.
///
/// It is used by one task at a time.
public struct GzipStream: ~Copyable {
  /// zlib's level 1 to 9. Text of a few repeating words is as small by 5 as by 9 to within some hundredths, at half the time.
  static let level: Int32 = 5
  /// 32 KiB of window; 16 more asks zlib for gzip's own head and checksum (zlib.h, deflateInit2).
  private static let windowBits: Int32 = 15 + 16
  /// zlib's default.
  private static let memoryLevel: Int32 = 8
  private static let pieceSize = 16 << 10

  /// The stream must stay where it is: zlib keeps a pointer to it.
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Throws: where there is no memory for it: about 256 KiB.
  public init() throws(GzipError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = hallmark_deflate_init(stream, GzipStream.level, GzipStream.windowBits, GzipStream.memoryLevel)
    guard code == Z_OK else {
      stream.deallocate()
      throw GzipError(code: code)
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Takes a piece and gives what is ready, which may be nothing.
  public mutating func compress(_ bytes: [UInt8]) throws(GzipError) -> [UInt8] { try run(bytes, Z_NO_FLUSH) }

  /// What is left, and the end of the format; nothing may be compressed afterwards.
  public mutating func finish() throws(GzipError) -> [UInt8] { try run([], Z_FINISH) }

  /// A whole body at once.
  public static func whole(_ bytes: [UInt8]) throws(GzipError) -> [UInt8] {
    var stream = try GzipStream()
    let head = try stream.compress(bytes)
    return try head + stream.finish()
  }

  private mutating func run(_ bytes: [UInt8], _ flush: Int32) throws(GzipError) -> [UInt8] {
    // zlib counts a piece by 32 bits.
    guard bytes.count <= Int(UInt32.max) else { throw GzipError(code: Z_BUF_ERROR) }
    var input = bytes
    var output: [UInt8] = []
    let code = input.withUnsafeMutableBufferPointer { buffer in
      stream.pointee.next_in = buffer.baseAddress
      stream.pointee.avail_in = UInt32(buffer.count)
      return drain(flush, &output)
    }
    guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw GzipError(code: code) }
    return output
  }

  /// Until zlib leaves room, which is its way to say that it has no more to give (zlib.h, deflate).
  private func drain(_ flush: Int32, _ output: inout [UInt8]) -> Int32 {
    var code = Z_OK
    repeat {
      let piece = [UInt8](unsafeUninitializedCapacity: GzipStream.pieceSize) { buffer, count in
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(buffer.count)
        code = deflate(stream, flush)
        count = buffer.count - Int(stream.pointee.avail_out)
      }
      output += piece
    } while code == Z_OK && stream.pointee.avail_out == 0
    return code
  }
}
