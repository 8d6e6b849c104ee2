# SPDX-License-Identifier: MIT
"""A web server on raw sockets that breaks every rule there is. Each behaviour is a host of its own,
NAME.localhost, so that none slows another down: hostile_table.py says what each does and what is to be
stored of it. The same port serves good pages, at good0.localhost and its like."""

import contextlib
import dataclasses
import socket
import struct
import threading
import time
from typing import Callable, Union

PATIENCE_S = 600  # of whoever waits for the crawler to hang up


class Wire:
    """A connection on which a request has been read, or has yet to be."""

    def __init__(self, connection):
        self.socket = connection
        self._unread = b""
        self.path = self.host = ""
        self.headers = b""
        self.count = 0  # of requests on this connection

    def read_request(self):
        """False: the crawler has hung up."""
        while b"\r\n\r\n" not in self._unread:
            more = self.socket.recv(65536)
            if not more:
                return False
            self._unread += more
        self.headers, self._unread = self._unread.split(b"\r\n\r\n", 1)
        lines = self.headers.decode("latin-1").split("\r\n")
        self.path = lines[0].split(" ")[1]
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        self.host = fields.get("host", "").partition(":")[0]
        self.count += 1
        return True

    def send(self, data):
        self.socket.sendall(data)

    def drip(self, data, every_s=0.2):
        for at in range(len(data)):
            self.socket.sendall(data[at:at + 1])
            if self.hung_up(every_s):
                return
        self.hang()

    def pour(self, unit, before=b""):
        """Without end."""
        self.send(before)
        block = unit * max(1, 65536 // len(unit))
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.socket.sendall(block)
            time.sleep(0.002)  # the others here want to answer too

    def hung_up(self, within_s):
        self.socket.settimeout(max(within_s, 0.001))
        try:
            return self.socket.recv(65536) == b""
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(PATIENCE_S)

    def hang(self):
        """Says nothing more until the crawler hangs up."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not self.hung_up(PATIENCE_S):
            pass

    def reset(self):
        """RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def finish(self):
        """FIN, and reading to the end, so that no RST overtakes what was sent."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            self.hung_up(5)


Answer = Union[bytes, Callable[[Wire], None]]


@dataclasses.dataclass(frozen=True, eq=False)
class Behaviour:
    row: str  # of docs/hostile.md
    name: str  # of its host
    answers: dict  # path -> Answer; what is not named is a 404
    expected: dict  # path -> (outcomes and skip reasons that will do, words that `crawl why` must say)
    titles: dict = dataclasses.field(default_factory=dict)  # path -> the stored title
    seed: str = "/"
    options: str = "depth=0"  # of the seed's line
    scheme: str = "http"
    # Its own port, whose connections it gets whole, before any request: a function of the Wire.
    takes: Callable[[Wire], None] | None = None
    port: int = 0  # of `takes`, once it listens
    full_only: bool = False  # too costly among the tests


def head(*fields, status="200 OK", content_type="text/html"):
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {content_type}"] if content_type else []), *fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "surrogateescape")


def reply(body=b"", *fields, status="200 OK", content_type="text/html"):
    """A response that is as it should be."""
    body = body.encode() if isinstance(body, str) else body
    return head(f"Content-Length: {len(body)}", *fields, status=status, content_type=content_type) + body


def page(title, body="", *fields):
    return reply(f"<!doctype html><title>{title}</title>{body}", *fields)


NOT_FOUND = reply(status="404 Not Found", content_type="")
WORDS = "harbour lantern gravel orchard meadow copper thistle quarry willow saddle".split()


def good_page(number):
    """Some 20 KB that no other page has."""
    lines = (f"<p>{' '.join(WORDS[(number * 7 + n * 3 + k) % 10] for k in range(8))} {number} {n}</p>"
             for n in range(200))
    return page(f"good {number}", "".join(lines))


class HostileServer:
    """`good`: how many good pages there are, on each of `good_hosts` as many."""

    def __init__(self, behaviours, good, good_hosts=4, tls=None):
        self._tls = tls
        self._by_name = {one.name: one for one in behaviours}
        self._good = {f"good{n}": self._good_site(range(n, good, good_hosts)) for n in range(good_hosts)}
        self._sockets = []
        self._lock = threading.Lock()
        self.asked = {}  # (host, path) -> how often
        self.port = self._listen(self._serve)
        self.behaviours = [one if one.takes is None else dataclasses.replace(one, port=self._listen(one.takes))
                           for one in behaviours]

    @staticmethod
    def _good_site(numbers):
        links = "".join(f"<a href=/{number}>{number}</a> " for number in numbers)
        return {"/": page("good", links), **{f"/{number}": good_page(number) for number in numbers}}

    def url(self, behaviour, path=None):
        path = behaviour.seed if path is None else path
        if path[0] != "/":
            return path.replace(":PORT0", f":{self.port}")
        return f"{behaviour.scheme}://{behaviour.name}.localhost:{behaviour.port or self.port}{path}"

    def good_seeds(self):
        return [f"http://{name}.localhost:{self.port}/" for name in self._good]

    def good_pages(self):
        """{url: title} of all of them, the seeds included."""
        return {f"http://{name}.localhost:{self.port}{path}": f"good {path[1:]}".strip()
                for name, site in self._good.items() for path in site}

    def close(self):
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _listen(self, serve):
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._sockets.append(listener)
        threading.Thread(target=self._accept, args=(listener, serve), daemon=True).start()
        return listener.getsockname()[1]

    def _accept(self, listener, serve):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._run, args=(connection, serve), daemon=True).start()

    def _run(self, connection, serve):
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            serve(Wire(connection))

    def _serve(self, wire):
        """Bytes are sent, and the connection is kept; a function has it to itself."""
        while wire.read_request():
            with self._lock:
                key = (wire.host, wire.path)
                self.asked[key] = self.asked.get(key, 0) + 1
            answer = self._answer(wire)
            if not isinstance(answer, bytes):
                answer(wire)
                return wire.finish() if wire.socket.fileno() >= 0 else None
            wire.send(answer.replace(b":PORT0", b":%d" % self.port))  # as long as before
        return None

    def _answer(self, wire):
        name = wire.host.removesuffix(".localhost")
        if name in self._good:
            return self._good[name].get(wire.path, NOT_FOUND)
        behaviour = self._by_name.get(name)
        if behaviour is None:
            return NOT_FOUND
        fallback = NOT_FOUND if wire.path == "/robots.txt" else behaviour.answers.get("*", NOT_FOUND)
        return behaviour.answers.get(wire.path, fallback)
