"""The configuration of what sends: Postfix, the resolver that it asks, and the socketmap of MTA-STS policies."""

from labkit import servers

# Unlike the lab's own it validates: RFC 7672 section 2.2 takes a resolver that does, on the same machine.
RESOLVER = "127.0.0.54"
# Its word that an answer is secure is taken (RFC 6840 section 5.8).
RESOLV_CONF = f"nameserver {RESOLVER}\noptions trust-ad\n"
STS_PORT = 8462

# The levels of smtp_tls_security_level, and `sts`: `may` unless the recipient has an MTA-STS policy in mode enforce.
# It is not `dane` below it, so that each is seen by itself: that DANE comes first is for the rules to say.
LEVELS = {
    "may": {"smtp_tls_security_level": "may"},
    "dane": {"smtp_tls_security_level": "dane"},
    "secure": {"smtp_tls_security_level": "secure", "smtp_tls_secure_cert_match": "hostname"},
    "sts": {
        "smtp_tls_security_level": "may",
        "smtp_tls_policy_maps": f"socketmap:inet:127.0.0.1:{STS_PORT}:postfix",
    },
}

# What sends mail and takes none from elsewhere.
INSTANCE = servers.INSTANCE + """myhostname = sender.nic.uk
inet_interfaces = 127.0.0.1
notify_classes =
"""

# The process limit is also how many may wait at a service's socket: each agent asks tlsmgr at its start, and one that finds
# no place there goes on without TLS. postlogd ends itself after ten seconds by default, which as many starts at once can take.
AGENTS = 20
MAIN = INSTANCE + """default_process_limit = 1000
postlogd_watchdog_timeout = 600s
transport_maps = regexp:{directory}/transports
smtp_dns_support_level = dnssec
smtp_tls_CAfile = {ca}
smtp_tls_loglevel = 1
smtp_tls_protocols = >=TLSv1
smtp_tls_mandatory_protocols = >=TLSv1
smtp_tls_ciphers = medium
tls_medium_cipherlist = DEFAULT:@SECLEVEL=0
smtp_tls_session_cache_database =
smtp_connection_cache_on_demand = no
smtp_connect_timeout = 5s
smtp_helo_timeout = 5s
smtp_starttls_timeout = 5s
smtp_mail_timeout = 5s
"""

SERVICES = """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
scache unix - - n - 1 scache
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
discard unix - - n - - discard
postlog unix-dgram n - n - 1 postlogd
"""


def write_sts(directory, python):
    path = directory / "mta-sts.yml"
    path.write_text(f"host: 127.0.0.1\nport: {STS_PORT}\ncache:\n  type: internal\ndefault_zone:\n  timeout: 5\n")
    program = "from postfix_mta_sts_resolver.daemon import main; main()"
    return [python, "-c", program, "-c", str(path), "-l", str(directory / "mta-sts.log")]


def write_postfix(directory, lab, levels, filters):
    """One instance; a transport for each level, and one more for each place of a route. filters: place to table."""
    etc, daemons = servers.make_instance(directory)
    (etc / "main.cf").write_text(MAIN.format(directory=directory, daemons=daemons, ca=lab["caFile"]))
    services, transports = SERVICES, ""
    for place, table in {(): "", **filters}.items():
        path = directory / f"filter{suffix(place)}"
        path.write_text(table)
        for level in levels:
            name = level + suffix(place)
            services += transport(name, LEVELS[level] | {"smtp_dns_reply_filter": f"regexp:{path}"})
            transports += f"/^{name}@/ smtp-{name}:\n"
    (etc / "master.cf").write_text(services)
    # The local part chooses the transport, so that one message goes to everybody by every way.
    (directory / "transports").write_text(transports)
    (directory / "resolv.conf").write_text(RESOLV_CONF)
    servers.prepare_spool(directory)
    return [f"{daemons}/master", "-c", str(etc), "-d"]


def suffix(place):
    return "".join(f"-{number}" for number in place)


def transport(name, options):
    # Postfix may go on in the clear after a failed handshake once a message is older than minimal_backoff_time.
    options = {"syslog_name": name, "minimal_backoff_time": "1s"} | options
    lines = [f"  -o {{ {key} = {value} }}\n" for key, value in options.items()]
    return f"smtp-{name} unix - - n - {AGENTS} smtp\n" + "".join(lines)
