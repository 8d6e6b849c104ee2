# SPDX-License-Identifier: MIT
"""A web server that does what a test's script says, byte for byte, and remembers who asked what.

    server = ScriptedServer({"/": page("<a href=/x>x</a>"), "/x": [reply(500), page("fine")]})

A route is bytes, a list of bytes (one per request, the last one again and again), or a function of
the Request that gives bytes. What no route names is a 404; so is /robots.txt, which allows all.
With `tls`, an ssl.SSLContext (tls.py), the same port speaks https as well."""

import dataclasses
import email.utils
import socket
import threading
import time


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict  # names in lower case
    connection: int
    count: int  # of requests for this path so far, this one included
    at: float  # time.time() when it was read
    scheme: str = "http"
    begun: float = 0.0  # time.monotonic() when it was read,
    ended: float = 0.0  # and when its answer is about to be sent; 0: not yet

    @property
    def host(self):
        """As the Host header names it, without the port."""
        return self.headers.get("host", "").rpartition(":")[0]


REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found",
           410: "Gone", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}


def reply(status=200, body=b"", content_type="text/html; charset=utf-8", headers=()):
    """A whole response. `headers`: lines without their ends."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    if status != 304:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


def page(body, title="", head="", headers=()):
    return reply(200, f"<!doctype html><html><head><title>{title}</title>{head}</head>"
                      f"<body>{body}</body></html>", headers=headers)


def redirect(location, status=302):
    return reply(status, headers=[f"Location: {location}"])


def http_date(seconds):
    """RFC 9110 §5.6.7. `seconds`: since 1970."""
    return email.utils.formatdate(seconds, usegmt=True)


def with_validators(response, etag="", modified=""):
    """A route: `response`, or 304 for whoever has it already (RFC 9110 §13.2.2)."""
    fields = ([f"ETag: {etag}"] if etag else []) + ([f"Last-Modified: {modified}"] if modified else [])
    head, _, body = response.partition(b"\r\n\r\n")
    whole = b"\r\n".join([head, *(field.encode() for field in fields), b"", body])

    def route(request):
        if "if-none-match" in request.headers:
            known = etag and request.headers["if-none-match"] == etag
        else:
            known = modified and request.headers.get("if-modified-since") == modified
        return reply(304, content_type="", headers=fields) if known else whole

    return route


SITEMAP_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(*entries):
    """The text of a sitemap. `entries`: URLs, or (URL, lastmod, priority), the latter two may be absent."""
    def element(name, value):
        return f"<{name}>{value}</{name}>" if value else ""

    def one(url, lastmod=None, priority=None):
        return f"<url><loc>{url}</loc>{element('lastmod', lastmod)}{element('priority', priority)}</url>"

    urls = "".join(one(entry) if isinstance(entry, str) else one(*entry) for entry in entries)
    return f"<?xml version='1.0' encoding='UTF-8'?><urlset xmlns='{SITEMAP_NAMESPACE}'>{urls}</urlset>"


def sitemap_index(*urls):
    files = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<?xml version='1.0'?><sitemapindex xmlns='{SITEMAP_NAMESPACE}'>{files}</sitemapindex>"


def links(*targets):
    return page(" ".join(f'<a href="{target}">{target}</a>' for target in targets))


def most_at_once(requests):
    """How many of the requests were under way at the same time."""
    edges = [(request.begun, 1) for request in requests] + [(request.ended, -1) for request in requests]
    most = under_way = 0
    for _, edge in sorted(edges):  # at the same moment, ends come first
        under_way += edge
        most = max(most, under_way)
    return most


class ScriptedServer:
    class Close(Exception):
        """Raised by a route: send these bytes, then close the connection."""

    def __init__(self, routes=None, address="127.0.0.1", port=0, tls=None):
        self.routes = dict(routes or {})
        self._tls = tls
        self.requests = []
        self.connections = 0
        self._lock = threading.Lock()
        self._counts = {}
        self._open = set()
        self._listener = socket.create_server((address, port), backlog=128)
        self.address, self.port = self._listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, path="/", host=None, scheme="http"):
        return f"{scheme}://{host or self.address}:{self.port}{path}"

    def paths(self):
        """What was asked for, in order."""
        with self._lock:
            return [request.path for request in self.requests]

    def asked(self, path):
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def close(self):
        if self._listener.fileno() < 0:
            return
        # Wakes accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, plain, number):
        try:
            with plain, self._secured(plain) as connection, connection.makefile("rb") as stream:
                scheme = "http" if connection is plain else "https"
                while request := self._read(stream, number, scheme):
                    if not self._reply(connection, request):
                        return
        except OSError:
            pass  # the crawler went away, or was killed
        finally:
            with self._lock:
                self._open.discard(plain)

    def _secured(self, plain):
        """TLS, where the first byte is that of a handshake."""
        if self._tls is None or plain.recv(1, socket.MSG_PEEK) != b"\x16":
            return plain
        return self._tls.wrap_socket(plain, server_side=True)

    def _reply(self, connection, request):
        """False: the connection ends with it."""
        goes_on = True
        try:
            answer = self._answer(request)
        except ScriptedServer.Close as last:
            answer, goes_on = last.args[0], False
        request.ended = time.monotonic()
        connection.sendall(answer)
        return goes_on

    def _read(self, stream, number, scheme):
        words = stream.readline(65536).decode("latin-1").split()
        if len(words) != 3:
            return None
        headers = {}
        for line in iter(lambda: stream.readline(65536).decode("latin-1").strip(), ""):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        with self._lock:
            count = self._counts[words[1]] = self._counts.get(words[1], 0) + 1
            request = Request(words[0], words[1], headers, number, count, time.time(), scheme,
                              time.monotonic())
            self.requests.append(request)
        return request

    def _answer(self, request):
        route = self.routes.get(request.path, reply(404))
        if isinstance(route, list):
            route = route[min(request.count, len(route)) - 1]
        return route(request) if callable(route) else route
