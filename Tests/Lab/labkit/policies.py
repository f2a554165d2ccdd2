"""The hosts of MTA-STS policies (RFC 8461 section 3.3): one HTTPS server that tells them apart by name."""

import http.server
import ssl

PATH = "/.well-known/mta-sts.txt"
IDLE_TIME = 20.0


class PolicyHandler(http.server.BaseHTTPRequestHandler):
    """A policy: body (lines), status, contentType (null: none is sent), headers, size (octets of padding), lineEnd."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIME

    def do_GET(self):
        host = (self.headers.get("Host") or "").split(":")[0].rstrip(".").lower()
        policy = self.server.policies.get(host)
        if policy is None or self.path != PATH:
            self.send_error(404)
            return
        end = policy.get("lineEnd", "\r\n")
        body = "".join(line + end for line in policy.get("body", [])).encode()
        body += b"# padding, as if it were one.\r\n" * (policy.get("size", 0) // 31)
        self.send_response(policy.get("status", 200))
        content_type = policy.get("contentType", "text/plain")
        if content_type is not None:
            self.send_header("Content-Type", content_type)
        for name, value in policy.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format, *values):
        pass


class PolicyServer(http.server.ThreadingHTTPServer):
    """The handshake is made in the connection's own thread, so that a client that dawdles holds up no one."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, policies, certificates):
        """certificates: kind of certificate to file; a policy's `certificate` chooses, `policy` being the good one."""
        super().__init__((address, 443), PolicyHandler)
        self.policies = policies
        self.contexts = {kind: context(path) for kind, path in certificates.items()}
        self.contexts["policy"].sni_callback = self.choose

    def choose(self, connection, name, _):
        policy = self.policies.get((name or "").lower())
        if policy is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self.contexts[policy.get("certificate", "policy")]
        return None

    def finish_request(self, request, client_address):
        request.settimeout(IDLE_TIME)
        with self.contexts["policy"].wrap_socket(request, server_side=True) as session:
            self.RequestHandlerClass(session, client_address, self)

    def handle_error(self, request, client_address):
        pass  # A client that refuses the certificate ends the handshake; that is what it is here for.


def context(path):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(path)
    return made


# What the certificates of policy hosts look like, by kind.
CERTIFICATES = {
    "policy": {},
    "policy-ends-soon": {"days": 10},
    "policy-expired": {"expired": True},
    "policy-self-signed": {"issuer": "self"},
    "policy-wrong-name": {"names": ["www.elsewhere.gov.uk"]},
}

# Those that a client refuses.
REFUSED = {"policy-expired", "policy-self-signed", "policy-wrong-name"}


def certificates(policies):
    """What is to be issued: kind to (description, the names of the hosts that show it)."""
    wanted = {}
    for kind, description in CERTIFICATES.items():
        hosts = [host for host, policy in policies.items() if policy.get("certificate", "policy") == kind]
        wanted[kind] = (description, hosts or ["none.nic.uk"])
    return wanted
