import NIOCore
import Synchronization

/// One of something for each event loop, made when it is first asked for and used on that loop alone.
final class LoopLocal<Value>: Sendable {
  private let values = Mutex<[ObjectIdentifier: NIOLoopBound<Value>]>([:])
  private let make: @Sendable (any EventLoop) -> Value

  init(_ make: @escaping @Sendable (any EventLoop) -> Value) { self.make = make }

  /// That of an event loop, which must be the one that asks.
  func value(of eventLoop: any EventLoop) -> Value {
    values.withLock { values in
      let key = ObjectIdentifier(eventLoop)
      if let value = values[key] { return value }
      let value = NIOLoopBound(make(eventLoop), eventLoop: eventLoop)
      values[key] = value
      return value
    }.value
  }
}
