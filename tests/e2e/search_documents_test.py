#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Full text search on real documentation in several languages and scripts: what it finds is what other means find
in the pages that are stored."""

import functools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx
import search_oracle
import searching

POSTGRESQL, HANDBOOK, APTITUDE = CORPORA = ["postgresql-doc-15/html", "debian-handbook/html", "aptitude/html/ja"]
ALL = ["--limit", "1000"]


class RealDocuments(searching.Searching):
    """A crawl of PostgreSQL's manual, of the Debian handbook in six languages, and of aptitude's in Japanese."""

    @classmethod
    def setUpClass(cls):
        cls.shared = crawl_run.Workplace()
        cls.addClassCleanup(cls.shared.close)
        server = nginx.Nginx(cls.shared.folder, {
            "pg.localhost": crawl_run.corpus(POSTGRESQL), "localhost": crawl_run.corpus(HANDBOOK),
            "127.0.0.2": crawl_run.corpus(APTITUDE)})
        cls.addClassCleanup(server.stop)
        languages = ["de-DE", "fr-FR", "ja-JP", "ko-KR", "ru-RU", "zh-CN"]
        seeds = [server.url("pg.localhost", "/index.html"), server.url("127.0.0.2", "/index.html"),
                 *(server.url("localhost", f"/{name}/index.html") for name in languages)]
        ended = cls.shared.run("-q", "-d", cls.shared.database, "--delay", "0", "--host-concurrency", "8",
                               "--no-sitemaps", *seeds)
        assert ended.code == 0, ended.stderr
        cls.pages = search_oracle.pages(cls.shared)
        by_text = {}
        for page in cls.pages:
            by_text.setdefault(page.texts[3] or page.url, set()).add(page.url)
        cls.copies = {page.url: by_text[page.texts[3] or page.url] for page in cls.pages}
        cls.base = server.url("localhost", "")
        updated = cls.shared.run("search", "-d", cls.shared.database, "--only-update")
        assert (updated.code, updated.stdout, updated.stderr) == (0, "", ""), updated

    def setUp(self):
        self.place = self.shared

    def urls(self, query):
        """Of all pages that are found: those of their copies, too, which are not shown themselves."""
        found = set()
        for hit in self.found(*ALL, query):
            copies = self.copies[hit["url"]]
            self.assertEqual(hit["copies"], len(copies), hit["url"])
            self.assertFalse(found & copies, "shown twice")
            found |= copies
        return found

    def check(self, query, expected):
        """Copies of a page may have other words in their URLs, and come along."""
        found = self.urls(query)
        self.assertLessEqual(expected, found, query)
        self.assertEqual([url for url in found - expected if not self.copies[url] & expected], [], query)
        return found

    def having(self, *words):
        return {page.url for page in self.pages if all(page.has(word) for word in words)}

    def test_there_is_enough_to_find(self):
        self.assertGreater(len(self.pages), 1_900)

    def test_words(self):
        words = search_oracle.sample_words(self.pages, 150)
        counts = [len(self.check(word, self.having(word))) for word in words]
        self.assertGreater(min(counts), 0)
        several = [words[i:i + 2] for i in range(0, 40, 2)] + [["vacuum", "full"], ["index", "btree", "gin"]]
        for some in several:
            self.check(" ".join(some), self.having(*some))

    def test_words_of_scripts_without_spaces(self):
        # Two letters and more, from the middle of sentences, too.
        for word in ("設定", "依存", "パッケージ", "管理", "軟體", "软件", "系统", "配置文件", "系統管理", "ネットワーク",
                     "사용자", "패키지", "디스크", "都", "の"):
            expected = self.having(word)
            found = self.check(word, expected)
            self.assertEqual(bool(found), bool(expected), word)
        self.assertGreater(len(self.having("設定")), 50)

    def test_phrases(self):
        for phrase in ("write ahead log", "full text search", "the system catalogs", "pg_stat_activity",
                       "mise à jour", "операционной системы", "lorem ipsum"):
            expected = {page.url for page in self.pages if page.has_phrase(phrase)}
            self.check(f'"{phrase}"', expected)
            if "_" in phrase:
                self.check(phrase, expected)

    def test_beginnings_and_exclusions(self):
        for beginning in ("vacuu", "настро", "Überprüf", "pars"):
            start = search_oracle.folded(beginning)
            expected = {page.url for page in self.pages if any(word.startswith(start) for word in page.word_set)}
            self.assertTrue(expected, beginning)
            self.check(beginning + "*", expected)
        found = {hit["url"] for hit in self.found(*ALL, "--", "vacuum", "-index")}
        expected = self.having("vacuum") - self.having("index")
        self.assertEqual(found, expected)

    def test_sites(self):
        every = self.having("configuration")
        for site, expected in {
                "pg.localhost": {url for url in every if search_oracle.in_site(url, "pg.localhost")},
                "localhost": {url for url in every if search_oracle.in_site(url, "localhost")},
                self.base + "/fr-FR/": {url for url in every if url.startswith(self.base + "/fr-FR/")}}.items():
            self.assertTrue(expected, site)
            found = {hit["url"] for hit in self.found(*ALL, "configuration", f"site:{site}")}
            self.assertEqual(found - expected, set())
            self.assertGreaterEqual(len(found), len(expected) * 0.9)  # copies are shown once
        self.assertEqual(self.found("configuration", "site:example.com"), [])

    def test_the_best_comes_first(self):
        for query, path in {"vacuum": "/sql-vacuum.html", "create index": "/sql-createindex.html",
                            "full text search": "/textsearch.html", "pg_dump": "/app-pgdump.html",
                            "cursor fetch": "/sql-fetch.html", "регистр": None}.items():
            hits = self.found("--limit", "5", query)
            self.assertEqual([hit["score"] for hit in hits], sorted((hit["score"] for hit in hits), reverse=True))
            if path:
                self.assertTrue(any(hit["url"].endswith(path) for hit in hits), (query, [h["url"] for h in hits]))

    def test_snippets_show_what_was_found(self):
        for query in ("checkpoint segments", "設定", "обновление", '"hot standby"'):
            for hit in self.found(query):
                marked = [hit["snippet"][begin:end] for begin, end in hit["snippet_matches"]]
                titled = [hit["title"][begin:end] for begin, end in hit["title_matches"]]
                self.assertTrue(marked + titled, hit)
                wanted = set(search_oracle.WORD.findall(search_oracle.folded(query)))
                for text in marked + titled:
                    parts = search_oracle.WORD.findall(search_oracle.folded(text))
                    self.assertTrue(set(parts) <= wanted or text in query, (query, text))

    def test_parts_make_up_the_whole(self):
        whole = [hit["url"] for hit in self.found("--limit", "60", "index")]
        parts = [hit["url"] for offset in range(0, 60, 20)
                 for hit in self.found("--limit", "20", "--offset", str(offset), "index")]
        self.assertEqual(parts, whole)
        self.assertEqual(len(set(whole)), 60)
        text = self.search("--limit", "20", "--offset", "20", "index").stderr
        self.assertRegex(text, r"^crawl: 21 to 40 of [\d,]+ pages; more: --offset 40$")

    def test_nothing_is_written_when_nothing_is_new(self):
        before = os.stat(f"{self.place.database}.search")
        self.search("vacuum")
        after = os.stat(f"{self.place.database}.search")
        self.assertEqual((before.st_mtime_ns, before.st_ino), (after.st_mtime_ns, after.st_ino))


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, *(functools.partial(crawl_run.corpus, each) for each in CORPORA))
