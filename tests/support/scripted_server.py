# SPDX-License-Identifier: MIT
"""A web server that does what a test's script says, byte for byte, and remembers who asked what.

    server = ScriptedServer({"/": page("<a href=/x>x</a>"), "/x": [reply(500), page("fine")]})

A route is bytes, a list of bytes (one per request, the last one again and again), or a function of
the Request that gives bytes. What no route names is a 404; so is /robots.txt, which allows all."""

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


def links(*targets):
    return page(" ".join(f'<a href="{target}">{target}</a>' for target in targets))


class ScriptedServer:
    class Close(Exception):
        """Raised by a route: send these bytes, then close the connection."""

    def __init__(self, routes=None, address="127.0.0.1", port=0):
        self.routes = dict(routes or {})
        self.requests = []
        self.connections = 0
        self._lock = threading.Lock()
        self._counts = {}
        self._open = set()
        self._listener = socket.create_server((address, port), backlog=128)
        self.address, self.port = self._listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, path="/", host=None):
        return f"http://{host or self.address}:{self.port}{path}"

    def paths(self):
        """What was asked for, in order."""
        with self._lock:
            return [request.path for request in self.requests]

    def asked(self, path):
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def close(self):
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

    def _serve(self, connection, number):
        try:
            with connection, connection.makefile("rb") as stream:
                while request := self._read(stream, number):
                    try:
                        connection.sendall(self._answer(request))
                    except ScriptedServer.Close as last:
                        connection.sendall(last.args[0])
                        return
        except OSError:
            pass  # the crawler went away, or was killed
        finally:
            with self._lock:
                self._open.discard(connection)

    def _read(self, stream, number):
        words = stream.readline(65536).decode("latin-1").split()
        if len(words) != 3:
            return None
        headers = {}
        for line in iter(lambda: stream.readline(65536).decode("latin-1").strip(), ""):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        with self._lock:
            count = self._counts[words[1]] = self._counts.get(words[1], 0) + 1
            request = Request(words[0], words[1], headers, number, count, time.time())
            self.requests.append(request)
        return request

    def _answer(self, request):
        route = self.routes.get(request.path, reply(404))
        if isinstance(route, list):
            route = route[min(request.count, len(route)) - 1]
        return route(request) if callable(route) else route
