#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sitemaps and feeds: where they are found, what they lead to and in which order, when they make a
page due again, and what hostile ones cannot do."""

import datetime
import gzip
import itertools
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, reply, sitemap, sitemap_index

FAST = ["-q", "-f", "1", "--delay", "0", "--retries", "0"]
XML = {"content_type": "text/xml; charset=utf-8"}
LONG_AGO = "2001-01-01"  # before any test's fetch


def xml(text):
    return reply(body=text, **XML)


class Sitemaps(crawl_run.EndToEnd):
    sitemaps = True

    def serve(self, routes=None, robots=(), address="127.0.0.1"):
        self.server = ScriptedServer(routes or {}, address=address)
        self.addCleanup(self.server.close)
        if robots:
            lines = "".join(f"{line.format(self.server.url(''))}\n" for line in robots)
            self.server.routes["/robots.txt"] = reply(body=lines, content_type="text/plain")
        return self.server

    def absolute(self, *paths):
        return [self.server.url(path) for path in paths]

    def states(self, columns="coalesce(outcome, reason)"):
        return {url.removeprefix(self.server.url("")): value for url, value in self.urls(columns).items()}


class Found(Sitemaps):
    def listed_site(self, robots=()):
        self.serve({"/": page("home"), "/island": page("Nothing links here.")}, robots)
        self.map = xml(sitemap(self.server.url("/island")))

    def test_named_by_robots_txt(self):
        self.listed_site(robots=["User-agent: *", "Disallow:", "Sitemap: {}/deep/map.xml"])
        self.server.routes["/deep/map.xml"] = self.map
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states("outcome, role, depth"), {
            "/": ("ok", "seed", 0), "/deep/map.xml": ("ok", "sitemap", 0), "/island": ("ok", "page", 1)})
        self.assertEqual(self.place.query("SELECT dst, kind FROM links WHERE src = ?", self.server.url("/deep/map.xml")),
                         [(self.server.url("/island"), "sitemap")])
        self.assertNotIn("/sitemap.xml", self.server.paths())

    def test_at_the_usual_place(self):
        self.listed_site()
        self.server.routes["/sitemap.xml"] = self.map
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/sitemap.xml": "ok", "/island": "ok"})

    def test_not_there(self):
        self.listed_site()
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/sitemap.xml": "http_error"})
        self.assertEqual(self.place.query("SELECT errors FROM hosts"), [(0,)])  # it was a guess

    def test_named_by_a_page(self):
        self.listed_site()
        self.server.routes.update({"/": page("home", head="<link rel=sitemap href=/of-a-page.xml>"),
                                   "/of-a-page.xml": self.map})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states()["/island"], "ok")

    def test_as_a_seed(self):
        self.listed_site()
        self.server.routes["/map.xml"] = self.map
        self.crawl(*FAST, self.server.url("/map.xml"))
        self.assertEqual(self.states()["/island"], "ok")

    def test_not_looked_for(self):
        self.sitemaps = False
        self.listed_site(robots=["Sitemap: {}/map.xml"])
        self.server.routes.update({"/": page("home", head="<link rel=sitemap href=/of-a-page.xml>"),
                                   "/map.xml": self.map, "/sitemap.xml": self.map, "/of-a-page.xml": self.map})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states("coalesce(outcome, reason), rule"), {
            "/": ("ok", None), "/of-a-page.xml": ("excluded", "--no-sitemaps")})
        self.assertEqual(sorted(self.server.paths()), ["/", "/robots.txt"])

    def test_every_form(self):
        self.serve(robots=["Sitemap: {}/index.xml.gz"])
        origin = self.server.url("")
        parts = ["/map.xml", "/packed.xml.gz", "/plain.txt", "/rss", "/atom", "/broken.xml"]
        pages = [f"/{name}" for name in ("one", "two", "three", "four", "five", "six", "image", "ja")]
        extended = sitemap(f"{origin}/one").replace("<urlset ", "<urlset xmlns:image='http://www.google.com/schemas/"
                                                    "sitemap-image/1.1' xmlns:xhtml='http://www.w3.org/1999/xhtml' ")
        extended = extended.replace("</loc>", f"</loc><image:image><image:loc>{origin}/image</image:loc></image:image>"
                                    f"<xhtml:link rel='alternate' hreflang='ja' href='{origin}/ja'/>")
        self.server.routes.update({
            **{path: page(f"page {path}") for path in pages}, "/": page("home"),
            "/index.xml.gz": reply(body=gzip.compress(sitemap_index(*self.absolute(*parts)).encode()),
                                   content_type="application/x-gzip"),
            "/map.xml": xml(extended),
            "/packed.xml.gz": reply(body=gzip.compress(sitemap(f"{origin}/two").encode()),
                                    content_type="application/gzip"),
            "/plain.txt": reply(body=f"{origin}/three\r\n", content_type="text/plain"),
            "/rss": reply(body=f"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title><link>{origin}/</link>"
                               f"<item><title>Four</title><link>{origin}/four</link></item></channel></rss>",
                          content_type="application/rss+xml"),
            "/atom": reply(body="<feed xmlns='http://www.w3.org/2005/Atom'><title>News</title><entry><title>Five</title>"
                                "<link href='/five'/></entry></feed>", content_type="application/atom+xml"),
            "/broken.xml": xml(sitemap(f"{origin}/six", f"{origin}/never").replace("never</loc>", "never<loc>")),
        })
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {path: "ok" for path in ("/", "/index.xml.gz", *parts, *pages[:6], "/ja")}
                         | {"/image": "asset"})
        self.assertEqual(dict(self.place.query("SELECT substr(url, ?), document FROM pages WHERE document <> 'html'",
                                               len(origin) + 1)),
                         {path: "feed" if path in ("/rss", "/atom") else "sitemap" for path in ("/index.xml.gz", *parts)})


class Steering(Sitemaps):
    def test_priority_orders_the_pages_of_a_depth(self):
        self.serve(robots=["Sitemap: {}/map.xml"])
        priorities = {"/low": "0.1", "/high": "0.9", "/normal": None, "/highest": "1.0", "/lowest": "0.0"}
        self.server.routes.update({"/": page("home"), **{path: page(path) for path in priorities},
                                   "/map.xml": xml(sitemap(*((self.server.url(path), None, priority)
                                                             for path, priority in priorities.items())))})
        self.crawl(*FAST, self.server.url())
        asked = [path for path in self.server.paths() if path in priorities]
        self.assertEqual(asked, ["/highest", "/high", "/normal", "/low", "/lowest"])

    def test_a_newer_lastmod_makes_a_page_due(self):
        self.serve()
        paths = ["/never", "/old", "/unknown", "/new"]
        dates = {"/old": LONG_AGO, "/new": LONG_AGO}
        self.server.routes.update({path: page(path) for path in paths})
        self.server.routes["/map.xml"] = lambda _: xml(sitemap(*((self.server.url(path), dates.get(path))
                                                                 for path in paths[1:])))
        self.server.routes["/"] = links(*paths)
        seeds = self.absolute("/", "/map.xml")
        self.crawl(*FAST, *seeds)
        asked = len(self.server.paths())
        dates["/new"] = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        self.server.routes["/new"] = page("something new")
        self.crawl(*FAST, *seeds)
        again = self.server.paths()[asked:]
        self.assertIn("/map.xml", again)
        self.assertEqual([path for path in again if path in paths], ["/new"])
        self.assertEqual(self.place.query("SELECT url, change FROM changes WHERE run = 2 AND url NOT IN (?, ?)", *seeds),
                         [(self.server.url("/new"), "changed")])


class Hostile(Sitemaps):
    def crawl_with(self, body, content_type="application/xml", **routes):
        """The row of /map.xml in `pages`, after a crawl of a site with it."""
        self.serve(robots=["Sitemap: {}/map.xml"])
        self.server.routes.update({"/": page("home"), "/a": page("a"), "/b": page("b"),
                                   "/map.xml": reply(body=body(self.server.url("")), content_type=content_type)})
        self.server.routes.update(routes)
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states()["/"], "ok")
        return self.place.query("SELECT outcome, document, parse_status FROM pages WHERE url = ?",
                                self.server.url("/map.xml"))[0]

    def test_a_doctype_ends_the_reading(self):
        def laughing(origin):
            entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
            doctype = f"<!DOCTYPE urlset [<!ENTITY e0 'ha'>{entities}<!ENTITY file SYSTEM 'file:///etc/passwd'>]>"
            return sitemap(f"{origin}/a", f"{origin}/b?&e9;", f"{origin}/b?&file;").replace("<urlset", f"{doctype}<urlset")
        row = self.crawl_with(laughing)
        self.assertEqual(row[0], "ok")
        self.assertEqual(self.states(), {"/": "ok", "/map.xml": "ok"})

    def test_a_bomb(self):
        def bomb(origin):
            return gzip.compress(sitemap(f"{origin}/a").encode() + b" " * (60 << 20))
        row = self.crawl_with(bomb, content_type="application/gzip")
        self.assertEqual(row[0], "decode_bomb")

    def test_a_packed_feed_that_unpacks_to_more_than_a_page_may_have(self):
        text = "word " * 100_000
        feed = f"<rss><channel><item><link>/a</link><description>{text}</description></item></channel></rss>"
        self.serve({"/feed.xml.gz": reply(body=gzip.compress(feed.encode()), content_type="application/gzip"),
                    "/a": page("a")})
        self.crawl(*FAST, "--max-size", "64KiB", self.server.url("/feed.xml.gz"))
        self.assertEqual({path: self.states()[path] for path in ("/feed.xml.gz", "/a")}, {"/feed.xml.gz": "ok", "/a": "ok"})
        self.assertEqual(self.place.query("SELECT text FROM pages WHERE document = 'feed'"), [(text.strip(),)])

    def test_indexes_that_name_each_other(self):
        self.serve(robots=["Sitemap: {}/1.xml"])
        names = [f"/{n}.xml" for n in range(1, 10)]
        for path, following in zip(names, names[1:] + names[:1]):
            self.server.routes[path] = xml(sitemap_index(*self.absolute(path, following, "/1.xml")))
        self.server.routes["/"] = page("home")
        self.crawl(*FAST, self.server.url())
        states = self.states()
        self.assertEqual([states.get(path) for path in names[:7]], ["ok"] * 6 + ["depth_limit"])
        self.assertEqual({path: len(self.server.asked(path)) for path in names[:6]}, {path: 1 for path in names[:6]})
        self.assertNotIn(names[7], states)

    def test_sitemaps_that_call_each_other_new(self):
        self.serve(robots=["Sitemap: {}/1.xml", "Sitemap: {}/2.xml"])
        for path, other in (("/1.xml", "/2.xml"), ("/2.xml", "/1.xml")):
            def answer(_, other=other):
                time.sleep(0.005)  # newer than what was fetched before
                now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
                return xml(sitemap((self.server.url(other), now)))
            self.server.routes[path] = answer
        self.server.routes["/"] = page("home")
        self.crawl(*FAST, self.server.url())
        self.assertEqual(sorted(self.server.paths()), ["/", "/1.xml", "/2.xml", "/robots.txt"])

    def test_pages_that_name_ever_new_sitemaps(self):
        served = itertools.count()

        class Endless(dict):
            def get(self, path, default=None):
                head = f"<link rel=sitemap href=/of-{next(served)}>"
                return default if path in ("/robots.txt", "/sitemap.xml") else page("x", head=head)

        self.serve()
        self.server.routes = Endless()
        self.crawl(*FAST, "--depth", "2", self.server.url())
        self.assertEqual(len([path for path in self.server.paths() if path.startswith("/of-")]), 6)
        self.assertEqual(self.place.query("SELECT count(*) FROM urls WHERE reason = 'depth_limit'"), [(1,)])

    def test_a_page_out_of_scope_is_not_kept_as_a_sitemap(self):
        self.serve()
        self.server.routes = {  # as a proxy
            "http://a.example.com/": page("home", head="<link rel=sitemap href=http://b.example.com/map.xml>"
                                                       "<link rel=sitemap href=http://b.example.com/secret>"),
            "http://b.example.com/map.xml": xml(sitemap("http://a.example.com/x")),
            "http://b.example.com/secret": page("secret <a href=http://a.example.com/y>y</a>", title="secret"),
            "http://a.example.com/x": page("x")}
        self.crawl(*FAST, "--proxy", self.server.url(), "http://a.example.com/")
        self.assertEqual(self.urls("coalesce(outcome, reason)"), {
            "http://a.example.com/": "ok", "http://a.example.com/x": "ok", "http://a.example.com/sitemap.xml": "http_error",
            "http://b.example.com/map.xml": "ok", "http://b.example.com/secret": "unsupported_type"})
        self.assertEqual(self.place.query("SELECT title, text FROM pages WHERE url LIKE '%secret'"), [(None, None)])

    def test_more_entries_than_are_read(self):
        self.serve(robots=["Sitemap: {}/map.xml"])
        urls = self.absolute(*(f"/{n // 1000}/{n}" for n in range(60_000)))
        self.server.routes.update({"/": page("home"), "/map.xml": xml(sitemap(*urls))})
        self.crawl(*FAST, "--max-pages", "3", self.server.url(), complete=False)
        self.assertEqual(self.place.query("SELECT links_dropped FROM pages WHERE url = ?", self.server.url("/map.xml")),
                         [(10_000,)])
        self.assertEqual(self.place.query("SELECT count(*) FROM links"), [(50_000,)])
        self.assertEqual(self.place.query("SELECT count(*) FROM urls"), [(50_002,)])

    def test_a_large_sitemap_where_pages_are_small(self):
        self.serve(robots=["Sitemap: {}/map.xml"])
        urls = self.absolute(*(f"/{n}/{'é' * 480}" for n in range(24_000)))  # 67 MiB when percent-encoded
        self.server.routes.update({"/": page("home"), "/map.xml": xml(sitemap(*urls))})
        self.crawl(*FAST, "--max-size", "100KiB", "--max-pages", "2", self.server.url(), complete=False)
        self.assertEqual(self.states()["/map.xml"], "ok")
        self.assertEqual(self.place.query("SELECT count(*) FROM links"), [(24_000,)])

    def test_entries_elsewhere(self):
        self.serve(robots=["Sitemap: {}/map.xml", "Sitemap: https://elsewhere.example/map.xml"])
        entries = ["https://elsewhere.example/x", "ftp://elsewhere.example/y", self.server.url("/a")]
        self.server.routes.update({"/": page("home"), "/a": page("a"), "/map.xml": xml(sitemap(*entries))})
        self.crawl(*FAST, self.server.url())
        self.assertEqual(self.states(), {"/": "ok", "/map.xml": "ok", "/a": "ok",
                                         "https://elsewhere.example/map.xml": "out_of_scope",
                                         "https://elsewhere.example/x": "out_of_scope",
                                         "ftp://elsewhere.example/y": "scheme_refused"})


if __name__ == "__main__":
    crawl_run.main()
