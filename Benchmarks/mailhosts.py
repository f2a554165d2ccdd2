"""Mail servers for the benchmarks: one process that listens at many addresses and does STARTTLS as OpenSSL has it.

    mailhosts.py CHAIN.pem ADDRESS COUNT PORT

It listens on PORT of COUNT addresses from ADDRESS on, in the namespace that it is started in, and says `ready`. CHAIN.pem holds
the key and the certificates. No mail is taken.
"""

import asyncio
import ipaddress
import pathlib
import resource
import ssl
import subprocess
import sys

BACKLOG = 512
GREETING = b"220 mail ESMTP\r\n"
ANSWERS = {
    b"EHLO": b"250-mail\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 8BITMIME\r\n",
    b"HELO": b"250 mail\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
    b"STARTTLS": b"220 2.0.0 Ready\r\n",
}


def certificate(made, work, names):
    """A certificate of the lab's own authority for the names, in one file with its key."""
    pki, chain = pathlib.Path(made["directory"]) / "pki", work / "mailhosts.pem"
    argv = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
        "-subj", "/CN=mailhosts", "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names), "-addext",
        "basicConstraints=critical,CA:FALSE", "-CA", pki / "trusted.pem", "-CAkey", pki / "trusted.key", "-keyout",
        work / "mailhosts.key", "-out", work / "mailhosts.crt",
    ]  # fmt: skip
    subprocess.run(argv, check=True, capture_output=True)
    chain.write_bytes((work / "mailhosts.key").read_bytes() + (work / "mailhosts.crt").read_bytes())
    return chain


def command(chain, first, count, port):
    """What starts the servers."""
    return [sys.executable, str(pathlib.Path(__file__).resolve()), chain, first, count, port]


def tls(chain):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def converse(reader, writer, context):
    try:
        writer.write(GREETING)
        while line := await reader.readline():
            verb = line.split(None, 1)[0].upper() if line.strip() else b""
            writer.write(ANSWERS.get(verb, b"502 5.5.1 not here\r\n"))
            await writer.drain()
            if verb == b"STARTTLS":
                await writer.start_tls(context)
            elif verb == b"QUIT":
                break
    except (OSError, ssl.SSLError, ValueError):
        pass  # Who offers nothing that is taken is refused, and goes.
    finally:
        writer.close()


async def main():
    chain, first, count = sys.argv[1], ipaddress.ip_address(sys.argv[2]), int(sys.argv[3])
    port = int(sys.argv[4])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    context = tls(chain)
    servers = [
        await asyncio.start_server(
            lambda reader, writer: converse(reader, writer, context), str(first + number), port, backlog=BACKLOG,
            reuse_port=True,
        )
        for number in range(count)
    ]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
