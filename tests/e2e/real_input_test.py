#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Six sets of real documentation, served by nginx under several host names: what the crawl stores
is exactly what the oracle reads in the files."""

import contextlib
import functools
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import corpus_oracle
import crawl_run
import nginx
import oracle

POSTGRESQL, PYTHON, HANDBOOK, OPENJDK, LINUX, BOOST = CORPORA = [
    "postgresql-doc-15/html", "python3.11/html", "debian-handbook/html",
    "openjdk-17-jre-headless/api", "linux-doc-6.1/html", "libboost1.74-doc"]
FAST = ["--delay", "0", "--host-concurrency", "16"]
DEADLINE_S = 600


class RealInput(crawl_run.EndToEnd):
    sitemaps = True

    def serve(self, sites):
        self.server = nginx.Nginx(self.place.folder, sites)
        self.addCleanup(self.server.stop)
        return [oracle.Site(self.server.url(name, ""), root, nginx.TYPES, nginx.DEFAULT_TYPE)
                for name, root in sites.items()]

    def crawl_and_compare(self, sites, seeds):
        """{url: Summary}: what was expected, and is what was stored."""
        ended = self.finish(self.begin(*FAST, self.place.write("seeds.txt", "\n".join(seeds) + "\n")),
                            deadline_s=DEADLINE_S)
        # None has a robots.txt, so that its sitemap is looked for at the usual place.
        guesses = [f"{site.origin}/sitemap.xml" for site in sites]
        expected = corpus_oracle.closure(sites, seeds + guesses)
        with contextlib.closing(
                sqlite3.connect(f"file:{self.place.database}?mode=ro", uri=True)) as database:
            self.assertEqual(corpus_oracle.differences(database, expected, sites), {}, ended.stderr)
        self.assertEqual(self.place.query("SELECT url FROM pages WHERE parse_status = 'limit'"), [])
        # Nothing was visited twice.
        self.assertEqual(self.place.query("SELECT count(*) FROM pages"),
                         self.place.query("SELECT count(*) FROM visits"))
        return expected

    def crawl_one(self, corpus, start, prefix=""):
        """The same of one set of files on a host of its own. `prefix`: where its URLs begin."""
        folder = crawl_run.corpus(corpus)
        root = str(folder).removesuffix(prefix)
        sites = self.serve({"127.0.0.1": root})
        return self.crawl_and_compare(sites, [self.server.url(path=start)])

    def test_postgresql(self):
        expected = self.crawl_one(POSTGRESQL, "/")
        # Every file is reachable, and `/` and /index.html are two: 1,170 in version 15.20.
        self.assertEqual(read(expected), len(list(crawl_run.corpus(POSTGRESQL).rglob("*.html"))) + 1)

    def test_openjdk(self):
        expected = self.crawl_one(OPENJDK, "/api/index.html", prefix="/api")
        # 10,137 in version 17.0.21.
        self.assertGreater(read(expected), 10_000)

    def test_linux(self):
        expected = self.crawl_one(LINUX, "/index.html")
        self.assertGreater(read(expected), 3_000)  # 3,063 in version 6.1.192

    def test_boost(self):
        expected = self.crawl_one(BOOST, "/doc/html/index.html")
        self.assertGreater(read(expected), 3_700)  # 3,804, and 1,197 links that lead nowhere

    def test_three_sites_under_four_names_in_one_crawl(self):
        handbook = crawl_run.corpus(HANDBOOK)
        sites = self.serve({"pg.localhost": crawl_run.corpus(POSTGRESQL),
                            "127.0.0.2": crawl_run.corpus(PYTHON),
                            "localhost": handbook, "127.0.0.1": handbook})
        languages = sorted(path.name for path in handbook.iterdir() if path.is_dir())
        self.assertEqual(len(languages), 26)
        seeds = [self.server.url("pg.localhost", "/index.html"), self.server.url("127.0.0.2"),
                 *(self.server.url("localhost", f"/{name}/index.html") for name in languages),
                 self.server.url("127.0.0.1", "/en-US")]
        expected = self.crawl_and_compare(sites, seeds)
        python = {url: page for url, page in expected.items()
                  if url.startswith(self.server.url("127.0.0.2", "")) and url.endswith((".html", "/"))}
        self.assertEqual(read(python), 527)


def read(pages):
    return sum(page.outcome == "ok" for page in pages.values())


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, *(functools.partial(crawl_run.corpus, each) for each in CORPORA))
