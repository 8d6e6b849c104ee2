#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl import --warc`: what crawl archived, what wget archived, what others might have, and what is no archive."""

import contextlib
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, redirect, reply, with_validators

CHUNKED = (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"1b\r\n<title>chunked</title><p>ch\r\n4\r\nunky\r\n0\r\n\r\n")
# What is the same of a page, whoever brought it.
SAME = ("SELECT url, status, outcome, title, description, lang, charset, document, text, main_text, bytes, content_hash, "
        "text_hash, simhash, content_type, etag, last_modified, robots_directives, canonical, fetched_at, changed_at "
        "FROM pages")


def packed(body):
    return reply(body=gzip.compress(body), headers=["Content-Encoding: gzip"])


def record(kind, url, block, date="2020-01-02T03:04:05Z", content_type="application/http; msgtype=response", more=()):
    lines = [f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {date}", f"Content-Type: {content_type}",
             f"WARC-Record-ID: <urn:uuid:{os.urandom(8).hex()}>", f"Content-Length: {len(block)}", *more]
    return "\r\n".join(["WARC/1.0", *lines, "", ""]).encode() + block + b"\r\n\r\n"


class Importing(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.target = self.place.folder / "imported.db"

    def serve(self, routes):
        server = ScriptedServer(routes)
        self.addCleanup(server.close)
        return server

    def bring(self, *files, code=0, options=()):
        ended = self.place.run("import", "--warc", "-d", self.target, *options, *files)
        self.assertEqual(ended.code, code, ended.stdout + ended.stderr)
        return ended

    def check_imported(self):
        """All that holds after a run, but that an archive may have several visits of a URL."""
        promises = dict(crawl_run.PROMISES)
        del promises["two visits in a run"]
        for what, sql in {**promises, **crawl_run.WHEN_COMPLETE}.items():
            self.assertEqual(self.rows(sql)[:5], [], what)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        checked = self.place.run("check", "-d", self.target)
        self.assertEqual(checked.code, 0, checked.stdout + checked.stderr)

    def rows(self, sql, *values):
        return crawl_run.query(self.target, sql, *values)

    def site(self):
        latin = "<meta charset=iso-8859-1><title>café</title><p>été".encode("latin-1")
        return self.serve({
            "/": links("/packed", "/chunked", "/hop", "/missing", "/gone", "/noarchive", "/latin", "/text", "/q?a=1&b",
                       "/etag", "/same", "http://example.com/out"),
            "/packed": packed("<title>packed</title><p>été".encode() * 40), "/chunked": CHUNKED,
            "/hop": redirect("/text", 301), "/gone": reply(410), "/q?a=1&b": page("query <a href=/text>x</a>"),
            "/noarchive": page("x", head="<meta name=robots content=noarchive>"),
            "/latin": reply(body=latin, content_type="text/html"), "/text": reply(body="plain", content_type="text/plain"),
            "/etag": with_validators(page("tagged"), etag='"v1"'), "/same": page("the same each time")})


class Ours(Importing):
    def test_what_was_archived_comes_back(self):
        server = self.site()
        archive = self.place.folder / "archive"
        options = ("-q", "--delay", "0", "--retries", "0", "--revisit", "0", "--warc", archive, server.url())
        self.crawl(*options)
        server.routes["/text"] = reply(body="changed", content_type="text/plain")
        self.crawl(*options)
        ended = self.bring(*sorted(archive.glob("*.warc.gz")))
        self.assertRegex(ended.stdout, r"run 1, \d+ records of 2 files, 22 captures")
        self.check_imported()
        # What asks not to be archived is in no archive.
        withheld = server.url("/noarchive")
        self.assertEqual(sorted(row for row in self.place.query(SAME) if row[0] != withheld), sorted(self.rows(SAME)))
        self.assertEqual(sorted(row for row in self.place.query("SELECT src, dst, kind, anchor FROM links")),
                         sorted(self.rows("SELECT src, dst, kind, anchor FROM links")))
        visits = "SELECT url, at, outcome, change FROM visits WHERE url <> ? ORDER BY url, at"
        for theirs, ours in zip(self.place.query(visits, withheld), self.rows(visits, withheld), strict=True):
            self.assertEqual((theirs[:2], theirs[3]), (ours[:2], ours[3]))
        # Nothing twice.
        self.assertRegex(self.bring(*archive.glob("*.warc.gz")).stdout, r"22 captures, 0 stored")
        self.check_imported()
        self.check_commands(server)

    def check_commands(self, server):
        def ask(*arguments):
            ended = self.place.run(arguments[0], "-d", self.target, *arguments[1:])
            self.assertEqual(ended.code, 0, ended.stderr)
            return ended.stdout
        self.assertEqual(ask("cat", server.url("/text")), "changed")
        self.assertIn("found on", ask("why", server.url("/text")))
        self.assertIn("an archive", ask("why", server.url("/")))
        self.assertNotIn("it is a seed", ask("why", server.url("/")))
        self.assertIn("http_error", ask("query", "broken-links"))
        self.assertIn("run 2: ended (done)", ask("status"))
        self.assertEqual(json.loads(self.rows("SELECT options FROM runs WHERE id = 1")[0][0])["import"][0][-8:],
                         ".warc.gz")

    def test_a_crawl_goes_on_from_it(self):
        server = self.site()
        archive = self.place.folder / "archive"
        self.crawl("-q", "--delay", "0", "--retries", "0", "--warc", archive, server.url())
        self.bring(*archive.glob("*.warc.gz"))
        self.place.database = self.target
        self.crawl("-q", "--delay", "0", "--retries", "0", "--revisit", "0", server.url())
        asked = server.asked("/etag")
        self.assertEqual((len(asked), asked[1].headers.get("if-none-match")), (2, '"v1"'))
        # An older capture does not write over what is newer.
        before = self.rows(SAME)
        self.bring(*archive.glob("*.warc.gz"))
        self.assertEqual(before, self.rows(SAME))


class Wget(Importing):
    def setUp(self):
        super().setUp()
        if not shutil.which("wget"):
            self.skipTest("there is no wget here")

    def wget(self, server, *options):
        subprocess.run(["wget", "-q", "-r", "-l", "3", "-e", "robots=off", "--no-config", "--tries=1", *options,
                        f"--warc-file={self.place.folder}/wget", server.url()], cwd=self.place.folder, check=False)

    def check(self, server, file):
        ended = self.bring(file)
        self.assertEqual(ended.stderr, "")
        self.check_imported()
        pages = {url.removeprefix(server.url("")): row for url, *row in self.rows(
            "SELECT url, status, outcome, title, text, bytes FROM pages")}
        self.assertEqual(pages["/packed"][:3], [200, "ok", "packed"])
        self.assertEqual(pages["/chunked"][:4], [200, "ok", "chunked", "chunky"])
        self.assertEqual(pages["/latin"][2:4], ["café", "été"])
        self.assertEqual(pages["/hop"][:2], [301, "redirect"])
        self.assertEqual(pages["/missing"][:2], [404, "http_error"])
        self.assertEqual(pages["/gone"][:2], [410, "gone"])
        self.assertEqual(pages["/text"][3], "plain")
        self.assertIn("/q?a=1&b", pages)
        self.assertEqual(self.rows("SELECT dst FROM links WHERE src = ? AND kind = 'redirect'", server.url("/hop")),
                         [(server.url("/text"),)])
        body = self.place.run("cat", "-d", self.target, server.url("/packed")).stdout
        self.assertEqual(body, "<title>packed</title><p>été" * 40)
        # noarchive is obeyed here, too.
        self.assertEqual(self.place.run("cat", "-d", self.target, server.url("/noarchive")).code, 66)

    def test_compressed(self):
        server = self.site()
        self.wget(server, "--compression=gzip")
        self.check(server, self.place.folder / "wget.warc.gz")

    def test_not_compressed(self):
        server = self.site()
        self.wget(server, "--no-warc-compression")
        self.check(server, self.place.folder / "wget.warc")

    def test_real_documents(self):
        """The same pages by a crawl and by wget are the same pages."""
        documents = crawl_run.corpus("debian-handbook/html")
        files = [path for path in sorted((documents / "en-US").glob("*.html"))][:40]
        if len(files) < 20:
            self.skipTest("too few documents here")
        routes = {f"/{path.name}": reply(body=path.read_bytes(), content_type="text/html") for path in files}
        server = self.serve({**routes, "/": links(*routes)})
        self.wget(server, "-l", "1")
        self.crawl("-q", "--delay", "0", "--depth", "1", server.url())
        self.bring(self.place.folder / "wget.warc.gz")
        self.check_imported()
        sql = "SELECT url, title, text, main_text, content_hash, lang FROM pages WHERE outcome = 'ok' ORDER BY url"
        self.assertEqual(self.place.query(sql), self.rows(sql))
        self.assertGreater(len(self.rows(sql)), 20)


class Others(Importing):
    def test_records_of_all_kinds(self):
        html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>t</title><a href=/b>b</a>"
        file = self.place.write("x.warc", b"".join((
            record("warcinfo", "", b"software: x\r\n", content_type="application/warc-fields"),
            record("response", "<http://h.test/#part>", html),
            record("resource", "http://h.test/resource", b"<title>r</title>", content_type="text/html"),
            record("resource", "metadata://x/log", b"log", content_type="text/plain"),
            record("response", "dns:h.test", b"1.2.3.4", content_type="text/dns"),
            record("response", "http://h.test/short", html, more=["WARC-Truncated: length"]),
            record("response", "http://h.test/bodiless", html[:html.index(b"<")], more=["WARC-Truncated: unspecified"]),
            record("response", "http://h.test/none", b"no http at all"),
            record("response", "http://h.test/br", html.replace(b"\r\n\r\n", b"\r\nContent-Encoding: br\r\n\r\n")),
            record("response", "http://h.test/bomb", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: "
                   b"gzip\r\n\r\n" + gzip.compress(bytes(30 << 20))),
            record("response", "http://h.test/undated", html, date="yesterday"),
            record("response", "http://h.test/late", html, date="2021-01-01T00:00:00.5Z"),
            record("revisit", "http://h.test/", b"", date="2022-01-01T00:00:00Z"),
            record("revisit", "http://h.test/unknown", b"", date="2022-01-01T00:00:00Z"),
            record("metadata", "http://h.test/dead", b"outcome: timeout\r\ndetail: slow\r\n",
                   content_type="application/warc-fields"),
            record("metadata", "http://h.test/lie", b"outcome: ok\r\n", content_type="application/warc-fields"),
            record("revisit", "http://h.test/b", b"", date="2022-01-01T00:00:00Z"),
            record("response", "http://h.test/", html, date="9999-01-01T00:00:00Z"),
            record("conversion", "http://h.test/conversion", b"x"))))
        told = self.bring(file).stdout.splitlines()
        self.assertIn("19 records of 1 file, 12 captures, 10 stored", told[0])
        self.assertEqual(told[1:], ["  not stored: 2 as before, of pages that are in no file named and not in the database",
                                    "  not stored: 1 dated in the future"])
        self.check_imported()
        outcomes = dict(self.rows("SELECT url, outcome FROM pages"))
        self.assertEqual({url.removeprefix("http://h.test"): outcome for url, outcome in outcomes.items()}, {
            "/": "ok", "/resource": "ok", "/short": "too_large", "/bodiless": "unsupported_type", "/none": "incomplete",
            "/br": "protocol_error", "/bomb": "decode_bomb", "/late": "ok", "/dead": "timeout"})
        self.assertEqual(self.rows("SELECT fetched_at FROM pages WHERE url = 'http://h.test/late'"),
                         [("2021-01-01T00:00:00.500Z",)])
        self.assertEqual(self.rows("SELECT at, outcome FROM visits WHERE url = 'http://h.test/' ORDER BY at"),
                         [("2020-01-02T03:04:05.000Z", "ok"), ("2022-01-01T00:00:00.000Z", "not_modified")])
        self.assertEqual(self.rows("SELECT state, reason, via FROM urls WHERE url = 'http://h.test/b'"),
                         [("skipped", "out_of_scope", "http://h.test/")])

    def test_what_is_no_archive(self):
        good = record("response", "http://h.test/", b"HTTP/1.1 200 OK\r\n\r\nx")
        long = record("response", "http://h.test/long", b"HTTP/1.1 200 OK\r\n\r\nx").replace(b"Length: 20", b"Length: 999")
        damaged = self.place.write("damaged.warc", good + b"noise\n" + good.replace(b"h.test/", b"h.test/2"))
        cut = self.place.write("cut.warc.gz", gzip.compress(good) + gzip.compress(good * 9)[:-40])
        for name, content, text in (("text", b"hello\n", "not a WARC file"), ("empty", b"", "it is empty"),
                                    ("arc", b"filedesc://x 0.0.0.0 20200101 text/plain 5\n", "not a WARC file")):
            ended = self.bring(self.place.write(name, content), code=65)
            self.assertIn(text, ended.stderr)
            self.assertEqual(len(ended.stderr.splitlines()), 1)
            self.assertFalse(self.target.exists())
        self.assertIn("is not a WARC file: no WARC record at byte 0",
                      self.bring(self.place.write("gz", gzip.compress(b"hello")), code=65).stderr)
        self.assertFalse(self.target.exists())
        # A beginning that is damaged is no reason.
        self.assertIn("1 in all, the rest of it was read", self.bring(self.place.write(
            "torn.warc", good[20:] + good.replace(b"h.test/", b"h.test/4")), code=65).stderr)
        self.assertEqual(self.rows("SELECT url FROM pages"), [("http://h.test/4",)])
        self.target.unlink()
        self.assertIn("in all, the rest of it was read", self.bring(self.place.write(
            "long.warc.gz", gzip.compress(long) + gzip.compress(good.replace(b"h.test/", b"h.test/3"))), code=65).stderr)
        self.assertEqual(self.rows("SELECT url FROM pages"), [("http://h.test/3",)])
        self.assertIn("no WARC record at byte", self.bring(damaged, code=65).stderr)
        self.assertEqual(len(self.rows("SELECT * FROM pages WHERE outcome = 'ok'")), 3)
        self.bring(cut, code=65)
        self.check_imported()

    def test_words_and_places_that_are_wrong(self):
        good = self.place.write("x.warc", record("response", "http://h.test/", b"HTTP/1.1 200 OK\r\n\r\nx"))
        for words, code in ((["import", good], 64), (["import", "--warc"], 64), (["import", "--warc", "none"], 66),
                            (["import", "--warc", "."], 66), (["import", "--warc", "-d", "none/x.db", good], 73)):
            ended = self.place.run(*words)
            self.assertEqual((ended.code, len(ended.stderr.splitlines())), (code, 1), ended.stderr)
        self.assertFalse((self.place.folder / "crawl.db").exists())

    def test_more_than_may_be_stored(self):
        text = b"<title>t</title>" + b"x" * 2000
        file = self.place.write("x.warc", b"".join((
            record("resource", "http://h.test/fits", text[:2000], content_type="text/html"),
            record("resource", "http://h.test/long", text, content_type="text/html"),
            record("response", "http://h.test/response", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + text),
            record("response", "http://h.test/codings", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: "
                   b"chunked\r\n\r\n" + b"".join(b"1\r\nx\r\n" for _ in range(300_000)) + b"0\r\n\r\n"))))
        self.bring(file, options=("--max-size", "2000"))
        self.assertEqual(self.rows("SELECT url, outcome, bytes FROM pages ORDER BY url"), [
            ("http://h.test/codings", "too_large", 2000), ("http://h.test/fits", "ok", 2000),
            ("http://h.test/long", "too_large", 2000), ("http://h.test/response", "too_large", 2000)])
        self.check_imported()

    def test_a_parser_that_cannot_be_had(self):
        good = self.place.write("x.warc", record("response", "http://h.test/", b"HTTP/1.1 200 OK\r\n\r\nx"))
        ended = self.bring(good, code=66, options=("--fetcher", "/none/crawl-fetcher"))
        self.assertEqual(len(ended.stderr.splitlines()), 1)
        self.assertFalse(self.target.exists())

    def test_a_database_that_is_in_use(self):
        server = self.serve({"/": links(*[f"/{n}" for n in range(50)]), **{f"/{n}": page("x") for n in range(50)}})
        good = self.place.write("x.warc", record("response", "http://h.test/", b"HTTP/1.1 200 OK\r\n\r\nx"))
        self.target = self.place.database
        run = self.begin("-q", "--delay", "50ms", server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 3, "the crawl is under way")
        self.assertIn(str(run.pid), self.bring(good, code=75).stderr)
        self.finish(run)

    def test_a_page_that_kills_its_parser(self):
        page_of = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>%d</title>"
        file = self.place.write("x.warc", b"".join(
            record("response", f"http://h.test/{n}", page_of % n) for n in range(60)))
        ended = self.place.run("import", "--warc", "-d", self.target, "--fetcher",
                               crawl_run.program("CRAWL_FETCHER_TEST_BIN"), "--test-hook", "crash=/33", file)
        self.assertEqual(ended.code, 0, ended.stderr)
        outcomes = dict(self.rows("SELECT url, outcome FROM pages"))
        self.assertEqual(outcomes.pop("http://h.test/33"), "crashed_fetcher")
        self.assertEqual((len(outcomes), set(outcomes.values())), (59, {"ok"}))
        self.check_imported()

    def test_a_disk_that_is_full_for_a_while(self):
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
        file = self.place.write("x.warc", b"".join(
            record("response", f"http://h.test/{n}", block + os.urandom(2000).hex().encode()) for n in range(800)))
        disk = self.place.folder / "disk"
        disk.mkdir()
        script = f"""
            mount -t tmpfs -o size=1m none {disk} || exit 77
            {crawl_run.program("CRAWL_BIN")} import --warc -d {disk}/x.db {file} 2> first.err; echo $? > first.code
            mount -o remount,size=64m none {disk}
            {crawl_run.program("CRAWL_BIN")} import --warc -d {disk}/x.db {file} > second.out && cp {disk}/x.db* ."""
        unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        ended = subprocess.run([*unshare, "sh", "-c", script], cwd=self.place.folder, capture_output=True, check=False)
        if ended.returncode == 77 or b"unshare" in ended.stderr:
            self.skipTest("mounting is not permitted here")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual((self.place.folder / "first.code").read_text(), "74\n")
        self.assertRegex((self.place.folder / "first.err").read_text(), r"^crawl: .*full.*\n$")
        self.target = self.place.folder / "x.db"
        self.check_imported()
        self.assertEqual(self.rows("SELECT count(*) FROM page"), [(800,)])

    def test_an_interrupt_keeps_what_was_taken(self):
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"<p>text " * 3000
        with gzip.open(self.place.folder / "x.warc.gz", "wb", compresslevel=1) as file:
            for n in range(4000):
                file.write(record("response", f"http://h.test/{n}", block))
        run = self.place.start("import", "--warc", "-d", self.target, "x.warc.gz")
        def some_stored():
            with contextlib.suppress(Exception):
                return self.rows("SELECT count(*) FROM page")[0][0] > 20
        crawl_run.wait_for(lambda: some_stored() or not run.alive(), "it is under way")
        run.send(signal.SIGINT)
        self.assertEqual(run.wait().code, 130)
        self.check_imported()
        self.assertEqual(self.rows("SELECT end_reason FROM runs"), [("interrupted",)])
        self.assertLess(self.rows("SELECT count(*) FROM page")[0][0], 4000)
        self.bring("x.warc.gz")
        self.assertEqual(self.rows("SELECT count(*) FROM page"), [(4000,)])

    def test_an_interrupt_while_nothing_comes(self):
        whole = gzip.compress(record("response", "http://h.test/", b"HTTP/1.1 200 OK\r\n\r\nx"))
        for number, begin in ((signal.SIGTERM, b""), (signal.SIGINT, whole), (signal.SIGTERM, whole + whole[:20])):
            process = subprocess.Popen([crawl_run.program("CRAWL_BIN"), "import", "--warc", "-d", self.target,
                                        "/dev/stdin"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=False)
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.kill)
            process.stdin.write(begin)
            process.stdin.flush()
            threading.Event().wait(0.7 * crawl_run.PATIENCE)
            process.send_signal(number)
            self.assertEqual(process.wait(20), 128 + number)
            process.stdin.close()
        self.assertEqual(self.rows("SELECT count(*) FROM page"), [(1,)])
        self.assertEqual(set(self.rows("SELECT end_reason FROM runs")), {("interrupted",)})


if __name__ == "__main__":
    crawl_run.main()
