"""Certificates for the TLS listeners, made once: a CA, a server and a client that it signed, and a CA
that signed neither, for the tests that must be refused.

SPDX-License-Identifier: Apache-2.0
"""
import dataclasses
import pathlib

from . import cache

SERVER_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1\n"


@dataclasses.dataclass
class Certificates:
    folder: pathlib.Path

    def __post_init__(self):
        self.ca = self.folder / "ca.crt"
        self.other_ca = self.folder / "other-ca.crt"
        self.server_key = self.folder / "server.key"
        self.server = self.folder / "server.crt"
        self.server_store = self.folder / "server.pem"  # key, certificate, CA: Kafka's PEM key store
        self.client_key = self.folder / "client.key"
        self.client = self.folder / "client.crt"


def _authority(work, name):
    cache.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
              "-out", f"{name}.crt", "-days", "3650", "-subj", f"/CN=headrace test {name}",
              "-addext", "basicConstraints=critical,CA:TRUE", cwd=work)


def _signed(work, name, subject):
    cache.run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
              "-out", f"{name}.csr", "-subj", f"/CN={subject}", cwd=work)
    cache.run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
              "-CAcreateserial", "-days", "3650", "-extfile", "names", "-out", f"{name}.crt", cwd=work)


def _make(work):
    (work / "names").write_text(SERVER_NAMES)
    _authority(work, "ca")
    _authority(work, "other-ca")
    _signed(work, "server", "localhost")
    _signed(work, "client", "headrace")
    parts = ("server.key", "server.crt", "ca.crt")
    (work / "server.pem").write_text("".join((work / part).read_text() for part in parts))


def certificates():
    return Certificates(cache.once("tls-1", _make, "making certificates"))
