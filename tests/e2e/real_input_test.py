#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Three sets of real documentation, served by nginx under several host names: what the crawl stores
is exactly what the oracle reads in the files."""

import collections
import functools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx
import oracle

POSTGRESQL, PYTHON, HANDBOOK = CORPORA = [
    "postgresql-doc-15/html", "python3.11/html", "debian-handbook/html"]
FAST = ["--delay", "0", "--host-concurrency", "16"]


class RealInput(crawl_run.EndToEnd):
    def serve(self, sites):
        self.server = nginx.Nginx(self.place.folder, sites)
        self.addCleanup(self.server.stop)
        return [oracle.Site(self.server.url(name, ""), root, nginx.TYPES, nginx.DEFAULT_TYPE)
                for name, root in sites.items()]

    def stored_pages(self):
        """{url: oracle.Page} as the database has it."""
        stored = {}
        for url, status, outcome, title, text in self.place.query(
                "SELECT url, status, outcome, title, text FROM pages"):
            stored[url] = oracle.Page(url, status, outcome, title or "", oracle.words(text or ""))
        for src, dst, kind, rel in self.place.query(
                "SELECT src, dst, kind, coalesce(rel, '') FROM links ORDER BY src, seq"):
            stored[src].links.append((dst, kind, rel))
        return stored

    def compare(self, expected):
        stored = self.stored_pages()
        self.assertEqual(sorted(stored.keys() - expected.keys())[:10], [], "stored, not in the files")
        self.assertEqual(sorted(expected.keys() - stored.keys())[:10], [], "in the files, not stored")
        different = collections.Counter()
        example = {}
        for url, right in expected.items():
            for field in ("status", "outcome", "title", "words", "links"):
                ours, theirs = getattr(stored[url], field), getattr(right, field)
                if field == "links":
                    ours, theirs = collections.Counter(ours), collections.Counter(theirs)
                if ours != theirs:
                    different[field] += 1
                    example.setdefault(field, (url, *first_difference(ours, theirs)))
        self.assertEqual((dict(different), example), ({}, {}), "stored, then expected")
        self.assertEqual(self.place.query("SELECT url FROM pages WHERE parse_status = 'limit'"), [])

    def visited_once(self):
        self.assertEqual(self.place.query("SELECT count(*) FROM pages"),
                         self.place.query("SELECT count(*) FROM visits"))

    def test_postgresql_alone(self):
        pages = crawl_run.corpus(POSTGRESQL)
        sites = self.serve({"127.0.0.1": pages})
        seeds = self.place.write("seeds.txt", self.server.url() + "\n")
        run = self.begin(*FAST, seeds)
        expected = oracle.closure(sites, [self.server.url()])
        self.finish(run, deadline_s=300)
        ok = self.place.query("SELECT count(*) FROM pages WHERE outcome = 'ok'")
        # Every file is reachable, and `/` and /index.html are two: 1,170 in version 15.20.
        self.assertEqual(ok, [(len(list(pages.rglob("*.html"))) + 1,)])
        self.compare(expected)
        self.visited_once()

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
        run = self.begin(*FAST, self.place.write("seeds.txt", "\n".join(seeds) + "\n"))
        expected = oracle.closure(sites, seeds)
        self.finish(run, deadline_s=300)
        python = [page for url, page in expected.items()
                  if url.startswith(self.server.url("127.0.0.2", "")) and url.endswith((".html", "/"))]
        self.assertEqual(sum(page.outcome == "ok" for page in python), 527)
        self.compare(expected)
        self.visited_once()


def first_difference(ours, theirs):
    """The part that tells what is wrong."""
    if isinstance(ours, collections.Counter):
        return sorted((ours - theirs).elements())[:5], sorted((theirs - ours).elements())[:5]
    if isinstance(ours, list):
        at = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]),
                  min(len(ours), len(theirs)))
        return ours[max(0, at - 3):at + 5], theirs[max(0, at - 3):at + 5]
    return ours, theirs


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, *(functools.partial(crawl_run.corpus, each) for each in CORPORA))
