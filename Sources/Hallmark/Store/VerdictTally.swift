/// How many watched domains had each verdict.
public struct VerdictTally: Hashable, Sendable {
  public var secure = 0
  public var insecure = 0
  public var unknown = 0
  public var noMail = 0

  public init(secure: Int = 0, insecure: Int = 0, unknown: Int = 0, noMail: Int = 0) {
    self.secure = secure
    self.insecure = insecure
    self.unknown = unknown
    self.noMail = noMail
  }

  /// Those of which something is known or was tried.
  public var total: Int { secure + insecure + unknown + noMail }

  /// In hundredths of all; a domain without mail meets every standard. nil of none at all.
  public var share: Double? { total == 0 ? nil : Double(secure + noMail) * 100 / Double(total) }

  public mutating func count(_ verdict: String) {
    switch verdict {
    case "secure": secure += 1
    case "insecure": insecure += 1
    case "no-mail": noMail += 1
    default: unknown += 1
    }
  }

  var encoded: [UInt8] {
    var writer = ByteWriter(capacity: 16)
    for count in [secure, insecure, unknown, noMail] { writer.put(UInt32(clamping: count)) }
    return writer.octets
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    var reader = ByteReader(bytes)
    secure = Int(try reader.number(UInt32.self))
    insecure = Int(try reader.number(UInt32.self))
    unknown = Int(try reader.number(UInt32.self))
    noMail = Int(try reader.number(UInt32.self))
  }
}
