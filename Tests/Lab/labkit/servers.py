"""The configuration of the real servers: NSD, unbound and Postfix."""

import os
import pwd
import subprocess

from . import model

NSD = """server:
  ip-address: {addresses[0]}
  ip-address: {addresses[1]}
  port: 53
  username: ""
  chroot: ""
  pidfile: "{directory}/nsd.pid"
  database: ""
  zonelistfile: "{directory}/zone.list"
  xfrdfile: "{directory}/xfrd.state"
  xfrdir: "{directory}"
  server-count: 1
  hide-version: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""

# The names that a resolver keeps to itself by default (RFC 6761) are given free, because the lab serves some of them.
UNBOUND = """server:
  interface: {resolver}
  port: 53
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: "{directory}/unbound.pid"
  use-syslog: no
  logfile: ""
  num-threads: 1
  do-not-query-localhost: no
  do-ip6: no
  module-config: "{modules}"
  root-hints: "{directory}/root.hints"
  qname-minimisation: no
  infra-host-ttl: 1
  statistics-interval: 2
  statistics-cumulative: yes
  local-zone: "test." nodefault
{more}remote-control:
  control-enable: no
"""

# What each Postfix of a lab begins with, in a directory of its own.
INSTANCE = """compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/lib
daemon_directory = {daemons}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
mydestination =
alias_maps =
inet_protocols = all
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ OPENSSL_CONF
maillog_file = {directory}/log
maillog_file_prefixes = /
"""

MAIN = INSTANCE + """myhostname = mail.nic.uk
local_recipient_maps =
inet_interfaces = all
smtpd_peername_lookup = no
smtpd_relay_restrictions = check_client_access static:discard, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_new_tls_session_rate_limit = 0
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_tls_protocols = >=TLSv1.2
smtpd_tls_session_cache_database =
smtpd_tls_ciphers = medium
tls_medium_cipherlist = DEFAULT:@SECLEVEL=0
"""

SERVICES = """tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
cleanup unix n - n - 0 cleanup
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""


def write_nsd(directory, zones):
    """zones: name to file."""
    directory.mkdir(exist_ok=True)
    text = NSD.format(directory=directory, addresses=(model.NAME_SERVER, model.NAME_SERVER_6))
    for name, path in zones.items():
        text += f'zone:\n  name: "{name or "."}"\n  zonefile: "{path}"\n'
    (directory / "nsd.conf").write_text(text)
    return ["nsd", "-d", "-c", str(directory / "nsd.conf")]


def write_unbound(directory, resolver=model.RESOLVER, anchor=None):
    """Without an anchor it does not validate, so that what is bogus reaches those who ask: they judge for themselves."""
    directory.mkdir()
    (directory / "root.hints").write_text(f". 3600 NS ns.nic.uk.\nns.nic.uk. 3600 A {model.NAME_SERVER}\n")
    modules = "validator iterator" if anchor else "iterator"
    more = f'  trust-anchor-file: "{anchor}"\n' if anchor else ""
    text = UNBOUND.format(directory=directory, resolver=resolver, modules=modules, more=more)
    (directory / "unbound.conf").write_text(text)
    return ["unbound", "-d", "-c", str(directory / "unbound.conf")]


def make_instance(directory):
    """The directories of a Postfix instance: where its configuration goes, and where its daemons lie."""
    etc = directory / "etc"
    for each in (etc, directory / "spool", directory / "lib"):
        each.mkdir(parents=True)
    asked = subprocess.run(["postconf", "-dh", "daemon_directory"], capture_output=True, text=True, check=True)
    return etc, asked.stdout.strip()


def write_postfix(directory, peers, certificates):
    """One instance; each mail server is an smtpd service of its own, on its own addresses."""
    etc, daemons = make_instance(directory)
    (etc / "main.cf").write_text(MAIN.format(directory=directory, daemons=daemons))
    write_services(etc, peers, certificates)
    prepare_spool(directory)
    return [f"{daemons}/master", "-c", str(etc), "-d"]


def write_services(etc, peers, certificates):
    services = SERVICES
    for peer in peers:
        options = {"syslog_name": peer.name, **peer.data.get("options", {})}
        if peer.name in certificates:
            options["smtpd_tls_chain_files"] = str(certificates[peer.name])
        for address in peer.addresses:
            at = f"[{address}]" if ":" in address else address
            services += f"{at}:25 inet n - n - - smtpd\n"
            services += "".join(f"  -o {{ {name} = {value} }}\n" for name, value in options.items())
    (etc / "master.cf").write_text(services)


def prepare_spool(directory):
    """What `postfix check` makes, without the second that it takes."""
    user = pwd.getpwnam("postfix")
    os.chown(directory / "lib", user.pw_uid, user.pw_gid)
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "trace"):
        path = directory / "spool" / name
        path.mkdir()
        os.chown(path, user.pw_uid, 0)
    for name in ("maildrop", "public"):
        path = directory / "spool" / name
        path.mkdir()
        os.chown(path, user.pw_uid, user.pw_gid)
    (directory / "spool" / "pid").mkdir()
