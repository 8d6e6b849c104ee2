# SPDX-License-Identifier: MIT
"""Behaviours of servers that break HTTP or TLS: what each sends, what is to be stored of it, and what the
stored reason has to say. See hostile_server.py."""

import gzip
import struct
import zlib

from hostile_server import Behaviour, head, page, reply

TEXT = "text/plain"
CHUNKED = "Transfer-Encoding: chunked"
FINE = "<!doctype html><title>fine</title>fine"
LENGTH = f"Content-Length: {len(FINE)}"


def one(row, name, answer, outcome, says="", title=None, **more):
    """A host that answers so at "/"."""
    outcomes = (outcome,) if isinstance(outcome, str) else outcome
    return Behaviour(row, name, {"/": answer}, {"/": (outcomes, says)}, {} if title is None else {"/": title}, **more)


def ends(data):
    """Sends this, then FIN."""
    return lambda wire: wire.send(data)


def resets(data):
    def answer(wire):
        wire.send(data)
        wire.hung_up(0.05)  # RST takes away what the peer has not read yet
        wire.reset()
    return answer


def falls_silent(data):
    def answer(wire):
        wire.send(data)
        wire.hang()
    return answer


def drips(before, data):
    def answer(wire):
        wire.send(before)
        wire.drip(data)
    return answer


def pours(unit, before=b""):
    return lambda wire: wire.pour(unit, before)


def interims(count, line=b"HTTP/1.1 102 Processing\r\n\r\n"):
    return ends(line * count + page("fine"))


def deflated(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zstd_of_zeros(blocks):
    """RFC 8878: that many run-length blocks of 128 KiB."""
    block = struct.pack("<I", (128 << 10) << 3 | 2)[:3] + b"\0"
    last = struct.pack("<I", (128 << 10) << 3 | 3)[:3] + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * (blocks - 1) + last


# RFC 7932; of 16 MiB of zeros, and of a page.
BROTLI_BOMB = bytes.fromhex("9fffffff002400e2b14072efff01")
BROTLI_PAGE = bytes.fromhex("1f080200049c63a99ab360100e87b3f02c041ed6b298521dbe65fa043b953c02")
# Of a gzip file whose name has 40 MiB: gzip's decoder reads all of it, and nothing comes out.
BROTLI_NAME = bytes.fromhex("cfffff7f000436e0c2c402b049ae551e2b00d1955fefff87ffffff004800c46101e8deff67020020"
                            "000980382c00e2fb3f")

SLOW = [
    one("drip", "drip-status-line", drips(b"", head()), "timeout", "not finished"),
    one("drip", "drip-header", drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 1000), "timeout", "not finished"),
    one("drip", "drip-fields", drips(b"HTTP/1.1 200 OK\r\n", b"A:b\r\n" * 500), "timeout", "not finished"),
    one("drip", "drip-body", drips(head(), b"x" * 1000), "timeout", "not finished"),
    one("drip", "drip-body-of-a-length", drips(head("Content-Length: 1000"), b"x" * 1000), "timeout", "not finished"),
    one("drip", "drip-chunks", drips(head(CHUNKED), b"1\r\nx\r\n" * 300), "timeout", "not finished"),
    one("drip", "drip-chunk-size", drips(head(CHUNKED), b"0" * 1000), "protocol_error", "hexadecimal number"),
    one("drip", "drip-chunk-extension", drips(head(CHUNKED) + b"1", b";" + b"x" * 1000), "timeout", "not finished"),
    one("drip", "drip-trailers", drips(head(CHUNKED) + b"1\r\nx\r\n0\r\n", b"A: b\r\n" * 300), "timeout", "not finished"),
    one("drip", "drip-gzip", drips(head("Content-Encoding: gzip"), gzip.compress(b"x" * 9000)), "timeout", "not finished"),
    one("drip", "drip-interims", drips(b"", b"HTTP/1.1 102 X\r\n\r\n" * 90), "timeout", "not finished"),
    one("drip", "drip-error-page", drips(head(status="404 Not Found"), b"x" * 1000), "timeout", "not finished"),
    one("drip", "drip-redirect", drips(head("Location: /x", status="302 Found"), b"x" * 1000), "timeout", "not finished"),
    one("drip", "silent-request", falls_silent(b""), "timeout", "not finished"),
    one("drip", "silent-status-line", falls_silent(b"HTTP/1.1 20"), "timeout", "not finished"),
    one("drip", "silent-header", falls_silent(b"HTTP/1.1 200 OK\r\nX: y\r\n"), "timeout", "not finished"),
    one("drip", "silent-body", falls_silent(head("Content-Length: 99") + b"beg"), "timeout", "not finished"),
    one("drip", "silent-empty-body", falls_silent(head("Content-Length: 99")), "timeout", "not finished"),
    one("drip", "silent-chunk", falls_silent(head(CHUNKED) + b"ff\r\nbeg"), "timeout", "not finished"),
    one("drip", "silent-last-chunk", falls_silent(head(CHUNKED) + b"3\r\nbeg\r\n"), "timeout", "not finished"),
    one("drip", "silent-interim", falls_silent(b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout", "not finished"),
]

ENDLESS = [
    one("endless", "endless-body", pours(b"word ", head(content_type=TEXT)), "too_large", "the beginning is kept"),
    one("endless", "endless-chunks", pours(b"5\r\nword \r\n", head(CHUNKED, content_type=TEXT)), "too_large", "longer"),
    one("endless", "endless-html", pours(b"<p>word ", head()), "too_large", "longer than", full_only=True),
    one("endless", "endless-redirect", pours(b"x", head("Location: /x", status="302 Found")), "redirect", "302"),
    one("endless", "endless-error-page", pours(b"x", head(status="500 Oh")), "http_error", "500"),
    one("endless", "endless-image", pours(b"\x89PNG", head(content_type="image/png")), "unsupported_type", "image/png"),
    one("endless", "endless-chunk-extension", pours(b"x", head(CHUNKED) + b"5;"), "timeout", "not finished"),
    one("endless", "endless-chunk-size", pours(b"0", head(CHUNKED)), "protocol_error", "too long"),
    one("endless", "endless-trailers", pours(b"A: b\r\n", head(CHUNKED) + b"1\r\nx\r\n0\r\n"), "headers_too_large",
        "more header fields"),
    one("endless", "endless-trailer-line", pours(b"A", head(CHUNKED) + b"1\r\nx\r\n0\r\n"),
        "headers_too_large", "behind the last chunk"),
    one("endless", "endless-interims", pours(b"HTTP/1.1 102 X\r\n\r\n"), "headers_too_large", "more header fields"),
    one("endless", "endless-status-line", pours(b"x", b"HTTP/1.1 200 "), "headers_too_large", "too long"),
    one("endless", "endless-nothing", pours(b"\r\n"), "protocol_error", "not HTTP"),
    one("endless", "endless-garbage", pours(b"x"), "protocol_error", "not HTTP"),
    one("endless", "endless-zeros", pours(b"\0"), "protocol_error", "not HTTP"),
    one("endless", "endless-gzip", pours(gzip.compress(bytes(range(256)) * 9), head("Content-Encoding: gzip")),
        "protocol_error", "end of its content coding"),
]


def of_length(name, value, outcome, says="", body=FINE.encode(), **more):
    return one("length", f"length-{name}", ends(head(f"Content-Length: {value}") + body), outcome, says, **more)


N = len(FINE)
LENGTHS = [
    of_length("too-long", 1000, "incomplete", "bytes"),
    of_length("too-short", 5, "ok", ""),
    of_length("zero", 0, "ok", ""),
    of_length("negative", -3, "protocol_error", "length"),
    of_length("overflow", "9" * 25, "protocol_error", "length"),
    of_length("petabyte", 10 ** 15, "incomplete", "bytes"),
    of_length("int64", 2 ** 63 - 1, "incomplete", "bytes remaining"),
    of_length("plus", f"+{N}", "protocol_error", "length"),
    of_length("hex", "0x26", "protocol_error", "length"),
    of_length("float", "38.0", "protocol_error", "length"),
    of_length("word", "long", "protocol_error", "length"),
    of_length("two-numbers", f"{N} {N}", "protocol_error", "length"),
    of_length("list-same", f"{N}, {N}", "ok", title="fine"),
    of_length("list-different", f"{N}, 5", "protocol_error", "length"),
    of_length("two-same", f"{N}\r\nContent-Length: {N}", "ok", "", title="fine"),
    of_length("two-different", f"{N}\r\nContent-Length: 5", "protocol_error", "length"),
    of_length("leading-zeros", f"000{N}", "ok", "", title="fine"),
    of_length("and-chunked", f"5\r\n{CHUNKED}", "protocol_error", "length", body=b"3\r\nabc\r\n0\r\n\r\n"),
    of_length("after-chunked", f"5\r\nTransfer-Encoding: identity, chunked", "protocol_error", "length"),
    one("length", "length-none", ends(head() + FINE.encode()), "ok", "", title="fine"),
    one("length", "length-reset-in-body", resets(head("Content-Length: 1000") + b"x" * 500), "incomplete", "reset"),
    one("length", "length-gzip-truncated", ends(head("Content-Encoding: gzip", "Content-Length: 200") +
                                                gzip.compress(FINE.encode() * 99)[:60]), "incomplete", "bytes remaining"),
    one("length", "length-not-modified", ends(head("Content-Length: 1000", status="304 Not Modified")), "http_error",
        "304"),
]


def chunked(name, body, outcome, says="", title=None, fields=(CHUNKED,)):
    return one("chunks", f"chunk-{name}", ends(head(*fields) + body), outcome, says, title)


WHOLE = b"%x\r\n%s\r\n" % (N, FINE.encode())
LAST = b"0\r\n\r\n"
# The chunk before may wait, where the fetcher is short of memory, and goes with its connection.
BROKEN = ("incomplete", "protocol_error")
CHUNKS = [
    chunked("fine", WHOLE + LAST, "ok", "", "fine"),
    chunked("negative", b"-5\r\nhello\r\n" + LAST, "protocol_error", "chunk"),
    chunked("negative-later", WHOLE + b"-5\r\nhello\r\n", BROKEN, "chunk"),
    chunked("overflow", b"f" * 19 + b"\r\nhello\r\n", "protocol_error", "chunk"),
    chunked("int64", b"7fffffffffffffff\r\nhello", "incomplete", "outstanding"),
    chunked("uint64", b"ffffffffffffffff\r\nhello", "protocol_error", "chunk"),
    chunked("absent", b"\r\nhello\r\n" + LAST, "protocol_error", "chunk"),
    chunked("garbage", b"zz\r\nhello\r\n" + LAST, "protocol_error", "chunk"),
    chunked("garbage-later", WHOLE + b"zz\r\nhello\r\n", BROKEN, "chunk"),
    chunked("html", FINE.encode(), "protocol_error", "chunk"),
    chunked("hex-prefix", b"0x5\r\nhello\r\n" + LAST, "protocol_error", "chunk"),
    chunked("plus", b"+5\r\nhello\r\n" + LAST, "protocol_error", "chunk"),
    chunked("space-before", b" 5\r\nhello\r\n" + LAST, "protocol_error", "chunk"),
    chunked("space-after", b"%x \r\n%s\r\n" % (N, FINE.encode()) + LAST, "ok", "", "fine"),
    chunked("zeros-before", b"0" * 12 + WHOLE + LAST, "ok", "", "fine"),
    chunked("zeros-by-the-thousand", b"0" * 9999 + WHOLE + LAST, "protocol_error", "chunk"),
    chunked("extension", WHOLE.replace(b"\r\n", b";a=b;c=\"d\"\r\n", 1) + LAST, "ok", "", "fine"),
    chunked("extension-megabyte", WHOLE.replace(b"\r\n", b";" + b"a" * 999999 + b"\r\n", 1) + LAST, "ok", "", "fine"),
    chunked("line-feeds", b"%x\n%s\n0\n\n" % (N, FINE.encode()), "ok", "", "fine"),
    chunked("longer-than-said", b"3\r\nhello\r\n" + LAST, "incomplete", "chunk"),
    chunked("without-last", WHOLE, "incomplete", "outstanding"),
    chunked("last-cut", WHOLE + b"0\r\n", "incomplete", "outstanding"),
    chunked("cut", b"64\r\nshort", "incomplete", "outstanding"),
    chunked("trailers", WHOLE + b"0\r\nX-Late: yes\r\nLocation: /x\r\n\r\n", "ok", "", "fine"),
    chunked("trailer-length", WHOLE + b"0\r\nContent-Length: 3\r\n\r\n", "ok", "", "fine"),
    chunked("nothing", LAST, "ok", ""),
    chunked("twice", b"5\r\n3\r\nab\r\n0\r\n\r\n", "ok",
            fields=("Transfer-Encoding: chunked, chunked",)),
    chunked("unknown-coding", FINE.encode(), "protocol_error", "not asked for", fields=("Transfer-Encoding: cow",)),
    chunked("gzip-transfer", WHOLE + LAST, "protocol_error", "not asked for", fields=("Transfer-Encoding: gzip, chunked",)),
]


def coded(name, coding, body, outcome, says="", title=None, **more):
    return one("bombs", f"coded-{name}", ends(head(f"Content-Encoding: {coding}", f"Content-Length: {len(body)}") +
                                              body), outcome, says, title, **more)


ZEROS = bytes(32 << 20)
PAGE = FINE.encode() + b" " * 500
BOMB = gzip.compress(ZEROS, 6)
BOMBS = [
    coded("gzip-bomb", "gzip", BOMB, "decode_bomb", "grows too much"),
    coded("gzip-bomb-in-gzip", "gzip, gzip", gzip.compress(BOMB), "decode_bomb", "grows too much"),
    coded("gzip-bomb-in-five", "gzip,gzip,gzip,gzip,gzip",
          gzip.compress(gzip.compress(gzip.compress(gzip.compress(BOMB)))), "decode_bomb", "more content codings"),
    coded("deflate-bomb", "deflate", zlib.compress(ZEROS, 6), "decode_bomb", "grows too much"),
    coded("deflate-bomb-raw", "deflate", deflated(ZEROS, 6), "decode_bomb", "grows too much"),
    coded("brotli-bomb", "br", BROTLI_BOMB, "decode_bomb", "grows too much"),
    coded("zstd-bomb", "zstd", zstd_of_zeros(4096), "protocol_error", "not asked for"),
    one("bombs", "coded-bomb-in-chunks", ends(head("Content-Encoding: gzip", CHUNKED) + b"%x\r\n%s\r\n" % (
        len(BOMB), BOMB) + LAST), "decode_bomb", "grows too much"),
    one("bombs", "coded-bomb-redirect", ends(head("Content-Encoding: gzip", "Location: /x", status="302 Found") + BOMB),
        "redirect", "302"),
    one("bombs", "coded-bomb-error-page", ends(head("Content-Encoding: br", status="404 Not Found") + BROTLI_BOMB),
        "http_error", "404"),
    one("bombs", "coded-bomb-image", ends(head("Content-Encoding: gzip", content_type="image/png") + BOMB),
        "unsupported_type", "image/png"),
    coded("gzip-in-brotli", "gzip, br", BROTLI_NAME, "decode_bomb", "more content codings"),
    coded("brotli-in-gzip", "br, gzip", gzip.compress(BROTLI_BOMB), "decode_bomb", "more content codings"),
    one("bombs", "coded-transfer-bomb", ends(head("Transfer-Encoding: gzip, chunked") + b"%x\r\n%s\r\n" % (
        len(BOMB), BOMB) + LAST), "protocol_error", "not asked for"),
    coded("six-times", "gzip, gzip, gzip, gzip, gzip, gzip", b"x", "decode_bomb", "content encodings"),
    coded("thousand-times", ",".join(["gzip"] * 1000), b"x", "decode_bomb", "content encodings"),
    coded("thousand-lines", "gzip\r\n" + "\r\n".join(["Content-Encoding: br"] * 999), b"x", "decode_bomb",
          "content encodings"),
    coded("gzip", "gzip", gzip.compress(PAGE), "ok", "", "fine"),
    coded("x-gzip", "x-gzip", gzip.compress(PAGE), "ok", "", "fine"),
    coded("brotli", "br", BROTLI_PAGE, "ok", "", "brotli"),
    coded("two", "deflate, gzip", gzip.compress(zlib.compress(PAGE)), "ok", "", "fine"),
    coded("identity", "identity", PAGE, "ok", "", "fine"),
    coded("empty", "", PAGE, "ok", "", "fine"),
    coded("unknown", "cow", PAGE, "protocol_error", "encoding"),
    coded("compress", "compress", PAGE, "protocol_error", "encoding"),
    coded("gzip-is-html", "gzip", PAGE, "protocol_error", "header check"),
    coded("gzip-is-brotli", "gzip", BROTLI_PAGE, "protocol_error", "header check"),
    coded("brotli-is-garbage", "br", b"\xff" * 400, "protocol_error", "Encoding"),
    coded("zstd-is-garbage", "zstd", b"\xff" * 400, "protocol_error", "not asked for"),
    coded("zstd-window-of-gigabytes", "zstd", b"\x28\xb5\x2f\xfd\x00\xff" + b"\0" * 90, "protocol_error",
          "not asked for"),
    coded("gzip-corrupt", "gzip", gzip.compress(PAGE)[:10] + b"\xff" * 30, "protocol_error", "unencoding"),
    coded("gzip-cut", "gzip", gzip.compress(PAGE)[:-20], "ok"),
    coded("gzip-of-nothing", "gzip", b"", "ok", ""),
    coded("gzip-bad-checksum", "gzip", gzip.compress(PAGE)[:-8] + b"\0" * 8, "protocol_error", "data check"),
    coded("gzip-then-garbage", "gzip", gzip.compress(PAGE) + b"garbage", "protocol_error",
          "end of its content coding"),
    coded("gzip-endless-name", "gzip", b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 99999, "ok"),
    one("bombs", "coded-gzip-undeclared", reply(gzip.compress(PAGE)), "ok"),
]


def field(name, lines, outcome="ok", says="", title="fine"):
    """A good page with that in its header."""
    lines = lines.encode("latin-1") if isinstance(lines, str) else lines
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + lines + f"\r\n{LENGTH}\r\n\r\n{FINE}".encode()
    return one("headers", f"header-{name}", ends(answer), outcome, says, title if outcome == "ok" else None)


HEADERS = [
    field("many", "\r\n".join(f"X-{n}: y" for n in range(9_000)), "headers_too_large", "header"),
    field("large", "\r\n".join(f"X-{n}: {'y' * 8000}" for n in range(50)), "headers_too_large", "header"),
    field("one-line", "X: " + "y" * 400_000, "headers_too_large", "too long"),
    field("name", "X" * 400_000 + ": y", "headers_too_large", "too long"),
    field("folded", "X: y" + "\r\n y" * 90_000, "headers_too_large", "header"),
    field("folded-once", "X: y\r\n z"),
    field("folded-first", "\tX: y"),
    field("cookies", "\r\n".join(f"Set-Cookie: c{n}={'x' * 4000}" for n in range(50))),
    field("cookie-90k", f"Set-Cookie: c={'x' * 90_000}"),
    field("nul", b"X: a\0b", "protocol_error", "Nul byte"),
    field("nul-name", b"X\0Y: a", "protocol_error", "Nul byte"),
    field("bare-cr", b"X: a\rY: b"),
    field("bare-lf", b"X: a\nY: b"),
    field("cr-cr-lf", b"X: a\r\r\nY: b"),
    field("no-colon", "what is this", "protocol_error", "colon"),
    field("no-name", ": value"),
    field("space-before-colon", "X-Space : y"),
    field("space-before-length", f"Content-Length : {N}"),
    field("latin", b"X: gr\xfc\xdfe \xff\xfe"),
    field("escapes", b"X: \x1b[31m\x07\x9b2J\xe2\x80\xae"),
    field("etag", f'ETag: "{"e" * 20_000}"'),
    field("etag-lies", 'ETag: "a\x01\x02b"\r\nLast-Modified: the day after tomorrow'),
    field("type-twice", "Content-Type: image/png", "unsupported_type", "image/png"),
    field("dates", "Date: Mon, 99 Zyx 99999 99:99:99 GMT\r\nExpires: -1\r\nAge: 1e99\r\nLast-Modified: 0"),
    field("links", "Link: " + ", ".join(f"</{n}>; rel=next" for n in range(3_000))),
    field("robots-tags", "\r\n".join(["X-Robots-Tag: crawl: noarchive, unavailable_after: 9999-99-99"] * 900)),
    field("languages", "Content-Language: " + ", ".join(["de"] * 9_000)),
    field("refresh", "Refresh: 0; url=/endless"),
    field("security", "Strict-Transport-Security: max-age=-1\r\nAlt-Svc: h3=\":99999\"; ma=1e9, clear"),
    field("digest", 'WWW-Authenticate: Negotiate, Digest realm="' + "x" * 9000 + '"'),
    field("keep-alive", "Keep-Alive: timeout=99999999999999999999, max=-1\r\nConnection: keep-alive, close, X"),
    field("upgrade", "Upgrade: h2c\r\nConnection: Upgrade"),
]
