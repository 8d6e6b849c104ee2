# SPDX-License-Identifier: MIT
"""Behaviours of servers that lie about where a page is, what an answer is, where it ends, and who they are:
redirects, status lines, connections, TLS. See hostile_server.py."""

import os
import ssl

from hostile_http import FINE, LENGTH, drips, ends, falls_silent, one, resets
from hostile_server import NOT_FOUND, Behaviour, head, page, reply

OUTSIDE = "http://127.0.0.9:PORT0/"  # no seed names it


def leads(name, location, outcome="redirect", says="", then=None, status="302 Found", also=None):
    """Redirects to there; `then`: what becomes of the target, by URL or path: (outcomes or reasons, words)."""
    fields = [f"Location: {one}" for one in ([location] if isinstance(location, str) else location)]
    outcomes = (outcome,) if isinstance(outcome, str) else outcome
    return Behaviour("redirects", f"to-{name}", {"/": reply(b"", *fields, status=status), **(also or {})},
                     {"/": (outcomes, says), **(then or {})}, options="depth=2")


def chain(count):
    return {f"/{n}": reply(b"", f"Location: /{n + 1}", status="302 Found") for n in range(1, count)}


def refused(url, *words):
    return {url: (words[:1], words[1] if len(words) > 1 else "")}


REDIRECTS = [
    leads("self", "/"),
    leads("two", "/b", then={"/b": (("redirect",), "")}, also={"/b": reply(b"", "Location: /", status="301 X")}),
    leads("chain", "/1", also=chain(40), then={"/9": (("redirect",), ""), "/10": (("redirect_limit",), "redirect")}),
    leads("endless", "/x", then={"/x": (("redirect",), "")}, also={
        "/x" * n: reply(b"", f"Location: {'/x' * (n + 1)}", status="302 Found") for n in range(1, 30)}),
    leads("good", "/b", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("empty", "", "http_error", "without a Location"),
    leads("nowhere", [], "http_error", "without a Location"),
    leads("spaces", "   ", "http_error", "without a Location"),
    leads("file", "file:///etc/passwd", then=refused("file:///etc/passwd", "scheme_refused")),
    leads("ftp", "ftp://127.0.0.1/", then=refused("ftp://127.0.0.1/", "scheme_refused")),
    leads("mail", "mailto:a@b.example", then=refused("mailto:a@b.example", "scheme_refused")),
    leads("javascript", "javascript:alert(1)", then=refused("javascript:alert(1)", "scheme_refused")),
    leads("data", "data:text/html,hello", then=refused("data:text/html,hello", "scheme_refused")),
    leads("gopher", "gopher://127.0.0.1:6379/_FLUSHALL", then=refused("gopher://127.0.0.1:6379/_FLUSHALL",
                                                                      "scheme_refused")),
    leads("unix", "unix:///var/run/docker.sock", then=refused("unix:///var/run/docker.sock", "scheme_refused")),
    leads("address", OUTSIDE, then={OUTSIDE: (("private_address",), "public")}),
    leads("bad-port", "http://to-bad-port.localhost:25/", then=refused("http://to-bad-port.localhost:25/",
                                                                       "port_refused", "port")),
    leads("port-too-high", "http://to-port-too-high.localhost:99999/", says="above 65535"),
    leads("port-zero", "http://to-port-zero.localhost:0/", then=refused("http://to-port-zero.localhost:0/",
                                                                        "port_refused")),
    leads("megabyte", "/" + "y" * 90_000, says="too long"),
    leads("query-megabyte", "?" + "%41" * 30_000, says="too long"),
    leads("credentials", "http://user:secret@to-credentials.localhost:PORT0/b", then={"/b": (("ok",), "")},
          also={"/b": page("b")}),
    leads("several", ["/b", "/c"], then={"/b": (("ok",), "")}, also={"/b": page("b"), "/c": page("c")}),
    leads("garbage", "http://[/", says="not a URL"),
    leads("bad-host", "http://a b/", says="not a URL"),
    leads("bad-percent", "http://%00.localhost/", says="not a URL"),
    leads("fragment", "#x"),
    leads("query", "?x", then={"/?x": (("ok",), "")}, also={"/?x": page("x")}),
    leads("backslashes", "\\\\to-backslashes.localhost:PORT0\\b", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("dots", "/../../.././b", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("tabs", "/\tb", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("latin", "/gr\xfc\xdfe", then={"/gr%EF%BF%BD%EF%BF%BDe": (("http_error",), "404")}),
    leads("escape", "/\x1b[31mred", then={"/%1B[31mred": (("http_error",), "404")}),
    leads("nul", "/a\0b", "protocol_error", "Nul byte"),
    leads("upper-case", "HTTP://TO-UPPER-CASE.LOCALHOST:PORT0/b", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("other-host", "http://nobody.localhost:PORT0/", then=refused("http://nobody.localhost:PORT0/",
                                                                      "private_address", "public")),
    leads("tls-here", "https://to-tls-here.localhost:PORT0/b",
          then={"https://to-tls-here.localhost:PORT0/b": (("tls_failed",), "handshake")}),
    leads("without-reason", "/b", status="301", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("300", "/b", status="300 Multiple Choices", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("304", "/b", "http_error", "304", status="304 Not Modified"),
    leads("305", "http://127.0.0.9:1/", status="305 Use Proxy"),
    leads("399", "/b", status="399 Odd", then={"/b": (("ok",), "")}, also={"/b": page("b")}),
    leads("from-200", "/b", "ok", status="200 OK"),
    leads("from-404", "/b", "http_error", "404", status="404 Not Found"),
    leads("from-201", "/b", "ok", status="201 Created"),
]


def status(name, line, outcome, says="", rest=f"Content-Type: text/html\r\n{LENGTH}\r\n\r\n{FINE}", title=None):
    line = line if isinstance(line, bytes) else line.encode("latin-1")
    return one("status", f"status-{name}", ends(line + b"\r\n" + rest.encode()), outcome, says, title)


STATUS = [
    status("without-reason", "HTTP/1.1 200", "ok", title="fine"),
    status("without-reason-space", "HTTP/1.1 200 ", "ok", title="fine"),
    status("http-1.0", "HTTP/1.0 200 OK", "ok", title="fine"),
    status("http-0.9", "<html>no header at all", "protocol_error", "not HTTP"),
    status("http-3.0", "HTTP/3.0 200 OK", "protocol_error", "version"),
    status("http-2.0", "HTTP/2.0 200 OK", ("protocol_error", "ok")),
    status("http-1.7", "HTTP/1.7 200 OK", "protocol_error", "version"),
    status("http-9", "HTTP/9 200 OK", "protocol_error", "version"),
    status("099", "HTTP/1.1 099 Low", "protocol_error", "response code"),
    status("000", "HTTP/1.1 000 None", "protocol_error", "response code"),
    status("999", "HTTP/1.1 999 High", "http_error", "999"),
    status("600", "HTTP/1.1 600 Odd", "http_error", "600"),
    status("negative", "HTTP/1.1 -1 Less", "protocol_error", "response code"),
    status("1000", "HTTP/1.1 1000 More", "protocol_error", "response code"),
    status("word", "HTTP/1.1 abc Nope", "protocol_error", "version"),
    status("hex", "HTTP/1.1 0xC8 Nope", "protocol_error", "response code"),
    status("nothing", "HTTP/1.1", "protocol_error", "version"),
    status("glued", "HTTP/1.1200 OK", "protocol_error", "response code"),
    status("two-spaces", "HTTP/1.1  200  OK", "protocol_error", "no HTTP status"),
    status("tab", "HTTP/1.1\t200\tOK", "protocol_error", "version"),
    status("lower-case", "http/1.1 200 OK", ("ok", "protocol_error")),
    status("icy", "ICY 200 OK", "protocol_error", "not HTTP"),
    status("ssh", "SSH-2.0-OpenSSH_9.2", "protocol_error", "not HTTP"),
    status("smtp", "220 mail.example ESMTP", "protocol_error", "not HTTP"),
    status("redis", "-ERR unknown command 'GET'", "protocol_error", "not HTTP"),
    status("nul", b"HTTP/1.1 200 O\0K", "protocol_error", "Nul byte"),
    status("escape", b"HTTP/1.1 404 \x1b[2JNot Found", "http_error", "404"),
    status("reason-long", "HTTP/1.1 200 " + "x" * 90_000, "ok", title="fine"),
    status("reason-too-long", "HTTP/1.1 200 " + "x" * 400_000, "headers_too_large", "too long"),
    status("empty-lines-before", "\r\n\r\nHTTP/1.1 200 OK", "protocol_error", "not HTTP"),
    status("line-feeds-only", "HTTP/1.1 200 OK", "ok", rest=f"Content-Type: text/html\n{LENGTH}\n\n{FINE}",
           title="fine"),
    status("204-with-body", "HTTP/1.1 204 No Content", "ok"),
    status("205-with-body", "HTTP/1.1 205 Reset", "ok"),
    status("206-unasked", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 9-99/100", "ok"),
    status("304-with-body", "HTTP/1.1 304 Not Modified", "http_error", "304"),
    status("100-alone", "HTTP/1.1 100 Continue", "connect_failed", "without an answer", rest="\r\n"),
    status("100-then-fine", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", "ok", title="fine"),
    status("103-many", "\r\n\r\n".join(["HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload"] * 99) +
           "\r\n\r\nHTTP/1.1 200 OK", "ok", title="fine"),
    status("199-then-fine", "HTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 200 OK", "ok", title="fine"),
    status("101-unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: cow", "protocol_error", "101"),
    status("interim-with-body", "HTTP/1.1 102 X\r\nContent-Length: 9\r\n\r\nsmuggled!\r\nHTTP/1.1 200 OK",
           "protocol_error", "not HTTP"),
    status("401", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"\x1b[2J\"", "http_error", "401"),
    status("407", "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic", "http_error", "407"),
    status("408", "HTTP/1.1 408 Late", "http_error", "408"),
    status("410", "HTTP/1.1 410 Gone", "gone", "410"),
    status("417", "HTTP/1.1 417 Expectation", "http_error", "417"),
    status("421", "HTTP/1.1 421 Misdirected", "http_error", "421"),
    *(status(f"429-after-{name}", f"HTTP/1.1 429 Slow\r\nRetry-After: {after}", "http_error", "429")
      for name, after in {"years": 10 ** 12, "negative": -5, "garbage": "cow", "overflow": "9" * 40, "nothing": "",
                          "date": "Fri, 31 Dec 9999 23:59:59 GMT", "past": "Mon, 01 Jan 1900 00:00:00 GMT",
                          "float": "1.5", "two": "1\r\nRetry-After: 999999"}.items()),
    status("503-after-years", "HTTP/1.1 503 Busy\r\nRetry-After: 99999999", "http_error", "503"),
]


def out_of_step(name, extra):
    """Answers the first request, leaves something behind it, and keeps the connection; the next page is as it
    should be, whatever was left."""
    def answer(wire):
        wire.send(page("first", "<a href=/2>2</a>") + extra)
        if wire.read_request():
            wire.send(page("second"))
            wire.hung_up(5)

    return Behaviour("desync", f"desync-{name}", {"/": answer, "/2": page("second")},
                     {"/": (("ok",), ""), "/2": (("ok",), "")}, {"/": "first", "/2": "second"}, options="depth=1")


def closes(name, answer, says=""):
    return Behaviour("desync", name, {"/": answer, "/2": page("second")}, {"/": (("ok",), says), "/2": (("ok",), "")},
                     {"/": "first", "/2": "second"}, options="depth=1")


def takes(name, behaviour, outcome, says="", row="connections", scheme="http"):
    """Has a port of its own, and its connections from their first byte on."""
    outcomes = (outcome,) if isinstance(outcome, str) else outcome
    return Behaviour(row, name, {}, {"/": (outcomes, says)}, scheme=scheme, takes=behaviour)


def after_request(act):
    def behave(wire):
        if wire.read_request():
            act(wire)
            if wire.socket.fileno() >= 0:
                wire.finish()
    return behave


FIRST = page("first", "<a href=/2>2</a>")
DESYNC = [
    out_of_step("extra-bytes", b"leftover bytes\r\n\r\n"),
    out_of_step("second-answer", page("smuggled")),
    out_of_step("second-answer-cut", page("smuggled")[:-9]),
    out_of_step("second-head", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"),
    out_of_step("line-ends", b"\r\n\r\n"),
    out_of_step("megabyte", b"x" * 1_000_000),
    out_of_step("408", reply(status="408 Request Timeout")),
    closes("keep-alive-announced-then-fin", ends(FIRST.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n", 1))),
    closes("keep-alive-announced-then-rst", resets(FIRST)),
    closes("close-announced-not-done", falls_silent(FIRST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))),
]

CONNECTIONS = [
    takes("fin-at-once", lambda wire: None, ("connect_failed",), "connection"),
    takes("rst-at-once", lambda wire: wire.reset(), "connect_failed", "connection"),
    takes("silent-at-once", lambda wire: wire.hang(), "timeout", "not finished"),
    one("connections", "fin-after-request", ends(b""), "connect_failed", "without an answer"),
    one("connections", "fin-in-status-line", ends(b"HTTP/1.1 20"), "connect_failed", "without an answer"),
    one("connections", "fin-in-header", ends(b"HTTP/1.1 200 OK\r\nX: y\r\nCont"), "incomplete", "inside the header"),
    one("connections", "rst-after-request", resets(b""), "connect_failed", "connection was lost"),
    one("connections", "rst-in-header", resets(b"HTTP/1.1 200 OK\r\nX: y\r\n"), "connect_failed", "connection was lost"),
    one("connections", "rst-after-header", resets(head("Content-Length: 99")), "incomplete", "reset"),
    one("connections", "rst-in-body", resets(head("Content-Length: 99") + b"beg"), "incomplete", "reset"),
    one("connections", "rst-in-chunks", resets(head("Transfer-Encoding: chunked") + b"9\r\nbeg"), "incomplete", "reset"),
]


def with_tls(context, act=after_request(lambda wire: wire.send(FINE_PAGE))):
    def behave(wire):
        try:
            wire.socket = context.wrap_socket(wire.socket, server_side=True)
        except ssl.SSLError:
            return
        act(wire)
    return behave


FINE_PAGE = page("fine")


def cut_without_goodbye(wire):
    if wire.path == "/robots.txt":
        return wire.send(NOT_FOUND)
    wire.send(head("Content-Length: 1000") + b"beg")
    os.close(wire.socket.detach())  # the TCP connection alone is closed


def tls_behaviours(contexts):
    """`contexts`: those of tls.contexts(), by name."""
    def tls(name, behaviour, outcome="tls_failed", says=""):
        return takes(f"tls-{name}", behaviour, outcome, says, "tls", "https")

    return [
        tls("fine", with_tls(contexts["fine"]), "ok"),
        tls("expired", with_tls(contexts["expired"]), says="expired"),
        tls("not-yet", with_tls(contexts["not-yet"]), says="not yet valid"),
        tls("self-signed", with_tls(contexts["self-signed"]), says="self-signed"),
        tls("wrong-host", with_tls(contexts["wrong-host"]), says="target host name"),
        tls("unknown-authority", with_tls(contexts["unknown-authority"]), says="issuer"),
        tls("old-version", with_tls(contexts["old-version"]), says=""),
        tls("silent", lambda wire: wire.hang(), says="handshake"),
        tls("drip", lambda wire: wire.drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + b"\0" * 400), says="handshake"),
        tls("fin", lambda wire: wire.finish()),
        tls("rst", lambda wire: wire.reset(), ("tls_failed", "connect_failed")),
        tls("plain-http", after_request_bytes(FINE_PAGE)),
        tls("garbage", after_request_bytes(b"\xff" * 4000)),
        tls("alert", after_request_bytes(b"\x15\x03\x03\x00\x02\x02\x50")),
        tls("huge-record", after_request_bytes(b"\x16\x03\x03\xff\xff" + b"\0" * 65535)),
        tls("endless-hello", lambda wire: wire.pour(b"\x16\x03\x03\x40\x00" + b"\0" * 16384)),
        tls("cut-in-body", with_tls(contexts["fine"], after_request(cut_without_goodbye)), "incomplete", ""),
        takes("tls-where-plain-was-asked", with_tls(contexts["fine"]), ("connect_failed", "protocol_error"),
              row="tls"),
    ]


def after_request_bytes(data):
    """Of a client that begins with TLS: its first bytes are no request."""
    def behave(wire):
        wire.socket.recv(65536)
        wire.send(data)
        wire.finish()
    return behave
