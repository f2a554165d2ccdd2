"""Mail servers that no real one imitates on request: each follows a script of peers.json, and the failing name server."""

import json
import socket
import socketserver
import ssl
import struct
import threading
import time

IDLE_TIME = 60.0
LINE_LIMIT = 2048


class ScriptedHandler(socketserver.StreamRequestHandler):
    """Speaks SMTP as the script says.

    greeting (null: none comes), EHLO, HELO, STARTTLS: the reply to each, as lines; `then`: what happens after the
    STARTTLS reply: close, garbage, tls. A greeting or a reply of 421 ends the connection.
    """

    timeout = IDLE_TIME

    def handle(self):
        self.connection_number = self.server.number()
        self.note("open")
        script = self.server.script
        try:
            if script.get("greeting") == "reset":
                # An end without a farewell: RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if script.get("greeting") is None:
                self.rfile.read()
                return
            self.say(script["greeting"])
            if not script["greeting"].startswith("421"):
                self.converse(script)
        except OSError:
            pass

    def note(self, event):
        """Each event is noted before what follows from it is said, so that the order of the log can be trusted."""
        self.server.note(self.connection_number, event)

    def say(self, *lines):
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def converse(self, script):
        while line := self.rfile.readline(LINE_LIMIT):
            verb = line.split()[0].upper().decode("ascii", "replace") if line.split() else ""
            if verb == "QUIT":
                self.note("quit")
                self.say("221 2.0.0 Bye")
                return
            reply = script.get(verb, ["502 5.5.1 not here"])
            self.say(*reply)
            if reply[-1].startswith("421"):
                return
            if verb == "STARTTLS" and reply[0].startswith("220"):
                self.secure(script.get("then"))
                return

    def secure(self, then):
        if then == "garbage":
            # Only when the handshake has begun: sent at once, it would be text behind the answer to STARTTLS.
            self.rfile.peek(1)
            self.say("this is not TLS", "and never will be")
            self.rfile.read()
        elif then == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.server.certificate)
            self.connection.recv(1, socket.MSG_PEEK)
            self.note("handshake")
            with context.wrap_socket(self.connection, server_side=True) as session:
                session.recv(LINE_LIMIT)
                self.note("quit")


class ScriptedServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, name, address, script, certificate, log):
        self.name, self.script, self.certificate, self.log = name, script, certificate, log
        self.lock, self.connections = threading.Lock(), 0
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, 25), ScriptedHandler)

    def number(self):
        with self.lock:
            self.connections += 1
            return self.connections

    def note(self, connection, event):
        """A line of JSON in the log of all scripted servers."""
        line = json.dumps({"peer": self.name, "connection": connection, "event": event, "at": time.monotonic_ns()})
        with self.lock, self.log.open("a", encoding="ascii") as log:
            log.write(line + "\n")

    def handle_error(self, request, client_address):
        pass  # A client that goes away in the middle is what half of these scripts are for.


class FailingNameServer(socketserver.ThreadingUDPServer):
    """Answers every question with SERVFAIL at once (RFC 1035 section 4.1.1), so that no resolver has to wait."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address):
        super().__init__((address, 53), FailingNameHandler)


class FailingNameHandler(socketserver.BaseRequestHandler):
    def handle(self):
        query, server = self.request
        if len(query) < 12:
            return
        end = query.find(b"\0", 12) + 5
        # QR set, RD copied, RCODE 2; the question alone comes back.
        flags = bytes([0x80 | (query[2] & 0x79), 2])
        server.sendto(query[:2] + flags + b"\0\1\0\0\0\0\0\0" + query[12:end], self.client_address)


def start(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
