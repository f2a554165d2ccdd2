#!/usr/bin/env python3
r"""A server that follows a script, for the tests.

Each connection runs the steps given on standard input, one a line up to a dot. It ends when standard input does.

  S TEXT     send the text and CRLF          X HEX      send these octets
  L TEXT     send the text and LF            R PREFIX   read a line, which must begin so
  DRIP N TEXT  send an octet every N seconds HEADERS    read up to an empty line
  TLS        shake hands                     HOLD       read until the client closes
  CLOSE      close                           RESET      close with a reset
  ENDLESS X  send X until the client goes    UNWRAP     end TLS with close_notify
  WAIT N     do nothing for N seconds        AGAIN      shake hands in TLS 1.2, then ask for it again

DRIP and ENDLESS take escapes, as \r\n. It prints its port, then what it heard (`heard ...`), `open` and `closed` for
each connection, and the server name that a client gave (`sni ...`).
"""
import argparse
import ctypes
import socket
import ssl
import struct
import sys
import threading
import time

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def say(text):
    try:
        print(text, flush=True)
    except OSError:
        # Nobody listens any more.
        pass


def octets(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def read_line(connection):
    line = b""
    while not line.endswith(b"\n") and len(line) < 4096:
        octet = connection.recv(1)
        if not octet:
            break
        line += octet
    if line:
        say("heard " + line.decode("latin-1").strip())
    return line


def tls_context(options):
    import warnings

    warnings.simplefilter("ignore")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: say(f"sni {name}")
    context.set_ciphers(options.ciphers)
    context.minimum_version = VERSIONS[options.min]
    context.maximum_version = VERSIONS[options.max]
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    if options.client:
        context.verify_mode = ssl.CERT_REQUIRED if options.client == "required" else ssl.CERT_OPTIONAL
        context.load_verify_locations(options.cert)
    return context


def shake_twice(connection, options):
    """A HelloRequest behind a handshake (RFC 5246 section 7.4.1.1), which Python's own module cannot send."""
    tls = ctypes.CDLL("libssl.so.3")
    for name in ("TLS_server_method", "SSL_CTX_new", "SSL_new"):
        getattr(tls, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(tls.SSL_CTX_new(ctypes.c_void_p(tls.TLS_server_method())))
    set_max_proto_version, pem = 124, 1
    tls.SSL_CTX_ctrl(context, set_max_proto_version, ctypes.c_long(0x0303), None)
    tls.SSL_CTX_use_certificate_chain_file(context, options.cert.encode())
    tls.SSL_CTX_use_PrivateKey_file(context, options.key.encode(), pem)
    session = ctypes.c_void_p(tls.SSL_new(context))
    tls.SSL_set_fd(session, connection.fileno())
    say(f"handshake {tls.SSL_accept(session)}")
    say(f"request {tls.SSL_renegotiate(session)} {tls.SSL_do_handshake(session)}")
    buffer = ctypes.create_string_buffer(4096)
    while (count := tls.SSL_read(session, buffer, len(buffer))) > 0:
        say("heard " + buffer.raw[:count].decode("latin-1").strip())
    tls.SSL_free(session)
    tls.SSL_CTX_free(context)


def follow(connection, steps, options):
    for step in steps:
        verb, _, rest = step.partition(" ")
        if verb == "S":
            connection.sendall(rest.encode("latin-1") + b"\r\n")
        elif verb == "L":
            connection.sendall(rest.encode("latin-1") + b"\n")
        elif verb == "X":
            connection.sendall(bytes.fromhex(rest))
        elif verb == "DRIP":
            pause, _, text = rest.partition(" ")
            for octet in octets(text):
                connection.sendall(bytes([octet]))
                time.sleep(float(pause))
        elif verb == "R":
            if not read_line(connection).startswith(rest.encode("latin-1")):
                return connection
        elif verb == "HEADERS":
            while read_line(connection).strip():
                pass
        elif verb == "TLS":
            connection = tls_context(options).wrap_socket(connection, server_side=True)
        elif verb == "UNWRAP":
            connection = connection.unwrap()
        elif verb == "AGAIN":
            shake_twice(connection, options)
            return connection
        elif verb == "WAIT":
            time.sleep(float(rest))
        elif verb == "HOLD":
            while connection.recv(4096):
                pass
        elif verb == "ENDLESS":
            while True:
                connection.sendall(octets(rest) * 512)
        elif verb == "RESET":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return connection
        elif verb == "CLOSE":
            return connection
    return connection


def serve(connection, steps, options):
    say("open")
    try:
        connection = follow(connection, steps, options)
    except (OSError, ValueError) as error:
        say("fault " + str(error).replace("\n", " "))
    finally:
        say("closed")
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--min", default="1.0")
    parser.add_argument("--max", default="1.3")
    parser.add_argument("--ciphers", default="ALL:@SECLEVEL=0")
    parser.add_argument("--client", choices=["optional", "required"])
    options = parser.parse_args()
    steps = [line.rstrip("\n") for line in iter(sys.stdin.readline, ".\n") if line.strip()]
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    threads = []

    def accept():
        while True:
            connection, _ = listener.accept()
            threads.append(threading.Thread(target=serve, args=(connection, steps, options), daemon=True))
            threads[-1].start()

    threading.Thread(target=accept, daemon=True).start()
    say(str(listener.getsockname()[1]))
    sys.stdin.read()
    # It waits for what is under way, so that all that was heard is said.
    for thread in threads:
        thread.join(5)


main()
