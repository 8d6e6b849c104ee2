#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which links a crawl follows: kinds of links, nofollow, base, scope, depth, include and exclude,
seeds with options, and the budgets."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, reply

FAST = ["-q", "-f", "2", "--delay", "0"]


class Following(crawl_run.EndToEnd):
    def serve(self, routes, address="127.0.0.1"):
        server = ScriptedServer(routes, address=address)
        self.addCleanup(server.close)
        return server

    def site(self, routes):
        self.server = self.serve(routes)
        return self.server

    def states(self, columns="coalesce(outcome, reason)"):
        origin = self.server.url("")
        return {url.removeprefix(origin): value for url, value in self.urls(columns).items()}

    def fetched(self):
        return sorted(path for path, state in self.states("state").items() if state == "done")


class Links(Following):
    def test_every_kind(self):
        body = """<a href=/a>A  <b>link</b></a><map><area href=/area alt="an area"></map>
          <iframe src=/iframe></iframe><form action=/form></form><img src=/image srcset="/set 2x">
          <script src=/script></script><video src=/video poster=/poster></video><embed src=/embed>
          <svg><a href=/svg>drawn</a></svg><a href="mailto:a@b.c">m</a><a href="javascript:x()">j</a>
          <a href="http://[/">bad</a><a>no href</a><a href="#top">top</a><template><a href=/inert>t</a></template>
          <!-- <a href=/comment>c</a> -->"""
        head = """<link rel=next href=/next><link rel=stylesheet href=/css><link rel="shortcut icon" href=/icon>
          <link href=/no-rel><meta http-equiv=refresh content="600; url=/refresh">"""
        followed = ["/a", "/area", "/iframe", "/svg", "/next", "/refresh"]
        assets = ["/form", "/image", "/set", "/script", "/video", "/poster", "/embed", "/css", "/icon", "/no-rel"]
        self.site({"/": page(body, head=head), **{path: page("x") for path in followed}})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {
            "/": "ok", **{path: "ok" for path in followed}, **{path: "asset" for path in assets},
            "mailto:a@b.c": "scheme_refused"})
        kinds = {dst.removeprefix(self.server.url("")): (kind, rel, anchor) for dst, kind, rel, anchor in
                 self.place.query("SELECT dst, kind, rel, anchor FROM links WHERE anchor IS NOT 'top'")}
        self.assertEqual(kinds["/a"], ("a", None, "A link"))
        self.assertEqual(kinds["/area"], ("area", None, "an area"))
        self.assertEqual(kinds["/svg"], ("a", None, "drawn"))
        self.assertEqual(kinds["/next"], ("link", "next", None))
        self.assertEqual(kinds["/refresh"], ("refresh", None, None))
        self.assertEqual(kinds["/icon"], ("resource", "shortcut icon", None))
        self.assertEqual(kinds["/set"][0], "image")
        self.assertEqual(kinds["/form"][0], "form")
        # robots.txt, and each page once.
        self.assertEqual(sorted(self.server.paths()), sorted(["/robots.txt", "/", *followed]))

    def test_frames_and_base(self):
        self.site({"/": page('<a href="x">x</a>', head='<base href="/deep/er/"><base href="/no/">'),
                   "/deep/er/x": reply(body="<frameset><frame src='../y'></frameset>"),
                   "/deep/y": page('<a href="?q=1#f">q</a><a href="//[::1]/">v6</a>'), "/deep/y?q=1": page("q")})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/deep/er/x": "ok", "/deep/y": "ok", "/deep/y?q=1": "ok",
                                         "http://[::1]/": "out_of_scope"})

    def test_nofollow_and_noindex(self):
        routes = {"/": page('<a href=/yes>y</a><a rel="noopener NoFollow" href=/no>n</a><a href=/meta>m</a>'
                            '<a href=/header>h</a><a href=/both>b</a>'),
                  "/yes": page("x"), "/no": page("x"), "/both": page("x", head="<meta name=robots content=none>"),
                  "/meta": page("<a href=/m>x</a>", head='<meta name="robots" content="noindex, nofollow">'),
                  "/header": page("<a href=/h>x</a>", headers=["X-Robots-Tag: nofollow"])}
        self.site({**routes, "/m": page("x"), "/h": page("x")})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/yes": "ok", "/no": "nofollow", "/meta": "ok", "/m": "nofollow",
                                         "/header": "ok", "/h": "nofollow", "/both": "ok"})
        flags = {url.removeprefix(self.server.url("")): value for url, value in
                 self.place.query("SELECT url, robots_directives FROM pages")}
        self.assertEqual(flags["/yes"], 0)
        self.assertEqual(flags["/meta"], flags["/both"])
        self.assertEqual(len({flags["/meta"], flags["/header"], flags["/yes"]}), 3)
        self.crawl(*FAST, "--follow-nofollow", "--revisit", "0s", self.server.url())
        self.assertEqual(set(self.states().values()), {"ok"})

    def test_a_link_that_is_followed_elsewhere_wins(self):
        self.site({"/": links("/a", "/b"), "/a": page('<a rel=nofollow href=/c>c</a><img src=/b>'),
                   "/b": page('<a href=/c>c</a>'), "/c": page("c")})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/a": "ok", "/b": "ok", "/c": "ok"})

    def test_urls_that_differ_in_their_spelling_are_one(self):
        self.site({"/b": page("b")})
        origin = self.server.url("")
        spellings = ["/a/../b", "/b#x", " /\tb ", "/./b", f"HTTP://127.1:{self.server.port}/b", "/%2e/b"]
        self.server.routes["/"] = links(*spellings)
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.urls(), {f"{origin}/": "ok", f"{origin}/b": "ok"})
        self.assertEqual(len(self.server.asked("/b")), 1)


class Scope(Following):
    def test_host_prefix_and_any(self):
        other = self.serve({"/": page("o"), "/robots.txt": page("")}, address="127.0.0.4")
        site = {"/docs/": links("/docs/a", "/docs", "/elsewhere", other.url("/")), "/docs/a": page("a"),
                "/docs": page("d"), "/elsewhere": page("e")}
        self.site(site)
        for scope, expected in {
                "host": {"/docs/": "ok", "/docs/a": "ok", "/docs": "ok", "/elsewhere": "ok", other.url("/"): "out_of_scope"},
                "prefix": {"/docs/": "ok", "/docs/a": "ok", "/docs": "out_of_scope", "/elsewhere": "out_of_scope",
                           other.url("/"): "out_of_scope"},
                "any": {"/docs/": "ok", "/docs/a": "ok", "/docs": "ok", "/elsewhere": "ok", other.url("/"): "private_address"},
        }.items():
            with self.subTest(scope=scope):
                self.place.database = self.place.folder / f"{scope}.db"
                self.crawl(*FAST, "--retries", "0", "--scope", scope, self.server.url("/docs/"))
                self.assertEqual(self.states(), expected)
        self.assertEqual(other.connections, 0)
        self.place.database = self.place.folder / "allowed.db"
        self.crawl(*FAST, "--scope", "any", "--allow-private", self.server.url("/docs/"))
        self.assertEqual(self.states()[other.url("/")], "ok")

    def test_depth(self):
        self.site({f"/{n}": links(f"/{n + 1}") for n in range(9)})
        self.crawl(*FAST, "--depth", "3", self.server.url("/0"))
        self.assertEqual(self.states("coalesce(outcome, reason), depth"), {
            "/0": ("ok", 0), "/1": ("ok", 1), "/2": ("ok", 2), "/3": ("ok", 3), "/4": ("depth_limit", 4)})

    def test_include_and_exclude(self):
        self.site({"/": links("/en/a", "/en/b.pdf", "/de/a"), "/en/a": page("a"), "/en/b.pdf": page("b"),
                   "/de/a": page("d")})
        self.crawl(*FAST, "--include", "/en/", "--exclude", r"\.pdf$", self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/en/a": "ok", "/en/b.pdf": "excluded", "/de/a": "excluded"})

    def test_seeds_with_options_from_a_file(self):
        other = self.serve({"/x/": links("/x/1", "/y"), "/x/1": page("1"), "/y": page("y")}, address="127.0.0.4")
        self.site({"/": links("/1"), "/1": links("/2"), "/2": page("2")})
        self.place.write("seeds.txt", f"# two sites\n\n{self.server.url()} depth=1 tag=flat\n"
                                      f"{other.url('/x/')}\tscope=prefix tag=deep # and a comment\n")
        self.crawl(*FAST, "seeds.txt")
        self.assertEqual(self.states("coalesce(outcome, reason), tag"), {
            "/": ("ok", "flat"), "/1": ("ok", "flat"), "/2": ("depth_limit", "flat"),
            other.url("/x/"): ("ok", "deep"), other.url("/x/1"): ("ok", "deep"),
            other.url("/y"): ("out_of_scope", "deep")})

    def test_seeds_from_stdin(self):
        self.site({"/": page("x"), "/2": page("y")})
        self.crawl(*FAST, "-", stdin=f"{self.server.url()}\r\n{self.server.url('/2')}".encode())
        self.assertEqual(self.fetched(), ["/", "/2"])

    def test_a_new_seed_in_a_second_run(self):
        self.site({"/": links("/1"), "/1": page("x"), "/island": links("/island/2"), "/island/2": page("y")})
        self.crawl(*FAST, self.server.url())
        self.crawl(*FAST, self.server.url(), self.server.url("/island"))
        self.assertEqual(self.fetched(), ["/", "/1", "/island", "/island/2"])
        self.assertEqual(len(self.server.asked("/1")), 1)


class Budgets(Following):
    def wide_site(self):
        paths = [f"/{n}" for n in range(50)]
        self.site({"/": links(*paths), **{path: page("x" * 1000) for path in paths}})
        return paths

    def test_max_pages_is_exact_and_the_rest_follows(self):
        paths = self.wide_site()
        for run, pages in ((1, 10), (2, 20)):
            ended = self.crawl(*FAST, "--max-pages", "10", "--host-concurrency", "8", self.server.url(), complete=False)
            self.assertEqual(ended.stderr, "")
            self.assertEqual(len(self.fetched()), pages)
            self.assertEqual(self.place.query("SELECT end_reason, pages FROM runs WHERE id = ?", run), [("max_pages", 10)])
        self.assertEqual(len(self.server.paths()), 21)  # nothing was fetched to be thrown away
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.fetched(), sorted(["/", *paths]))

    def test_max_time(self):
        self.wide_site()
        self.crawl("-q", "--delay", "100ms", "--max-time", "500ms", self.server.url(), complete=False)
        self.assertEqual(self.place.query("SELECT end_reason FROM runs"), [("max_time",)])
        self.assertLess(len(self.fetched()), 20)
        self.assertGreater(len(self.states()), len(self.fetched()))

    def test_max_bytes(self):
        self.wide_site()
        self.crawl(*FAST, "--max-bytes", "10KB", self.server.url(), complete=False)
        self.assertEqual(self.place.query("SELECT end_reason FROM runs"), [("max_bytes",)])
        self.assertLess(len(self.fetched()), 20)

    def test_a_slow_host_does_not_hold_up_the_others(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def wait(_request):
            release.wait()
            return page("slow")

        slow = self.serve({"/": wait}, address="127.0.0.5")
        paths = self.wide_site()
        run = self.begin(*FAST, "-f", "1", slow.url(), self.server.url())
        crawl_run.wait_for(lambda: len(self.server.paths()) == len(paths) + 2, "the other host is done")
        self.assertTrue(run.alive())
        release.set()
        self.finish(run)
        self.assertEqual(self.states()[slow.url()], "ok")

    def test_the_largest_page_size_is_accepted(self):
        self.site({"/": page("x")})
        self.crawl(*FAST, "--max-size", "256MiB", self.server.url())
        self.assertEqual(self.states(), {"/": "ok"})


if __name__ == "__main__":
    crawl_run.main()
