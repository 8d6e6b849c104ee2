# SPDX-License-Identifier: MIT
"""An nginx of the test's own on loopback: one port, several host names, each with its files."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from crawl_run import skip_all, wait_for

# As the mime.types of the package has it, for what is in the documentation served here.
TYPES = {
    "html": "text/html", "htm": "text/html", "css": "text/css", "xml": "text/xml",
    "txt": "text/plain", "js": "application/javascript", "json": "application/json",
    "png": "image/png", "gif": "image/gif", "svg": "image/svg+xml", "ico": "image/x-icon",
    "zip": "application/zip", "pdf": "application/pdf",
}
DEFAULT_TYPE = "application/octet-stream"
# Read by log_lines().
LOG_FIELDS = ["msec", "request_time", "connection", "connection_requests", "http_host", "status",
              "request_uri", "http_user_agent"]


def nginx_program():
    # A user's PATH may lack /usr/sbin.
    found = shutil.which("nginx") or "/usr/sbin/nginx"
    if not os.access(found, os.X_OK):
        skip_all("nginx is not installed (./bootstrap test installs it)")
    return found


def port_is_open(address, port):
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


class Nginx:
    """`sites`: {host name or address: folder}. Names resolve to 127.0.0.1 (*.localhost).
    `site_options`: {host name or address: directives}."""

    ATTEMPTS = 20

    def __init__(self, folder, sites, server_options="", site_options=None):
        self.folder = pathlib.Path(folder, "nginx")
        self.folder.mkdir()
        self.log = self.folder / "access.log"
        self._addresses = sorted({name for name in sites if name[0].isdigit()} | {"127.0.0.1"})
        for _ in range(self.ATTEMPTS):  # another test may take the free port before nginx does
            self.port = free_port(self._addresses)
            self._write_config(sites, server_options, site_options or {})
            if self._start():
                return
        raise AssertionError(f"nginx does not start: {(self.folder / 'error.log').read_text()}")

    def _start(self):
        config = self.folder / "nginx.conf"
        self.process = subprocess.Popen(
            [nginx_program(), "-e", self.folder / "error.log", "-p", self.folder, "-c", config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pid_file = self.folder / "nginx.pid"  # written once it listens

        def settled():
            return self.process.poll() is not None or (
                pid_file.exists() and pid_file.read_text().strip() == str(self.process.pid)
                and all(port_is_open(address, self.port) for address in self._addresses))

        wait_for(settled, "nginx listens, or has ended")
        return self.process.poll() is None

    def _write_config(self, sites, server_options, site_options):
        here = self.folder
        temporary = "".join(f"{kind}_temp_path {here}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        types = "".join(f"{kind} {suffix}; " for suffix, kind in TYPES.items())
        listen = "".join(f"listen {address}:{self.port}; " for address in self._addresses)
        servers = "".join(
            f"server {{ {listen} server_name {name}; root {root}; index index.html;"
            f" {server_options} {site_options.get(name, '')} }}\n" for name, root in sites.items())
        fields = "\\t".join(f"${field}" for field in LOG_FIELDS)
        (here / "nginx.conf").write_text(
            f"daemon off; worker_processes 1; pid {here}/nginx.pid; error_log {here}/error.log;\n"
            + ("user root;\n" if os.geteuid() == 0 else "")
            + "events { worker_connections 1024; }\n"
            + f"http {{ log_format test '{fields}'; access_log {here}/access.log test;\n"
            + f"keepalive_requests 1000000; {temporary}types {{ {types} }}\n"
            + f"default_type {DEFAULT_TYPE};\n{servers}}}\n")

    def url(self, host="127.0.0.1", path="/"):
        return f"http://{host}:{self.port}{path}"

    def log_lines(self):
        """A dictionary per request, in the order in which they ended."""
        lines = self.log.read_text().splitlines()
        return [dict(zip(LOG_FIELDS, line.split("\t"))) for line in lines]

    def requests(self):
        """How many have been answered."""
        return self.log.read_bytes().count(b"\n")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


def free_port(addresses=("127.0.0.1",)):
    """A port that is free on all the addresses."""
    while True:
        with socket.socket() as probe:
            probe.bind((addresses[0], 0))
            port = probe.getsockname()[1]
        try:
            for address in addresses[1:]:
                with socket.socket() as probe:
                    probe.bind((address, port))
            return port
        except OSError:
            continue
