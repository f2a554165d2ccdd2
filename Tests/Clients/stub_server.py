"""A stand-in for hallmarkd with canned replies, for the tests of the shell client.

A name says what is answered about it (`insecure.example`, `late.example`, ...); the first part of the path, which the
tests give as part of --server, says how the server as a whole behaves (`/slow`, `/status-429`, ...).
Usage: stub_server.py PORT-FILE LOG-FILE; each request is logged as a line of JSON.
"""
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTILE = "red \x1b[31m\x07 title \x1b]0;owned\x07 C1 \u009b2J bidi \u202e back\r\nnew line \x7f"
VERDICTS = {"secure": "secure", "insecure": "insecure", "unknown": "unknown", "no-mail": "no-mail", "odd": "splendid"}
ERRORS = {
    "invalid": (-32602, "INVALID_ARGUMENT", "NAME_INVALID", "Give a domain name."),
    "late": (-32004, "DEADLINE_EXCEEDED", "DEADLINE_PASSED", "Ask again; the check goes on."),
    "broken": (-32603, "INTERNAL", "INTERNAL", "Tell the operator."),
    "forbidden": (-32007, "PERMISSION_DENIED", "ROLE_MISSING", "Use a token with the role admin."),
    "hostile-error": (-32602, "INVALID_ARGUMENT", "NAME_INVALID", HOSTILE),
}
GRADES = {  # transport grade, mechanism, verification grade
    "dane": ("authenticated", "dane", "enforced"), "us": ("authenticated", "mta-sts", "enforced"),
    "encrypted": ("encrypted", None, "enforced"), "plaintext": ("plaintext", None, "none"),
    "weak": ("weak", None, "monitored"), "monitored": ("authenticated", "dane", "monitored"),
    "none": ("undeliverable", None, "enforced"), "forbidden-by-policy": ("undeliverable", None, "enforced"),
    "itself": ("undeliverable", None, "enforced"), "itself-by-policy": ("undeliverable", None, "enforced"),
    "no-address": ("undeliverable", None, "enforced"),
    "unknown": ("unknown", None, "unknown"), "weak-us": ("weak", None, "enforced"),
}
POSTFIX = ("dane.example dane-only\n"
           "sts.example secure match=mx1.sts.example:.mail.sts.example servername=hostname\n")
lock = threading.Lock()
seen_late = set()


def label(domain):
    return domain.split(".")[0]


def finding(message):
    return {"id": "no-starttls", "severity": "error", "section": "encryption", "subject": "mx1.example",
            "message": message, "clause": "baseline 1",
            "remedy": {"text": "Turn STARTTLS on.", "record": {"name": "_dmarc.example", "type": "TXT",
                                                               "value": "v=DMARC1; p=reject"}}}


def posture(domain):
    kind = label(domain)
    findings = [finding(HOSTILE)] if kind == "hostile" else [finding("no STARTTLS")] if kind == "insecure" else []
    return {"domain": domain, "standard": "baseline", "verdict": VERDICTS.get(kind, "secure"),
            "encryption": {"verdict": "pass"}, "verification": {"verdict": "fail"}, "assurance": {"verdict": "none"},
            "findings": findings, "checkedAt": "2026-07-01T12:00:00Z", "expiresAt": "2026-07-01T13:00:00Z",
            "stale": False, "revision": 9, "note": "\u00e9 \u009b"}


def pair(sender, recipient):
    transport, mechanism, _ = GRADES.get(label(recipient), GRADES["dane"])
    verification = GRADES.get(label(sender), GRADES["dane"])[2]
    unknown = "unknown" in (transport, verification)
    kind = label(recipient)
    mx = [] if kind == "none" else [recipient] if kind.startswith("itself") else ["mx1." + recipient]
    findings = [finding("m")] if kind.endswith("by-policy") else []
    if kind == "no-address":
        findings = [{**finding("m"), "id": "mx-undeliverable"}]
    return {"sender": sender, "recipient": recipient, "standard": "baseline",
            "secure": None if unknown else transport in ("authenticated", "encrypted") and verification == "enforced",
            "transport": {"grade": transport, "mechanism": mechanism, "tls": "TLSv1.3", "mx": mx, "reason": "why T"},
            "verification": {"grade": verification, "reason": "why V"}, "assurance": {"grade": "none"},
            "findings": findings, "checkedAt": "2026-07-01T12:00:00Z", "expiresAt": "2026-07-01T13:00:00Z"}


def error(kind, field=None):
    code, status, reason, message = ERRORS[kind]
    data = {"status": status, "reason": reason, "message": message}
    if field:
        data["field"] = field
    return {"error": {"code": code, "message": "refused", "data": data}}


def page(params, items):
    start = int(params.get("pageToken", "0"))
    result = {"items": items[start:start + 2]}
    if start + 2 < len(items):
        result["nextPageToken"] = str(start + 2)
    return result


def answer(method, params):
    if method == "checkDomain":
        kind = label(params["domain"])
        return error(kind, "domain") if kind in ERRORS else {"result": posture(params["domain"])}
    if method == "checkPair":
        for field in ("sender", "recipient"):
            kind = label(params[field])
            if kind == "once":  # too late the first time, known the second
                with lock:
                    known = params[field] in seen_late
                    seen_late.add(params[field])
                if not known:
                    return error("late")
            if kind in ERRORS:
                return error(kind, field)
        return {"result": pair(params["sender"], params["recipient"])}
    if method == "listDomains":
        paged = page(params, [{"domain": f"d{n}.example", "verdict": "secure", "checkedAt": None, "stale": n == 1,
                               "of": params.get("organisation")} for n in range(5)])
        return {"result": {"domains": paged.pop("items"), **paged}}
    if method == "listWhitelist":
        if params.get("since") == 1:
            return {"error": {"code": -32011, "message": "out of range", "data": {
                "status": "OUT_OF_RANGE", "reason": "REVISION_TOO_OLD", "message": "Fetch the whole whitelist."}}}
        paged = page(params, [{"domain": f"new{n}.example", "policy": "secure"} for n in range(3)])
        entries = paged.pop("items")
        removed = [] if "pageToken" in params else ["gone.example"]
        return {"result": {"revision": 17, "entries": entries, "removed": removed, **paged}}
    if method == "watchDomains":
        return {"result": {"added": len(params["domains"]), "unchanged": 1}}
    if method == "unwatchDomains":
        return {"result": {"removed": len(params["domains"]), "unknown": 2}}
    return {"error": {"code": -32601, "message": "Method not found"}}


class Stub(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def note(self, body):
        with lock, open(sys.argv[2], "a", encoding="utf-8") as log:
            log.write(json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                                  "body": body}) + "\n")

    def reply(self, status, body, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def mode(self):
        return self.path.strip("/").split("/")[0].split("?")[0]

    def general(self, mode):
        """The behaviours that do not depend on what is asked; true where one applied."""
        if mode == "slow":
            time.sleep(4)
        elif mode.startswith("status-"):
            status = int(mode[7:])
            after = {"retryAfter": 7} if status in (429, 503) else {}
            self.reply(status, json.dumps({"error": {"data": {"message": "The server's word." + "\x1b[1m", **after}}}))
        elif mode == "retry-header":
            self.reply(429, "Come back later.\x1b[1m\n", "text/plain", Retry_After="9")
        elif mode.startswith("busy-") and mode not in seen_late:  # busy the first time
            seen_late.add(mode)
            self.reply(429, json.dumps({"error": {"data": {"message": "busy", "retryAfter": 1}}}))
        elif mode == "html":
            self.reply(200, "<html>a captive portal</html>", "text/html")
        elif mode == "redirect":
            self.reply(302, "", Location="http://127.0.0.1:1/")
        elif mode == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"dane.example dane-only\n")
        else:
            return False
        return True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.note(body)
        mode = self.mode()
        if self.general(mode):
            return
        if mode == "refused-batch":
            self.reply(200, json.dumps({"jsonrpc": "2.0", "id": None,
                                        "error": {"code": -32600, "message": "Invalid Request"}}))
            return
        calls = body if isinstance(body, list) else [body]
        if len(calls) > 100:
            self.reply(413, "too many")
            return
        replies = [{"jsonrpc": "2.0", "id": c["id"], **answer(c["method"], c["params"])} for c in reversed(calls)
                   if not label(c["params"].get("domain", "")) == "silent"]
        if mode == "same-page":
            for each in replies:
                each["result"]["nextPageToken"] = "0"
        self.reply(200, json.dumps(replies if isinstance(body, list) or not replies else replies[0]))

    def do_GET(self):
        self.note(None)
        mode = self.mode()
        if self.general(mode):
            return
        if mode == "hostile":
            self.reply(200, "evil\x1b[31m.example\u009b\n", "text/plain")
        elif mode == "bad-policy":
            self.reply(200, POSTFIX + "evil.example none; rm -rf /\n", "text/plain")
        elif mode == "no-line-break":
            self.reply(200, POSTFIX.rstrip("\n"), "text/plain")
        elif mode in ("whitelist", "changed", "no-etag"):
            content = POSTFIX + ("new.example dane-only\n" if mode == "changed" else "")
            tag = f'"r{len(content)}"'
            if "format=postfix" not in self.path:
                content = "format " + self.path.split("format=")[1] + "\n"
            if mode != "no-etag" and self.headers.get("If-None-Match") == tag:
                self.reply(304, "")
            else:
                self.reply(200, content, "text/plain", **({} if mode == "no-etag" else {"ETag": tag}))
        else:
            self.reply(404, "nothing here", "text/plain")


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    with open(sys.argv[1] + ".part", "w", encoding="utf-8") as file:
        file.write(str(server.server_port))
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    server.serve_forever()


main()
