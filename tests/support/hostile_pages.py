# SPDX-License-Identifier: MIT
"""Behaviours of sites whose HTTP is fine and whose content is not: encodings, documents made to cost, links,
endless sites, robots.txt, sitemaps, types that lie. See hostile_server.py."""

import gzip
import itertools
import random
import struct
import zlib

from hostile_http import BOMB, BROTLI_BOMB, drips, ends, falls_silent, one, pours, resets
from hostile_server import Behaviour, head, page, reply
from hostile_shapes import SHAPES

KEPT = b"<a href=/kept>kept</a>"


def charset(name, body, title, content_type="text/html", says="", **more):
    return one("charsets", f"charset-{name}", reply(body, content_type=content_type), "ok", says, title, **more)


def titled(text, encoding, meta=""):
    return f"<!doctype html>{meta}<title>{text}</title><p>{text * 40}".encode(encoding)


GERMAN, JAPANESE, BAD = "Größe über Maß", "日本語のページ", "\ufffd"
CHARSETS = [
    charset("bom-against-header", titled(GERMAN, "utf-8-sig"), GERMAN, "text/html; charset=shift_jis"),
    charset("utf-16-bom-against-header", titled(JAPANESE, "utf-16"), JAPANESE, "text/html; charset=utf-8"),
    charset("header-against-meta", titled(GERMAN, "utf-8", "<meta charset=big5>"), GERMAN, "text/html; charset=utf-8"),
    charset("wrong", titled("über", "latin-1"), f"{BAD}ber", "text/html; charset=utf-8"),
    charset("unknown", titled(GERMAN, "utf-8"), GERMAN, "text/html; charset=klingon"),
    charset("unknown-of-kilobytes", titled(GERMAN, "utf-8"), GERMAN, f"text/html; charset={'k' * 20_000}"),
    charset("late-meta", b"<!doctype html><!--" + b"x" * 3000 + b"--><meta charset=shift_jis>" +
            titled(JAPANESE, "shift_jis"), JAPANESE),
    charset("meta-in-comment", b"<!doctype html><!--<meta charset=big5>-->" + titled(GERMAN, "utf-8"), GERMAN),
    charset("meta-says-utf-16", titled(GERMAN, "utf-8", "<meta charset=utf-16>"), GERMAN),
    charset("utf-7", b"<title>+ADw-script+AD4-</title>", "+ADw-script+AD4-", "text/html; charset=utf-7"),
    charset("utf-32", b"\xff\xfe\x00\x00" + titled("x", "utf-32-le"), None),
    charset("nul-bytes", b"<title>a\0b</title>\0\0", f"a{BAD}b", "text/html; charset=utf-8"),
    charset("overlong", b"<title>a\xc0\xbcb</title>", f"a{BAD * 2}b", "text/html; charset=utf-8"),
    charset("overlong-four", b"<title>a\xf0\x80\x80\xbcb</title>", f"a{BAD * 4}b", "text/html; charset=utf-8"),
    charset("surrogates", b"<title>a\xed\xa0\x80b</title>", f"a{BAD * 3}b", "text/html; charset=utf-8"),
    charset("surrogates-utf-16", "<title>a".encode("utf-16-le") + b"\x00\xd8" + "b</title>".encode("utf-16-le"),
            f"a{BAD}b", "text/html; charset=utf-16le"),
    charset("beyond-unicode", b"<title>a\xf4\x90\x80\x80b</title>", f"a{BAD * 4}b", "text/html; charset=utf-8"),
    charset("cut-character", "<title>x</title>é".encode()[:-1], "x", "text/html; charset=utf-8"),
    charset("utf-16-odd", b"<\0t\0i\0t\0l\0e\0>\0x\0<\0/\0t\0i\0t\0l\0e\0>\0y", "x", "text/html; charset=utf-16le"),
    charset("replacement", b"<title>x</title>", None, "text/html; charset=iso-2022-kr"),
    charset("iso-2022-jp-escapes", b"<title>a\x1b$Bb\x1b(Bc</title>", None, "text/html; charset=iso-2022-jp"),
    charset("numeric-references", b"<title>&#0;&#xD800;&#x110000;&#99999999999;</title>", BAD * 4),
    charset("random-bytes", bytes((n * 2654435761 >> 13) & 255 for n in range(50_000)), None),
]


def shape(name, size, host=None):
    made = SHAPES[name]
    body = made.make(size - len(KEPT))
    is_html = made.content_type.startswith("text/html") and "utf-8" in made.content_type
    answers = {"/": reply(KEPT + body if is_html else body, content_type=made.content_type)}
    # What an XML reader or a style sheet's finds is not asked for; of HTML the first link is there, come what may.
    expected = {"/": (("ok", "too_large", "unsupported_type"), ""), **({"/kept": (("depth_limit",), "")}
                                                                      if is_html and name != "links-long-base" else {})}
    return Behaviour("shapes", host or f"shape-{name}", answers, expected)


def shapes(size):
    return [shape(name, size) for name in SHAPES]


def linking(name, href, target, reason, says="", **more):
    """A page with that link; what becomes of its target."""
    return Behaviour("links", f"link-{name}", {"/": page("links", f"<a href='{href}'>x</a>")},
                     {"/": (("ok",), ""), **({target: ((reason,), says)} if target else {})},
                     options="depth=3 scope=any", **more)


# Those whose tree, text or links take most.
MUCH_MEMORY = ["nested-a-p", "nested-g", "math-annotation", "foster-text", "nul-bytes", "links", "links-long-base",
               "blocks-short", "hreflang", "latin", "shift-jis-errors", "euc-kr-halves", "not-utf-8"]

DROPPED = None
LINKS = [
    linking("bad-port-smtp", "http://link-bad-port-smtp.localhost:25/", "http://link-bad-port-smtp.localhost:25/",
            "port_refused", "port"),
    linking("bad-port-irc", "http://127.0.0.1:6667/", "http://127.0.0.1:6667/", "port_refused", "port"),
    linking("javascript", "javascript:alert(1)", DROPPED, ""),
    linking("data", "data:text/html,<a href=/x>", DROPPED, ""),
    linking("mailto", "mailto:a@b.example", "mailto:a@b.example", "scheme_refused", "scheme"),
    linking("file", "file:///etc/passwd", "file:///etc/passwd", "scheme_refused", "scheme"),
    linking("ftp", "ftp://127.0.0.1/x", "ftp://127.0.0.1/x", "scheme_refused", "scheme"),
    linking("private", "http://10.0.0.1/", "http://10.0.0.1/", "private_address", "not a public address"),
    linking("loopback", "http://127.0.0.77:PORT0/", "http://127.0.0.77:PORT0/", "private_address", "public"),
    linking("metadata-service", "http://169.254.169.254/latest/", "http://169.254.169.254/latest/",
            "private_address", "public"),
    linking("mapped", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "private_address", "public"),
    linking("octal", "http://0177.0.0.1/", "http://127.0.0.1/", "private_address", "public"),
    linking("credentials", "http://user:pw@link-credentials.localhost:PORT0/b",
            "http://link-credentials.localhost:PORT0/b", "http_error", "404"),
    linking("mixed-case", "HTTP://LINK-MIXED-CASE.LocalHost:PORT0/b", "http://link-mixed-case.localhost:PORT0/b",
            "http_error", "404"),
    linking("wide-letters", "http://ｌink-wide-letters.localhost:PORT0/b",
            "http://link-wide-letters.localhost:PORT0/b", "http_error", "404"),
    linking("homograph", "http://lіnk.localhost:1/", "http://xn--lnk-jhd.localhost:1/", "port_refused", "port"),
    linking("escape", "/\x1b[31mred\u202e", "/%EF%BF%BD[31mred%E2%80%AE", "http_error", "404"),
    linking("nul", "/a&#0;b", "/a%EF%BF%BDb", "http_error", "404"),
    linking("sql", "/x?q=\"; DROP TABLE url; --", "/x?q=%22;%20DROP%20TABLE%20url;%20--", "http_error", "404"),
    linking("too-many-dots", "/../../../etc/passwd", "/etc/passwd", "http_error", "404"),
    Behaviour("links", "link-megabyte", {"/": page("links", f"<a href='/{'y' * (1 << 20)}'>x</a>")},
              {"/": (("ok",), "")}),
    Behaviour("links", "link-million", {"/": page("links", "".join(f"<a href={n}>x</a>" for n in range(60_000)))},
              {"/": (("ok",), "")}),
    Behaviour("links", "title-escapes", {"/": page("\x1b]0;x\x07\u202egnp.exe\u2066", "=cmd()")}, {"/": (("ok",), "")}),
    Behaviour("links", "title-megabyte", {"/": page("word " * 200_000)}, {"/": (("ok",), "")}),
    Behaviour("links", "base-elsewhere", {"/": page("x", "<base href=http://127.0.0.9:PORT0/><a href=y>z</a>")},
              {"/": (("ok",), "")}),
    Behaviour("links", "base-javascript", {"/": page("x", "<base href=javascript:x><a href=/y>z</a>")},
              {"/": (("ok",), "")}),
    Behaviour("links", "base-garbage", {"/": page("x", "<base href='http://['><a href=/y>z</a>"), "/y": page("y")},
              {"/": (("ok",), ""), "/y": (("ok",), "")}, options="depth=1"),
    Behaviour("links", "refresh-chain", {"/": page("0", "<meta http-equiv=refresh content='0;url=/1'>"),
                                         **{f"/{n}": page(str(n), f"<meta http-equiv=refresh content='0;url=/{n + 1}'>")
                                            for n in range(1, 50)}},
              {"/": (("ok",), ""), "/5": (("ok",), ""), "/6": (("depth_limit",), "")}, options="depth=5"),
    Behaviour("links", "refresh-self", {"/": page("x", "<meta http-equiv=refresh content=0>")}, {"/": (("ok",), "")}),
]


def trap(name, make, says):
    """An endless site: `make(path)` is the body of each page. Some URL of it ends as a trap."""
    def answer(wire):
        wire.send(page(f"trap {wire.path[:20]}", make(wire.path) + f"<p>{wire.path} " * 20))
        if wire.read_request():  # one connection, one site
            answer(wire)
    return Behaviour("traps", f"trap-{name}", {"*": answer}, {"/": (("ok",), ""), "trap": (("trap",), says)},
                     options="depth=60")


def month(path):
    parts = path.split("/")
    return (int(parts[2]), int(parts[3])) if len(parts) > 3 else (2026, 1)


def calendar(path):
    year, number = month(path)
    after = year * 12 + number
    return f"<a href='/cal/{after // 12}/{after % 12 + 1:02}/'>next</a>"


counter = itertools.count()
TRAPS = [
    trap("same-folder", lambda path: "<a href='a/'>a</a>", "repeated_segments"),
    trap("cycle", lambda path: "<a href='a/b/c/'>a</a>", "repeated_segments"),
    trap("deep", lambda path: f"<a href='{len(path)}x/'>a</a>", "deep_path"),
    trap("query-growth", lambda path: f"<a href='{path}{'&' if '?' in path else '?'}p{len(path)}=1'>x</a>",
         "query_growth"),
    trap("query-repeated", lambda path: f"<a href='{path}{'&' if '?' in path else '?'}p=1'>x</a>", "query_growth"),
    trap("sessions", lambda path: f"<a href='/x?PHPSESSID={next(counter):032x}'>x</a>", "session_id"),
    trap("return-url", lambda path: f"<a href='/login?return={'%2F'.join(path.split('/'))}{path * 2}'>x</a>", ""),
    trap("calendar", calendar, "calendar"),
]


def robots(name, answer, outcome="ok", says="", also=None, **more):
    """A site whose robots.txt is that; what becomes of its one page."""
    outcomes = (outcome,) if isinstance(outcome, str) else outcome
    return Behaviour("robots", f"robots-{name}", {"/robots.txt": answer, "/": page("fine"), **(also or {})},
                     {more.get("seed", "/"): (outcomes, says)}, **more)


def rules(text, *fields):
    return reply(text, *fields, content_type="text/plain")


DENY = "User-agent: *\nDisallow: /\n"
ROBOTS = [
    robots("endless", pours(b"# comment\n", head(content_type="text/plain") + DENY.encode()), "robots_denied",
           "robots.txt"),
    robots("endless-allows", pours(b"# comment\n", head(content_type="text/plain")), "ok"),
    robots("rule-past-the-limit", rules("#" + "x" * (600 << 10) + "\n" + DENY), "ok"),
    robots("html", page("Not here", DENY.replace("\n", "<br>")), "ok"),
    robots("is-index", page("fine"), "ok"),
    *(robots(f"{n}-redirects", reply(b"", "Location: /1", status="301 X"), outcome, says, {
        **{f"/{k}": reply(b"", f"Location: /{k + 1}", status="301 X") for k in range(1, n)}, f"/{n}": rules(DENY)})
      for n, outcome, says in ((1, "robots_denied", "robots.txt"), (5, "robots_denied", "robots.txt"), (6, "ok", ""))),
    robots("redirect-to-file", reply(b"", "Location: file:///etc/passwd", status="302 X"), "ok"),
    robots("redirect-inside", reply(b"", "Location: http://127.0.0.9:PORT0/", status="302 X"), "robots_unreachable",
           "not a public address"),
    robots("redirect-garbage", reply(b"", "Location: http://[", status="302 X"), "ok"),
    robots("redirect-self", reply(b"", "Location: /robots.txt", status="302 X"), "ok"),
    robots("401", reply(status="401 No"), "ok"),
    robots("403", reply(status="403 No"), "ok"),
    robots("410", reply(status="410 No"), "ok"),
    robots("204", reply(status="204 No"), "ok"),
    robots("429", reply(status="429 No"), "robots_unreachable", "429"),
    robots("500", reply(status="500 No"), "robots_unreachable", "500"),
    robots("503-after-garbage", reply(b"", "Retry-After: -1e99 cows", status="503 No"), "robots_unreachable", "503"),
    robots("599", reply(status="599 No"), "robots_unreachable", "599"),
    robots("999", reply(status="999 No"), "robots_unreachable", "999"),
    robots("bom", rules("\ufeff" + DENY), "robots_denied", "robots.txt"),
    robots("nul", rules("\0\0User-agent: *\0\nDis\0allow: /\n"), "ok"),
    robots("cr-only", rules(DENY.replace("\n", "\r")), "robots_denied", "robots.txt"),
    robots("utf-16", rules(DENY.encode("utf-16")), "ok"),
    robots("million-rules", rules("User-agent: *\n" + "".join(f"Disallow: /{n}\n" for n in range(30_000)) +
                                  "Disallow: /$\n"), "robots_denied", "robots.txt"),
    robots("million-agents", rules("".join(f"User-agent: a{n}\nDisallow: /\n" for n in range(15_000))), "ok"),
    robots("wildcards", rules("User-agent: *\n" + f"Disallow: /{'*a' * 900}$\n" * 200), "robots_denied", "robots.txt",
           seed="/" + "a" * 6000, also={"/" + "a" * 6000: page("fine")}),
    robots("one-line", rules("Disallow: /" + "x" * (400 << 10)), "ok"),
    robots("crawl-delay", rules("User-agent: *\nCrawl-delay: nan\nCrawl-delay: -5\nCrawl-delay: x\n"), "ok"),
    robots("gzip-bomb", ends(head("Content-Encoding: gzip", content_type="text/plain") + BOMB),
           "ok"),
    robots("brotli-bomb", ends(head("Content-Encoding: br", content_type="text/plain") + BROTLI_BOMB),
           "ok"),
    robots("truncated", ends(head("Content-Length: 999", content_type="text/plain") + DENY.encode()),
           "robots_unreachable", "bytes remaining"),
    robots("garbage", ends(b"SSH-2.0\r\n\r\n"), "robots_unreachable", "not HTTP"),
    robots("rst", resets(b""), "connect_failed", "connection was lost"),
    robots("fin", ends(b""), "connect_failed", "without an answer"),
    robots("silent", falls_silent(b""), "timeout", "not finished"),
    robots("drip", drips(head(content_type="text/plain"), DENY.encode() * 90), "robots_unreachable", "not finished"),
    robots("header-flood", pours(b"A: b\r\n", b"HTTP/1.1 200 OK\r\n"), "robots_unreachable", "more header fields"),
    robots("image", reply(b"\x89PNG\r\n\x1a\n" * 99, content_type="image/png"), "ok"),
]

URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


def sitemap(name, body, outcome="ok", says="", content_type="text/xml", fields=(), also=None, then=None, **more):
    """A site whose robots.txt names one sitemap, which is that."""
    outcomes = (outcome,) if isinstance(outcome, str) else outcome
    answer = body if callable(body) else reply(body, *fields, content_type=content_type)
    where = f"http://sitemap-{name}.localhost:PORT0/map.xml"
    return Behaviour("sitemaps", f"sitemap-{name}", {"/robots.txt": rules(f"Sitemap: {where}\n"), "/": page("fine"),
                                                     "/map.xml": answer, **(also or {})},
                     {"/": (("ok",), ""), "/map.xml": (outcomes, says), **(then or {})}, options="depth=1", **more)


def laughs(levels):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE urlset [<!ENTITY l0 "lol">{entities}]>{URLSET}<url><loc>/&l{levels - 1};</loc></url></urlset>'


SITEMAPS = [
    sitemap("doctype", f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]>{URLSET}<url><loc>/&x;</loc></url></urlset>',
            ("ok", "unsupported_type"), "DOCTYPE"),
    sitemap("laughs", laughs(5), ("ok", "unsupported_type"), "DOCTYPE"),
    sitemap("laughs-billion", laughs(40), ("ok", "unsupported_type"), "DOCTYPE"),
    sitemap("gz-bomb", gzip.compress(bytes(80 << 20), 6), "decode_bomb", "", "application/gzip"),
    sitemap("coded-bomb", ends(head("Content-Encoding: gzip", content_type="text/xml") + BOMB), "decode_bomb", ""),
    sitemap("gz-cut", gzip.compress((URLSET + "<url><loc>/x</loc></url>" * 99).encode())[:-30], ("ok",
            "unsupported_type"), "breaks off", "application/gzip"),
    sitemap("index-of-itself", f'<sitemapindex><sitemap><loc>http://sitemap-index-of-itself.localhost:PORT0/map.xml'
            '</loc></sitemap></sitemapindex>'),
    sitemap("deep", URLSET + "<url>" * 200_000, ("ok", "unsupported_type"), ""),
    sitemap("wrong-encoding", '<?xml version="1.0" encoding="klingon"?>'.encode() + URLSET.encode() +
            b"<url><loc>http://sitemap-wrong-encoding.localhost:PORT0/\xff</loc></url></urlset>", "ok"),
    sitemap("not-closed", URLSET + "<url><loc>http://sitemap-not-closed.localhost:PORT0/x</loc></url>", "ok", "ends before"),
    sitemap("html", page("not a sitemap")[page("not a sitemap").index(b"<!"):], ("unsupported_type", "ok"), "",
            "text/html"),
    sitemap("image", b"\x89PNG\r\n\x1a\n", "unsupported_type", "", "image/png"),
    sitemap("elsewhere", f"{URLSET}<url><loc>http://127.0.0.9:PORT0/</loc></url></urlset>"),
    sitemap("endless", pours(b"<url><loc>/x</loc></url>", head(content_type="text/xml") + URLSET.encode()),
            "too_large", "longer than", full_only=True),
    sitemap("50001", URLSET + "".join(f"<url><loc>http://127.0.0.9:PORT0/{n}</loc></url>"
                                      for n in range(50_001)) + "</urlset>", full_only=True),
]

# Of 50 MB, which is more than a page may have.
LARGE_SITEMAPS = {
    "plain": lambda size: (URLSET + "".join(f"<url><loc>http://127.0.0.9/{'y' * 900}{n}</loc></url>"
                                            for n in range(size // 950))).encode(),
    "incompressible": lambda size: URLSET.encode() + b"<!--" + random.Random(1).randbytes(size // 2).hex().encode(),
    "latin": lambda size: b'<?xml version="1.0" encoding="latin1"?>' + URLSET.encode() + b"\xe9" * size,
    "not-utf-8": lambda size: URLSET.encode() + b"\xff" * size,
    "utf-16": lambda size: (URLSET + "<url><loc>http://127.0.0.9/漢</loc></url>" * (size // 80)).encode("utf-16"),
    "packed": lambda size: gzip.compress(LARGE_SITEMAPS["plain"](size), 1),
    "packed-incompressible": lambda size: gzip.compress(LARGE_SITEMAPS["incompressible"](size), 0),
    "list": lambda size: b"http://127.0.0.9/" + b"y" * 900 + b"\n" + b"http://127.0.0.9/1\n" * (size // 20),
}


def large_sitemap(kind):
    return sitemap(f"large-{kind}", LARGE_SITEMAPS[kind](49_000_000),
                   content_type="application/gzip" if "packed" in kind else "text/plain" if kind == "list" else "text/xml")


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 900
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 9


def typed(name, body, content_type, outcome, says="", title=None, fields=()):
    return one("types", f"type-{name}", reply(body, *fields, content_type=content_type), outcome, says, title)


HTML = b"<!doctype html><title>fine</title>text"
TYPES = [
    typed("image-as-html", PNG, "text/html", "ok"),
    typed("pdf-as-html", PDF, "text/html", "ok"),
    typed("pdf", PDF, "application/pdf", "unsupported_type", "application/pdf"),
    typed("text-as-octet-stream", b"text", "application/octet-stream", "unsupported_type", "octet-stream"),
    typed("html-as-image", HTML, "image/png", "unsupported_type", "image/png"),
    typed("html-as-text", HTML, "text/plain", "ok"),
    typed("binary-as-text", bytes(range(256)) * 9, "text/plain", "unsupported_type", "octet-stream"),
    typed("nothing-html", HTML, "", "ok", "", "fine"),
    typed("nothing-image", PNG, "", "unsupported_type", "image/png"),
    typed("nosniff-image", HTML, "", "ok", fields=("X-Content-Type-Options: nosniff",)),
    typed("garbage", HTML, "\x01/\x02;;;=\"", ("ok", "unsupported_type"), ""),
    typed("kilobytes", HTML, f"text/html; x={'y' * 50_000}", "ok", "", "fine"),
    typed("name-of-kilobytes", HTML, f"text/{'y' * 50_000}", ("ok", "unsupported_type"), ""),
    typed("stars", HTML, "*/*", ("ok", "unsupported_type"), ""),
    typed("escape", b"x", "text/\x1b[2Jhtml", ("ok", "unsupported_type"), ""),
    typed("multipart", b"--x\r\n\r\n" + HTML, "multipart/x-mixed-replace; boundary=x", "unsupported_type", "multipart"),
    typed("zip", b"PK\x03\x04" + zlib.compress(b"x" * 99), "application/zip", "unsupported_type", "application/zip"),
    typed("gzip-file", gzip.compress(HTML), "application/gzip", "unsupported_type", "application/gzip"),
    typed("riff-bomb", b"RIFF" + struct.pack("<I", 2 ** 32 - 1) + b"WEBPVP", "", "unsupported_type", "image/webp"),
]
