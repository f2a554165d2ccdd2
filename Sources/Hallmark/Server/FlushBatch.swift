import NIOCore

/// A connection that has written, and can wait a moment until it is sent.
protocol Flushable: AnyObject {
  func flushDeferred()
}

/// The connections of one event loop whose answers are to be sent once all that has come in is looked at.
///
/// To send wakes the peer, which is most of what an answer costs; many sent in a row wake it once. An answer waits for the
/// requests that had come in with its own and for nothing else.
///
/// It lives on its event loop.
final class FlushBatch {
  private let eventLoop: any EventLoop
  private var connections: [any Flushable] = []

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func add(_ connection: any Flushable) {
    connections.append(connection)
    guard connections.count == 1 else { return }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    // The loop runs what is handed to it when it has handled all events that it was woken for.
    eventLoop.execute { bound.value.flush() }
  }

  private func flush() {
    var taken: [any Flushable] = []
    swap(&taken, &connections)
    for connection in taken { connection.flushDeferred() }
    // What these have come to need meanwhile made a round of its own. The memory is kept for the next.
    if connections.isEmpty {
      taken.removeAll(keepingCapacity: true)
      swap(&taken, &connections)
    }
  }
}
