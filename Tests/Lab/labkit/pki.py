"""Keys and certificates, made anew for each lab by the openssl program; none is ever kept."""

import base64
import concurrent.futures
import hashlib
import pathlib
import ssl
import subprocess

EXTENSIONS = """
[req]
distinguished_name = dn
prompt = no
[dn]
{subject}
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
extendedKeyUsage = serverAuth
{names}
[ca]
default_ca = default
[default]
database = {directory}/{name}.index
new_certs_dir = {directory}
rand_serial = yes
default_md = sha256
policy = anything
[anything]
commonName = optional
organizationName = optional
"""

KEYS = {
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa2048": ["-newkey", "rsa:2048"],
    "rsa1024": ["-newkey", "rsa:1024"],
}

# Everything is looked at here, old versions and short keys too: it is the lab's servers that must offer them.
OPENSSL_CONF = """openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = lenient
[lenient]
MinProtocol = None
CipherString = DEFAULT:@SECLEVEL=0
"""


def openssl(*words, data=None):
    done = subprocess.run(["openssl", *words], input=data, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, words))}: {done.stderr.decode()}")
    return done.stdout


class Authority:
    """A certificate authority, or an intermediate one when it has an issuer."""

    def __init__(self, directory, name, issuer=None):
        self.key = directory / f"{name}.key"
        self.certificate = directory / f"{name}.pem"
        config = configuration(directory, name, f"O = Hallmark Lab\nCN = Hallmark Lab {name}", [])
        signer = ["-CA", issuer.certificate, "-CAkey", issuer.key] if issuer else []
        openssl(
            "req", "-x509", *KEYS["ec"], "-nodes", "-config", config, "-extensions", "authority", "-days", "3650",
            "-keyout", self.key, "-out", self.certificate, *signer,
        )


class PKI:
    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(parents=True)
        (directory / "openssl.cnf").write_text(OPENSSL_CONF)
        trusted = Authority(directory, "trusted")
        self.authorities = {
            "trusted": trusted,
            "stranger": Authority(directory, "stranger"),
            "intermediate": Authority(directory, "intermediate", trusted),
        }
        self.ca_file = trusted.certificate

    def issue(self, name, wanted, names):
        """The certificate of a server: a file with its key and the chain that it shows.

        wanted: issuer (an authority, or `self`), key, names (instead of those that point at the server; [] for none),
        chain (authorities sent along), days (for which it is good), expired.
        """
        names = wanted.get("names", sorted(names))
        subject = f"CN = {wanted.get('commonName', name)}"
        config = configuration(self.directory, name, subject, names)
        key, leaf = self.directory / f"{name}.key", self.directory / f"{name}.pem"
        issuer = self.authorities.get(wanted.get("issuer", "trusted"))
        newkey = [*KEYS[wanted.get("key", "ec")], "-nodes", "-config", config, "-keyout", key]
        if wanted.get("expired"):
            self.issue_expired(newkey, config, issuer, leaf)
        else:
            signer = ["-CA", issuer.certificate, "-CAkey", issuer.key] if issuer else []
            openssl("req", "-x509", *newkey, "-extensions", "leaf", "-days", str(wanted.get("days", 90)), "-out", leaf, *signer)
        chain = [self.authorities[each].certificate for each in wanted.get("chain", [])]
        combined = self.directory / f"{name}.chain.pem"
        combined.write_text("".join(path.read_text() for path in [key, leaf, *chain]))
        return combined

    def issue_expired(self, newkey, config, issuer, leaf):
        """`openssl req` sets no dates in the past; `openssl ca` does."""
        request = leaf.with_suffix(".csr")
        leaf.with_suffix(".index").touch()
        openssl("req", "-new", *newkey, "-out", request)
        openssl(
            "ca", "-batch", "-notext", "-config", config, "-extensions", "leaf", "-in", request, "-out", leaf,
            "-cert", issuer.certificate, "-keyfile", issuer.key,
            "-startdate", "20240101000000Z", "-enddate", "20240401000000Z",
        )

    def issue_all(self, wanted):
        """wanted: name to (description, names). Made side by side: `openssl ca` keeps an index for each."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            made = {name: pool.submit(self.issue, name, *rest) for name, rest in wanted.items()}
            return {name: each.result() for name, each in made.items()}

    def certificate_digest(self, name):
        """SHA-256 of a certificate, server's or authority's (RFC 6698 section 2.1.2: selector 0)."""
        pem = first_certificate(self.directory / f"{name}.pem")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def key_digest(self, name):
        """SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 6698 section 2.1.2: selector 1)."""
        pem = openssl("x509", "-in", self.directory / f"{name}.pem", "-noout", "-pubkey")
        return hashlib.sha256(decode(pem)).hexdigest()

    def dkim_keys(self):
        """The p= of DKIM keys by kind (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
        made = {}
        for kind, words in {"rsa2048": ["rsa:2048"], "rsa1024": ["rsa:1024"], "ed25519": ["ed25519"]}.items():
            private = self.directory / f"dkim-{kind}.key"
            config = configuration(self.directory, f"dkim-{kind}", "CN = dkim", [])
            openssl("req", "-x509", "-newkey", *words, "-nodes", "-config", config, "-keyout", private, "-out", "/dev/null")
            public = decode(openssl("pkey", "-in", private, "-pubout"))
            made[kind] = base64.b64encode(public[-32:] if kind == "ed25519" else public).decode()
        return made


def configuration(directory, name, subject, names):
    alternative = "subjectAltName = " + ", ".join(f"DNS:{each}" for each in names) if names else ""
    path = directory / f"{name}.cnf"
    path.write_text(EXTENSIONS.format(subject=subject, names=alternative, directory=directory, name=name))
    return path


def decode(pem):
    return base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-")))


def first_certificate(path: pathlib.Path):
    end = "-----END CERTIFICATE-----"
    return path.read_text().split(end)[0] + end + "\n"
