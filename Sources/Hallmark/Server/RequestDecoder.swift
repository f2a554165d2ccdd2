import NIOCore
import NIOHTTP1

/// Reads requests by NIO's decoder, but for those whose head is a `RepeatedHead`.
///
/// It knows where a request ends as long as each head came in one piece and told the length of its body; after anything else
/// the decoder reads all that comes.
final class RequestDecoder: ByteToMessageDecoder {
  typealias InboundOut = HTTPServerRequestPart

  private enum Place {
    case between
    /// So many octets of a body are to come.
    case body(Int)
    case unknown
  }

  private let decoder: HTTPRequestDecoder
  private let connection: HTTPConnection
  private let bodyLimit: Int
  private var place = Place.between
  private var known: RepeatedHead?

  init(_ limits: HTTPLimits, _ connection: HTTPConnection) {
    decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits.decoder)
    self.connection = connection
    bodyLimit = limits.body
  }

  func decoderAdded(context: ChannelHandlerContext) { decoder.decoderAdded(context: context) }

  func decoderRemoved(context: ChannelHandlerContext) { decoder.decoderRemoved(context: context) }

  func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
    switch place {
    case .between:
      takeRepeated(&buffer)
      guard buffer.readableBytes > 0 else { return .needMoreData }
      try readHead(context, &buffer)
      return .continue
    case .body(let left):
      guard var piece = buffer.readSlice(length: min(left, buffer.readableBytes)) else { return .needMoreData }
      let length = piece.readableBytes
      try read(context, &piece, then: left > length ? .body(left - length) : .between)
      return .continue
    case .unknown:
      return try decoder.decode(context: context, buffer: &buffer)
    }
  }

  /// Takes the requests whose head is the known one off what was read, as far as nothing else stands before them.
  func takeRepeated(_ buffer: inout ByteBuffer) {
    guard case .between = place, let known else { return }
    while connection.isFree, let body = known.next(in: &buffer, limit: bodyLimit) {
      connection.take(body, behind: known.accepted)
    }
  }

  func decodeLast(context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool) throws -> DecodingState {
    while buffer.readableBytes > 0, case .continue = try decode(context: context, buffer: &buffer) {}
    return try decoder.decodeLast(context: context, buffer: &buffer, seenEOF: seenEOF)
  }

  private func readHead(_ context: ChannelHandlerContext, _ buffer: inout ByteBuffer) throws {
    guard let length = RequestDecoder.headLength(buffer.readableBytesView), var head = buffer.readSlice(length: length)
    else {
      place = .unknown
      return
    }
    let octets = Array(head.readableBytesView)
    connection.accepted = nil
    try read(context, &head, then: .unknown)
    // Without it the head was refused, or waits behind a request that is being answered.
    guard let accepted = connection.accepted, accepted.fields.transferEncoding == nil, !accepted.fields.isUpgrade
    else { return }
    let body = accepted.fields.contentLength ?? 0
    place = body > 0 ? .body(body) : .between
    known = RepeatedHead(octets, accepted) ?? known
  }

  /// Has the decoder read a piece, which it takes whole where its end is the end of a head or within a body.
  private func read(_ context: ChannelHandlerContext, _ piece: inout ByteBuffer, then next: Place) throws {
    place = .unknown
    _ = try decoder.decode(context: context, buffer: &piece)
    if piece.readableBytes == 0 { place = next }
  }

  /// Up to and with the first empty line.
  private static func headLength(_ octets: ByteBufferView) -> Int? {
    var (matched, length) = (0, 0)
    for octet in octets {
      length += 1
      switch (octet, matched) {
      case (0x0d, 0), (0x0d, 2), (0x0a, 1): matched += 1
      case (0x0a, 3): return length
      case (0x0d, _): matched = 1
      default: matched = 0
      }
    }
    return nil
  }
}

/// Stands before the decoder's buffer, and lets pass what is no `RepeatedHead`: the way through that buffer takes longer than to
/// find out that a request is the one before with another body.
///
/// Between two requests the decoder holds nothing back, so that nothing is overtaken. A read never comes within another: the
/// connection asks for more only when it has taken all that there is.
final class RepeatedRequests: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let decoder: RequestDecoder

  init(_ decoder: RequestDecoder) { self.decoder = decoder }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var octets = unwrapInboundIn(data)
    decoder.takeRepeated(&octets)
    if octets.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(octets)) }
  }
}
