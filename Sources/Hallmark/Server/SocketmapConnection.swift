import NIOCore
import Sockets

/// One connection of the socketmap server. Every request is answered before the next is looked at, and a peer that does not
/// take its answers is not read from.
///
/// It lives on the thread that answers; it is closed when it is gone.
final class SocketmapConnection {
  enum State {
    case open
    /// Nothing more is to be done with it.
    case ended
  }

  let socket: StreamSocket
  /// When it last did something.
  private(set) var lastActive: NIODeadline
  /// What the peer has not taken yet.
  private(set) var unsent = ByteBuffer()
  private var decoder = NetstringDecoder(limit: SocketmapServer.maximumRequest)
  /// The beginning of a netstring whose end is still to come.
  private var rest = ByteBuffer()
  /// Nothing can be read any more; it ends once all is sent.
  private var isOutOfStep = false

  init(_ socket: consuming StreamSocket, at now: NIODeadline) {
    self.socket = socket
    lastActive = now
  }

  /// Takes what has come in, and answers it.
  ///
  /// - Parameters:
  ///   - answers: who knows them.
  ///   - room: memory that connections share, to read into.
  ///   - now: the time.
  func receive(_ answers: SocketmapAnswers, through room: inout ByteBuffer, at now: NIODeadline) -> State {
    room.clear()
    var outcome = StreamSocket.Outcome.wouldBlock
    room.writeWithUnsafeMutableBytes(minimumWritableBytes: SocketmapThread.readSize) {
      outcome = socket.receive(into: $0)
      return if case .moved(let octets) = outcome { octets } else { 0 }
    }
    guard case .moved = outcome else { return outcome == .wouldBlock ? .open : .ended }
    lastActive = now
    guard rest.readableBytes > 0 else { return answer(&room, answers) }
    var whole = ByteBuffer()
    swap(&whole, &rest)
    whole.writeBuffer(&room)
    return answer(&whole, answers)
  }

  private func answer(_ received: inout ByteBuffer, _ answers: SocketmapAnswers) -> State {
    // A local, because each use of a class's variable is checked when it runs.
    var decoder = self.decoder
    var text = ByteBuffer()
    do {
      while let request = try decoder.next(&received) {
        let answer = answers.answer(to: request)
        // One alone is sent as it is kept.
        if text.readableBytes == 0 { text = answer } else { text.writeImmutableBuffer(answer) }
      }
    } catch {
      isOutOfStep = true
    }
    self.decoder = decoder
    // A copy: what is shared is used again.
    if received.readableBytes > 0 { rest = ByteBuffer(bytes: received.readableBytesView) }
    return send(text)
  }

  private func send(_ text: ByteBuffer) -> State {
    var sent = 0
    if text.readableBytes > 0 {
      switch text.withUnsafeReadableBytes({ socket.send($0) }) {
      case .ended: return .ended
      case .wouldBlock: break
      case .moved(let octets): sent = octets
      }
    }
    guard sent < text.readableBytes else { return isOutOfStep ? .ended : .open }
    unsent = text
    unsent.moveReaderIndex(forwardBy: sent)
    return .open
  }

  /// Sends what was left over, as far as the peer takes it now.
  func resume(at now: NIODeadline) -> State {
    var text = ByteBuffer()
    swap(&text, &unsent)
    lastActive = now
    return send(text)
  }
}
