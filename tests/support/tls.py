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
