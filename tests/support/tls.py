# SPDX-License-Identifier: MIT
"""A server's side of TLS, with a certificate that nobody trusts."""

import functools
import pathlib
import ssl
import subprocess
import tempfile


@functools.cache
def server_context():
    """None where the openssl program is missing."""
    with tempfile.TemporaryDirectory(prefix="crawl-tls-") as folder:
        key, certificate = pathlib.Path(folder, "key.pem"), pathlib.Path(folder, "certificate.pem")
        try:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                            "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
        except FileNotFoundError:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


CA_CONFIG = """[ca]
default_ca = all
[all]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
unique_subject = no
[any]
commonName = supplied
[server]
subjectAltName = {names}
"""


class Authority:
    """A certificate authority in a folder, to be named with --ca-file."""

    def __init__(self, folder):
        """FileNotFoundError where the openssl program is missing."""
        self._folder = pathlib.Path(folder)
        self._folder.mkdir()
        self.file = self._folder / "ca.pem"
        (self._folder / "index.txt").touch()
        self._openssl("req", "-x509", *self._new_key("ca"), "-days", "30", "-subj", "/CN=A test's authority",
                      "-out", self.file)

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=self._folder)

    @staticmethod
    def _new_key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key"]

    def context(self, *names, begins="20200101000000Z", ends="20991231235959Z"):
        """A server's context whose certificate names these hosts, and is valid from `begins` to `ends`."""
        stem = f"{names[0]}-{begins}-{ends}"
        config = self._folder / f"{stem}.conf"
        config.write_text(CA_CONFIG.format(names=", ".join(f"DNS:{name}" for name in names)))
        self._openssl("req", "-new", *self._new_key(stem), "-subj", "/CN=server", "-out", f"{stem}.csr")
        self._openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.file, "-keyfile", "ca.key",
                      "-startdate", begins, "-enddate", ends, "-in", f"{stem}.csr", "-out", f"{stem}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        return context
