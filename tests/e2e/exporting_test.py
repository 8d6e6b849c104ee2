#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl export`: JSONL, CSV, sitemaps and link graphs of a crawl, of an empty, a running, a large and a broken one."""

import base64
import contextlib
import csv
import io
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, redirect, reply

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
EVIL = "=1+1&lt;&quot;&#27;[31m\u202e&#xFFFE;\ufffe,\n]]&gt;"
FORMATS = ("jsonl", "csv", "sitemap", "graphml", "edges")


class Exporting(crawl_run.EndToEnd):
    def export(self, *arguments, code=0, database=None):
        ended = self.place.run("export", "-d", database or self.place.database, *arguments)
        self.assertEqual(ended.code, code, ended.stdout[:2000] + ended.stderr)
        if code not in (0, 130, 143):
            self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        return ended

    def file(self, name):
        return self.place.folder / name


class Site(Exporting):
    def setUp(self):
        super().setUp()
        self.body = "<title>café</title>été <a href=/x?a=1&amp;b=2>x &amp; y</a>\n".encode("latin-1")
        dated = ["Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"]
        self.server = ScriptedServer({
            "/": links("/latin", "/gone", "/hop", "/evil", "/noindex", "/copy", "/mail", "/feed", "http://example.com/"),
            "/latin": reply(body=self.body, content_type="text/html; charset=iso-8859-1", headers=dated),
            "/x?a=1&b=2": page("query"), "/gone": reply(410), "/hop": redirect("/latin"),
            "/evil": page("<p>evil", title=EVIL),
            "/noindex": page("secret", head='<meta name=robots content="noindex">'),
            "/copy": page("copy", head='<link rel=canonical href="/latin">'),
            "/mail": page('<a href="mailto:a@b.c">=cmd</a>'),
            "/feed": reply(body="<rss version='2.0'><channel><title>f</title></channel></rss>",
                           content_type="application/rss+xml")})
        self.addCleanup(self.server.close)
        self.crawl("-q", "--delay", "0", self.server.url())

    def test_a_message_has_its_line_for_itself(self):
        """On a terminal that shows how far it is."""
        for limit, words in ((resource.RLIM_INFINITY, f"{self.file('out')}: "), (100, "crawl: ")):
            master, terminal = os.openpty()
            run = subprocess.Popen(
                [crawl_run.program("CRAWL_BIN"), "export", "-d", self.place.database, "jsonl", "--replace", "-o",
                 self.file("out")], stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm"},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            os.close(terminal)
            self.assertEqual(run.wait(crawl_run.DEADLINE_S), 0 if limit == resource.RLIM_INFINITY else 74)
            shown = os.read(master, 65536).decode()
            os.close(master)
            self.assertIn("\rexport: 0", shown)
            last = [line for line in shown.split("\r\n") if line.strip("\r\x1b[K")][-1]
            self.assertTrue(last.rpartition("\r\x1b[K")[2].startswith(words), shown)

    def test_jsonl(self):
        rows = {row["url"].removeprefix(self.server.url("")): row for row in
                map(json.loads, self.export("jsonl", "--body").stdout.splitlines())}
        self.assertEqual(set(rows), {"/", "/latin", "/x?a=1&b=2", "/gone", "/hop", "/evil", "/noindex", "/copy",
                                     "/mail", "/feed"})
        latin = rows["/latin"]
        self.assertEqual((latin["title"], latin["status"], latin["outcome"], latin["charset"], latin["depth"]),
                         ("café", 200, "ok", "windows-1252", 1))
        self.assertEqual(latin["text"].split(), ["été", "x", "&", "y"])
        self.assertEqual(latin["via"], self.server.url())
        self.assertEqual(base64.b64decode(latin["body_base64"]), self.body)
        self.assertEqual((rows["/noindex"]["text"], rows["/noindex"]["body_base64"]), (None, None))
        self.assertEqual(rows["/hop"]["redirect"], self.server.url("/latin"))
        self.assertEqual(rows["/copy"]["duplicate_of"], self.server.url("/latin"))
        # What views say, exports say.
        for url, fetched_at, content_hash, text in self.place.query(
                "SELECT url, fetched_at, content_hash, text FROM pages"):
            row = rows[url.removeprefix(self.server.url(""))]
            self.assertEqual((row["fetched_at"], row["content_hash"], row["text"]), (fetched_at, content_hash, text))
        plain = [json.loads(line) for line in self.export("jsonl").stdout.splitlines()]
        self.assertEqual(len(plain), len(rows))
        self.assertNotIn("body_base64", plain[0])

    def test_csv(self):
        ended = self.export("csv", "-o", "pages.csv")
        self.assertRegex(ended.stdout, r"^pages\.csv: 10 pages, \d")
        rows = {row["url"]: row for row in csv.DictReader(io.StringIO(self.file("pages.csv").read_text()))}
        self.assertEqual(len(rows), 10)
        self.assertTrue(rows[self.server.url("/evil")]["title"].startswith("'=1+1<"))
        self.assertNotIn("\x1b", self.file("pages.csv").read_text())
        self.assertEqual(rows[self.server.url("/latin")]["title"], "café")

    def test_sitemap(self):
        root = xml.fromstring(self.export("sitemap").stdout)
        entries = {url.findtext(SITEMAP + "loc"): url.findtext(SITEMAP + "lastmod") for url in root}
        wanted = ("/", "/latin", "/x?a=1&b=2", "/evil", "/mail")
        self.assertEqual(set(entries), {self.server.url(path) for path in wanted})
        self.assertEqual(entries[self.server.url("/latin")], "2015-10-21T07:28:00.000Z")
        self.assertIsNone(entries[self.server.url("/")])
        # It is one that a crawl reads.
        parsed = self.place.run("parse", "--content-type", "application/xml", "-",
                                stdin=self.export("sitemap").stdout.encode())
        self.assertEqual(len(json.loads(parsed.stdout)["links"]), len(wanted), parsed.stdout)

    def test_a_sitemap_is_of_one_host(self):
        other = ScriptedServer({"/": page("other")}, address="127.0.0.2")
        self.addCleanup(other.close)
        self.crawl("-q", "--delay", "0", other.url())
        self.assertIn("--host", self.export("sitemap", code=64).stderr)
        self.assertIn("nowhere", self.export("sitemap", "--host", "nowhere", code=66).stderr)
        root = xml.fromstring(self.export("sitemap", "--host", f"127.0.0.2:{other.port}").stdout)
        self.assertEqual([url.findtext(SITEMAP + "loc") for url in root], [other.url()])

    def test_graphs(self):
        self.export("graphml", "-o", "graph.xml", "-q")
        graph = xml.parse(self.file("graph.xml")).getroot().find(GRAPHML + "graph")
        nodes = {}
        for node in graph.iter(GRAPHML + "node"):
            nodes[node.get("id")] = {data.get("key"): data.text for data in node}
        urls = {node["url"]: node for node in nodes.values()}
        self.assertEqual(set(urls), set(self.urls()))
        self.assertEqual(urls[self.server.url("/gone")]["outcome"], "gone")
        self.assertEqual(urls["http://example.com/"]["outcome"], "out_of_scope")
        self.assertIn("=1+1<\"", urls[self.server.url("/evil")]["title"])
        edges = sorted((nodes[edge.get("source")]["url"], nodes[edge.get("target")]["url"])
                       for edge in graph.iter(GRAPHML + "edge"))
        self.assertEqual(edges, sorted(self.place.query("SELECT src, dst FROM links")))
        lines = self.export("edges").stdout.splitlines()
        self.assertEqual(lines[0], "src\tdst\tkind")
        self.assertEqual(sorted(tuple(line.split("\t")) for line in lines[1:]),
                         sorted(self.place.query("SELECT src, dst, kind FROM links")))

    def test_nothing_is_replaced_unless_it_is_told(self):
        self.file("x").write_text("mine")
        self.assertIn("--replace", self.export("jsonl", "-o", "x", code=73).stderr)
        self.assertEqual(self.file("x").read_text(), "mine")
        self.export("jsonl", "-o", "x", "--replace")
        self.assertEqual(len(self.file("x").read_text().splitlines()), 10)
        self.export("jsonl", "-o", "none/x", code=73)
        self.export("jsonl", "-o", ".", "--replace", code=73)
        self.assertEqual(list(self.place.folder.glob("*.crawl-part")), [])

    def test_a_folder_that_cannot_be_written(self):
        self.place.folder.chmod(0o755)
        folder = self.file("closed")
        folder.mkdir(mode=0o555)
        nobody = 65534 if os.geteuid() == 0 else None  # root may write everywhere
        for words in (["jsonl", "-o", folder / "x"], ["sitemap", "-o", folder], ["sitemap", "-o", folder / "new/"]):
            ended = self.place.run("export", "-d", self.place.database, *words, user=nobody)
            self.assertEqual((ended.code, len(ended.stderr.splitlines())), (73, 1), ended.stderr)
        # What is there to be read is read, all the same.
        ended = self.place.run("export", "-d", self.place.database, "edges", user=nobody)
        self.assertEqual((ended.code, ended.stderr), (0, ""))

    def test_words_that_are_wrong(self):
        for words in (["export"], ["export", "json"], ["export", "jsonl", "csv"], ["export", "edges", "--body"],
                      ["export", "csv", "--host", "a"], ["export", "csv", "--prefix", "a"],
                      ["export", "sitemap", "--file-size", "1"], ["export", "jsonl", "-o", ""]):
            ended = self.place.run(*words, "-d", self.place.database)
            self.assertEqual((ended.code, len(ended.stderr.splitlines())), (64, 1), ended.stderr)
        self.assertIn("jsonl?", self.place.run("export", "json").stderr)

    def test_a_full_disk(self):
        for name in FORMATS:
            with open("/dev/full", "wb") as full:
                ended = subprocess.run([crawl_run.program("CRAWL_BIN"), "export", name, "-d", self.place.database],
                                       stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(ended.returncode, 74, ended.stderr)
            self.assertIn(b"No space left", ended.stderr)
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        ended = subprocess.run([crawl_run.program("CRAWL_BIN"), "export", "jsonl", "-o", self.file("small"), "-d",
                                self.place.database], stderr=subprocess.PIPE, preexec_fn=small_files, check=False)
        self.assertEqual(ended.returncode, 74, ended.stderr)
        self.assertEqual(list(self.place.folder.glob("small*")), [])

    def test_a_reader_that_goes_away(self):
        reading, writing = os.pipe()
        os.close(reading)
        for name in FORMATS:
            ended = subprocess.run([crawl_run.program("CRAWL_BIN"), "export", name, "-d", self.place.database],
                                   stdout=writing, stderr=subprocess.PIPE, check=False)
            self.assertEqual((ended.returncode, ended.stderr), (74, b""))
        os.close(writing)

    def test_a_body_that_is_damaged(self):
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            database.execute("UPDATE content SET zstd = x'0011' WHERE zstd IS NOT NULL")
            database.commit()
        self.assertIn("does not decompress", self.export("jsonl", "--body", "-o", "x", code=74).stderr)
        self.assertEqual(list(self.place.folder.glob("x*")), [])
        self.export("jsonl", "-q", "-o", "x")


class Others(Exporting):
    def test_no_database(self):
        for name in FORMATS:
            self.export(name, code=66)

    def test_an_empty_database(self):
        server = ScriptedServer({})
        server.close()
        self.place.run("-q", "-d", self.place.database, "--retries", "0", "--max-time", "1s", "--outage-patience", "0",
                       server.url())
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            for table in ("url", "page", "visit", "link", "content", "host"):
                database.execute(f"DELETE FROM {table}")
            database.commit()
        self.assertEqual(self.export("jsonl").stdout, "")
        self.assertEqual(len(self.export("csv").stdout.splitlines()), 1)
        self.assertEqual(len(xml.fromstring(self.export("sitemap").stdout)), 0)
        self.assertEqual(len(list(xml.fromstring(self.export("graphml").stdout).iter(GRAPHML + "node"))), 0)
        self.assertEqual(self.export("edges").stdout, "src\tdst\tkind\n")

    def test_a_crawl_that_is_writing(self):
        paths = [f"/{n}" for n in range(300)]
        server = ScriptedServer({"/": links(*paths), **{path: links(*paths[:50]) for path in paths}})
        self.addCleanup(server.close)
        run = self.begin("-q", "--delay", "0", server.url())
        crawl_run.wait_for(lambda: self.place.database.exists() and len(server.paths()) > 50 and
                           self.place.query("SELECT 1 FROM link LIMIT 1"), "the crawl is under way")
        for name in FORMATS:
            self.export(name, "-q", "-o", name)
        nodes = {node.get("id") for node in xml.parse(self.file("graphml")).iter(GRAPHML + "node")}
        edges = list(xml.parse(self.file("graphml")).iter(GRAPHML + "edge"))
        # One moment: no link leads to a URL that came later.
        self.assertTrue(edges and all({e.get("source"), e.get("target")} <= nodes for e in edges))
        self.finish(run)

    def fill(self, rows):
        """A database as large as is wanted, written by hand. Pages of 2 KB of text."""
        self.place.run("-q", "-d", self.place.database, "--max-time", "1ms", "http://h.test/")
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            database.executescript(f"""
                DELETE FROM url; DELETE FROM page; DELETE FROM host;
                INSERT INTO host(id, name) VALUES(1, 'h.test');
                CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
                  WHERE i < {rows}) SELECT i FROM n;
                INSERT INTO url(id, host_id, seed_id, depth, first_seen_at, role, state, outcome, url)
                  SELECT i, 1, 1, 0, 0, 'page', 'done', 'ok', 'http://h.test/' || i FROM n;
                INSERT INTO content(id, refs, fingerprint, text) SELECT i, 1, i, printf('%.*c', 2000, 'x') FROM n;
                INSERT INTO page(url_id, status, outcome, fetched_at, content_id, title)
                  SELECT i, 200, 'ok', 1, i, 'title' FROM n;
                INSERT INTO link(src_id, seq, dst_id, kind) SELECT i, 0, 1, 'a' FROM n;
                """)

    def test_a_large_one_in_little_memory(self):
        rows = 120_000
        self.fill(rows)
        self.assertIn("-o DIR", self.export("sitemap", code=64).stderr)
        self.assertRegex(self.export("sitemap", "-o", "maps/").stdout, "120,000 URLs")
        index = xml.parse(self.file("maps") / "sitemap.xml").getroot()
        places = [entry.findtext(SITEMAP + "loc") for entry in index]
        self.assertEqual(places, [f"http://h.test/sitemap-000{n}.xml" for n in (1, 2, 3)])
        counts = [len(xml.parse(self.file("maps") / place.rpartition("/")[2]).getroot()) for place in places]
        self.assertEqual(counts, [50_000, 50_000, 20_000])
        self.export("sitemap", "-o", "maps", code=73)
        self.export("sitemap", "-o", "maps", "--replace")
        for name in ("jsonl", "csv", "graphml", "edges"):
            def little_memory():
                resource.setrlimit(resource.RLIMIT_DATA, (40 << 20, 40 << 20))
            ended = subprocess.run([crawl_run.program("CRAWL_BIN"), "export", name, "-q", "-o", self.file(name), "-d",
                                    self.place.database], stderr=subprocess.PIPE, check=False,
                                   preexec_fn=None if crawl_run.SANITIZED else little_memory)
            self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(self.file("jsonl").read_text().count("\n"), rows)
        self.check_an_interrupt_leaves_nothing()

    def check_an_interrupt_leaves_nothing(self):
        run = self.place.start("export", "jsonl", "-d", self.place.database, "-o", "stopped")
        crawl_run.wait_for(lambda: self.file("stopped.crawl-part").exists(), "it has begun")
        run.send(signal.SIGTERM)
        self.assertEqual(run.wait().code, 143)
        self.assertEqual(list(self.place.folder.glob("stopped*")), [])


if __name__ == "__main__":
    crawl_run.main()
