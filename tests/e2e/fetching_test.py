#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How single pages are fetched, against a server that follows a script: redirects, failures and
retries, robots.txt in every state, revisits, private addresses, encodings."""

import gzip
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, redirect, reply

FAST = ["-q", "-f", "1", "--delay", "0", "--retry-wait", "50ms"]


class Scripted(crawl_run.EndToEnd):
    def serve(self, routes, **options):
        server = ScriptedServer(routes, **options)
        self.addCleanup(server.close)
        return server

    def crawl_site(self, routes, *options, code=0):
        self.server = self.serve(routes)
        return self.crawl(*FAST, *options, self.server.url(), code=code)

    def outcomes(self, columns="outcome"):
        """{path: columns}, whole URLs where they are of another server."""
        origin = self.server.url("")
        return {url.removeprefix(origin): value for url, value in self.urls(columns).items()}

    def page(self, path, columns):
        return self.place.query(f"SELECT {columns} FROM pages WHERE url = ?", self.server.url(path))[0]


class Redirects(Scripted):
    def test_a_chain_is_stored_hop_by_hop(self):
        self.crawl_site({"/": links("/a"), "/a": redirect("/b", 301), "/b": redirect("c?x#frag"),
                         "/c?x": page("end", title="the end")})
        self.assertEqual(self.outcomes("outcome, depth"), {
            "/": ("ok", 0), "/a": ("redirect", 1), "/b": ("redirect", 1), "/c?x": ("ok", 1)})
        self.assertEqual(self.page("/a", "status, redirect"), (301, self.server.url("/b")))
        self.assertEqual(self.page("/b", "status, redirect"), (302, self.server.url("/c?x")))
        self.assertEqual(self.page("/c?x", "title"), ("the end",))
        hops = self.place.query("SELECT src, dst FROM links WHERE kind = 'redirect' ORDER BY src")
        self.assertEqual(hops, [(self.server.url("/a"), self.server.url("/b")),
                                (self.server.url("/b"), self.server.url("/c?x"))])

    def test_a_loop_ends(self):
        self.crawl_site({"/": links("/a", "/self"), "/a": redirect("/b"), "/b": redirect("/a"),
                         "/self": redirect("/self")})
        self.assertEqual(self.outcomes(), {"/": "ok", "/a": "redirect", "/b": "redirect",
                                           "/self": "redirect"})
        for path in ("/a", "/b", "/self"):
            self.assertEqual(len(self.server.asked(path)), 1)

    def test_a_long_chain_ends_at_the_limit(self):
        routes = {f"/{n}": redirect(f"/{n + 1}") for n in range(1, 20)}
        self.crawl_site({"/": links("/1"), **routes}, "--max-redirects", "3")
        self.assertEqual(self.outcomes(), {"/": "ok", "/1": "redirect", "/2": "redirect",
                                           "/3": "redirect", "/4": "redirect_limit"})

    def test_out_of_scope_and_refused_targets(self):
        canary = self.serve({"/": page("secret")})
        self.crawl_site({"/": links("/out", "/file", "/js", "/none", "/bad", "/inside"),
                         "/out": redirect("http://example.com/x"), "/file": redirect("file:///etc/passwd"),
                         "/js": redirect("javascript:alert(1)"), "/none": reply(302),
                         "/bad": redirect("http://[/"), "/inside": redirect(canary.url("/"))})
        states = self.outcomes("state, coalesce(outcome, reason)")
        self.assertEqual(states["http://example.com/x"], ("skipped", "out_of_scope"))
        self.assertEqual(states["file:///etc/passwd"], ("skipped", "scheme_refused"))
        self.assertEqual(states[canary.url("/")], ("skipped", "out_of_scope"))
        for path in ("/out", "/file", "/inside"):
            self.assertEqual(states[path], ("done", "redirect"), path)
        for path in ("/js", "/none", "/bad"):  # lead nowhere
            self.assertIn(states[path], [("done", "redirect"), ("done", "http_error")], path)
        self.assertEqual(canary.connections, 0)


class Failures(Scripted):
    def test_each_kind_ends_as_it_should(self):
        # 404 and 410 are final; 500 and its kind are asked again, as often as --retries says.
        self.crawl_site({
            "/": links("/404", "/410", "/403", "/flaky", "/broken", "/503"),
            "/410": reply(410), "/403": reply(403), "/broken": reply(500),
            "/flaky": [reply(500), reply(502), page("fine now", title="fine")],
            "/503": [reply(503, headers=["Retry-After: 1"]), page("back")]})
        self.assertEqual(self.outcomes("outcome, attempts"), {
            "/": ("ok", 0), "/404": ("http_error", 0), "/410": ("gone", 0), "/403": ("http_error", 0),
            "/flaky": ("ok", 2), "/broken": ("http_error", 2), "/503": ("ok", 1)})
        for path, asked in {"/404": 1, "/410": 1, "/403": 1, "/flaky": 3, "/broken": 3, "/503": 2}.items():
            self.assertEqual(len(self.server.asked(path)), asked, path)
        self.assertEqual(self.page("/flaky", "status, title"), (200, "fine"))
        self.assertEqual(self.page("/broken", "status, title"), (500, None))

    def test_connections_that_break(self):
        truncated = reply(200, "x" * 1000)[:-500]
        self.crawl_site({"/": links("/short", "/nothing", "/garbage"), "/short": self.then_close(truncated),
                         "/nothing": self.then_close(b""), "/garbage": self.then_close(b"SSH-2.0-x\r\n\r\n")},
                        "--retries", "0")
        self.assertEqual(self.outcomes(), {"/": "ok", "/short": "incomplete", "/nothing": "connect_failed",
                                           "/garbage": "protocol_error"})

    @staticmethod
    def then_close(answer):
        def route(_request):
            raise ScriptedServer.Close(answer)
        return route

    def test_a_page_that_is_too_large(self):
        self.crawl_site({"/": links("/big"), "/big": page("word " * 5000, title="big")}, "--max-size", "4KiB")
        self.assertEqual(self.outcomes(), {"/": "ok", "/big": "too_large"})
        self.assertEqual(self.page("/big", "title"), ("big",))

    def test_types_that_are_not_pages(self):
        self.crawl_site({"/": links("/png", "/txt", "/none"), "/png": reply(body=b"\x89PNG", content_type="image/png"),
                         "/txt": reply(body="plain text", content_type="text/plain"),
                         "/none": reply(body="<!doctype html><title>t</title>", content_type="")})
        self.assertEqual(self.outcomes(), {"/": "ok", "/png": "unsupported_type", "/txt": "ok", "/none": "ok"})
        self.assertEqual(self.page("/txt", "text"), ("plain text",))
        self.assertEqual(self.page("/none", "title, content_type"), ("t", "text/html"))


class Robots(Scripted):
    SITE = {"/": links("/a", "/private/b"), "/a": page("a"), "/private/b": page("b")}
    ALL = {"/": "ok", "/a": "ok", "/private/b": "ok"}

    def robots(self, answer, *options, code=0):
        self.crawl_site({**self.SITE, "/robots.txt": answer}, *options, code=code)
        self.assertEqual(self.server.paths()[0], "/robots.txt")
        return self.place.query("SELECT robots_state FROM hosts")[0][0]

    def test_disallow(self):
        text = "User-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n"
        self.assertEqual(self.robots(reply(body=text, content_type="text/plain")), "ok")
        self.assertEqual(self.outcomes("state, coalesce(outcome, reason)"), {
            "/": ("done", "ok"), "/a": ("done", "ok"), "/private/b": ("skipped", "robots_denied")})
        self.assertEqual(self.server.asked("/private/b"), [])

    def test_the_seed_itself_is_denied(self):
        self.robots(reply(body="User-agent: *\nDisallow: /\n", content_type="text/plain"))
        self.assertEqual(self.outcomes("reason"), {"/": "robots_denied"})
        self.assertEqual(self.server.paths(), ["/robots.txt"])

    def test_not_found_allows_all(self):
        self.assertEqual(self.robots(reply(404)), "unavailable")
        self.assertEqual(self.outcomes(), self.ALL)

    def test_html_as_robots_txt_allows_all(self):
        self.assertEqual(self.robots(page("Oops! <p>Not here.")), "ok")
        self.assertEqual(self.outcomes(), self.ALL)

    def test_server_errors_and_429_disallow_for_now(self):
        for status in (500, 503, 429):
            with self.subTest(status=status):
                self.place.database = self.place.folder / f"{status}.db"
                self.assertEqual(self.robots(reply(status), "--retries", "1"), "unreachable")
                self.assertEqual(self.outcomes(), {"/": "robots_unreachable"})
                self.assertEqual(self.server.paths(), ["/robots.txt"] * 2)

    def test_a_server_error_that_passes(self):
        text = reply(body="User-agent: *\nDisallow: /private\n", content_type="text/plain")
        self.assertEqual(self.robots([reply(500), text]), "ok")
        self.assertEqual(self.outcomes(), {"/": "ok", "/a": "ok", "/private/b": None})

    def test_a_redirect_is_followed(self):
        routes = {**self.SITE, "/robots.txt": redirect("/elsewhere.txt"),
                  "/elsewhere.txt": reply(body="User-agent: *\nDisallow: /private\n", content_type="text/plain")}
        self.crawl_site(routes)
        self.assertEqual(self.outcomes(), {"/": "ok", "/a": "ok", "/private/b": None})

    def test_endless_redirects_are_no_robots_txt(self):
        self.assertEqual(self.robots(redirect("/robots.txt")), "unavailable")
        self.assertEqual(self.outcomes(), self.ALL)
        self.assertEqual(len(self.server.asked("/robots.txt")), 6)  # RFC 9309 §2.3.1.2: five hops

    def test_ignore_asks_for_nothing(self):
        self.crawl_site({**self.SITE, "/robots.txt": reply(body="User-agent: *\nDisallow: /\n")},
                        "--robots", "ignore")
        self.assertEqual(self.outcomes(), self.ALL)
        self.assertEqual(self.server.asked("/robots.txt"), [])


class Revisits(Scripted):
    def test_only_what_changed_is_stored_again(self):
        def conditional(etag, body):
            def route(request):
                if request.headers.get("if-none-match") == etag:
                    return reply(304, headers=[f"ETag: {etag}"])
                return page(body, title=body, headers=[f"ETag: {etag}"])
            return route

        dated = "Last-Modified: Sat, 01 Jan 2022 00:00:00 GMT"

        def since(request):
            known = request.headers.get("if-modified-since") == dated.partition(": ")[2]
            return reply(304) if known else page("dated", title="dated", headers=[dated])

        routes = {"/": links("/kept", "/dated", "/changes", "/goes", "/fails"), "/kept": conditional('"k"', "kept"),
                  "/dated": since, "/changes": [page("one", title="one"), page("two", title="two")],
                  "/goes": [page("here", title="here"), reply(410)],
                  "/fails": [page("here", title="here"), reply(404)]}
        self.crawl_site(routes)
        self.crawl(*FAST, "--revisit", "0s", self.server.url())
        visits = {}
        for url, run, outcome, status in self.place.query("SELECT url, run, outcome, status FROM visits ORDER BY run"):
            visits.setdefault(url.removeprefix(self.server.url("")), []).append((run, outcome, status))
        self.assertEqual(visits, {
            "/": [(1, "ok", 200), (2, "ok", 200)], "/kept": [(1, "ok", 200), (2, "not_modified", 304)],
            "/dated": [(1, "ok", 200), (2, "not_modified", 304)], "/changes": [(1, "ok", 200), (2, "ok", 200)],
            "/goes": [(1, "ok", 200), (2, "http_error", 410)], "/fails": [(1, "ok", 200), (2, "http_error", 404)]})
        titles = {path: self.page(path, "title")[0] for path in ("/kept", "/dated", "/changes")}
        self.assertEqual(titles, {"/kept": "kept", "/dated": "dated", "/changes": "two"})
        self.assertEqual(self.outcomes(), {"/": "ok", "/kept": "ok", "/dated": "ok", "/changes": "ok",
                                           "/goes": "http_error", "/fails": "http_error"})
        changes = self.place.query("SELECT url, change FROM changes WHERE run = 2")
        self.assertEqual({url.removeprefix(self.server.url("")): change for url, change in changes},
                         {"/changes": "changed"})
        # What answers so a second time is gone.
        self.crawl(*FAST, "--revisit", "0s", self.server.url())
        changes = self.place.query("SELECT url, change FROM changes WHERE run = 3 ORDER BY url")
        self.assertEqual(changes, [(self.server.url("/fails"), "gone"), (self.server.url("/goes"), "gone")])
        # In a fourth run the seed alone is due.
        asked = len(self.server.paths())
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.server.paths()[asked:], ["/"])


class Addresses(Scripted):
    def test_links_into_the_private_network_reach_nobody(self):
        canary = self.serve({"/": page("secret")})
        other = self.serve({"/": page("secret")}, address="127.0.0.3")
        targets = [canary.url("/a"), other.url("/"), f"http://localhost:{canary.port}/",
                   f"http://0x7f.1:{canary.port}/b", f"http://[::ffff:127.0.0.1]:{canary.port}/",
                   f"http://evil.localhost:{canary.port}/"]
        self.crawl_site({"/": links(*targets, "/jump"), "/jump": redirect(canary.url("/c"))},
                        "--scope", "any", "--retries", "0")
        outcomes = self.outcomes()
        self.assertEqual({path: outcomes.pop(path) for path in ("/", "/jump")}, {"/": "ok", "/jump": "redirect"})
        self.assertEqual(len(outcomes), len(targets) + 1)
        self.assertEqual(set(outcomes.values()), {"private_address"}, outcomes)
        self.assertEqual((canary.connections, other.connections), (0, 0))

    def test_robots_txt_cannot_lead_there_either(self):
        canary = self.serve({"/": reply(body="User-agent: *\nAllow: /\n")})
        self.crawl_site({"/": links("/a"), "/robots.txt": redirect(canary.url("/")), "/a": page("x")},
                        "--retries", "0")
        self.assertEqual(canary.connections, 0)

    def test_ports_of_other_services_are_refused(self):
        self.crawl_site({"/": links("http://127.0.0.1:25/", "http://127.0.0.1:6667/")}, "--scope", "any")
        self.assertEqual(self.outcomes("coalesce(outcome, reason)"), {
            "/": "ok", "http://127.0.0.1:25/": "port_refused", "http://127.0.0.1:6667/": "port_refused"})


class Encodings(Scripted):
    def test_gzip(self):
        packed = gzip.compress(b"<title>packed</title>" + b"text " * 1000)
        self.crawl_site({"/": reply(body=packed, headers=["Content-Encoding: gzip"])})
        self.assertEqual(self.page("/", "title, bytes, outcome"), ("packed", 5021, "ok"))
        self.assertIn("gzip", self.server.asked("/")[0].headers["accept-encoding"])

    def test_a_bomb(self):
        packed = gzip.compress(gzip.compress(b"\0" * (200 << 20)))
        self.crawl_site({"/": links("/bomb", "/x"), "/x": page("x"),
                         "/bomb": reply(body=packed, headers=["Content-Encoding: gzip, gzip"])})
        self.assertEqual(self.outcomes(), {"/": "ok", "/x": "ok", "/bomb": "decode_bomb"})

    def test_charsets(self):
        japanese, german = "日本語のページ", "Größe – „Maß“ €"
        html = "<!doctype html>{}<title>{}</title>"
        self.crawl_site({
            "/": links("/header", "/meta", "/utf16", "/latin", "/bom"),
            "/header": reply(body=html.format("", japanese).encode("shift_jis"), content_type="text/html; charset=Shift_JIS"),
            "/meta": reply(body=html.format("<meta charset=shift_jis>", japanese).encode("shift_jis"), content_type="text/html"),
            "/utf16": reply(body=html.format("", japanese).encode("utf-16"), content_type="text/html; charset=utf-8"),
            "/latin": reply(body=html.format("", german).encode("cp1252"), content_type="text/html; charset=iso-8859-1"),
            "/bom": reply(body=html.format("", german).encode("utf-8-sig"), content_type="text/html; charset=shift_jis")})
        stored = {path: self.page(path, "title, charset, charset_source")
                  for path in ("/header", "/meta", "/utf16", "/latin", "/bom")}
        self.assertEqual({path: (title, charset.lower(), source) for path, (title, charset, source) in stored.items()}, {
            "/header": (japanese, "shift_jis", "http"), "/meta": (japanese, "shift_jis", "meta"),
            "/utf16": (japanese, "utf-16le", "bom"), "/latin": (german, "windows-1252", "http"),
            "/bom": (german, "utf-8", "bom")})


if __name__ == "__main__":
    crawl_run.main()
