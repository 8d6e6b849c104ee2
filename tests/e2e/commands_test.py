#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands that read a crawl (status, why, cat, query, backup, check), and those that show its parts (url,
robots, parse), thousands of lines at a time."""

import base64
import contextlib
import json
import os
import re
import signal
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, redirect, reply

# Control characters, and those that turn the direction of what follows.
UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
# The HTML parser replaces control characters, but not those that are spelled as references.
HOSTILE_TITLE = "\x1b[1m&#27;]0;owned&#7;&#27;[2J\u202eevil\u009b31m"
LINES = 3000


class Reading(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.body = "<title>&lt;the body&gt;</title>été\n".encode()
        self.server = ScriptedServer({
            "/": links("/ok", "/gone", "/hop", "/private", "/evil", "http://example.com/", "mailto:a@b.c"),
            "/robots.txt": reply(body="User-agent: *\nDisallow: /private\n", content_type="text/plain"),
            "/ok": reply(body=self.body), "/gone": reply(410), "/hop": redirect("/ok"),
            "/evil": page("<p>\x1b[31mred\u202e</p>", title=HOSTILE_TITLE)})
        self.addCleanup(self.server.close)
        self.crawl("-q", "--delay", "0", self.server.url())

    def ask(self, *arguments, code=0):
        ended = self.place.run(arguments[0], "-d", self.place.database, *arguments[1:])
        self.assertEqual(ended.code, code, ended.stdout + ended.stderr)
        self.assertNotRegex(ended.stdout + ended.stderr, UNSAFE)
        return ended.stdout

    def test_a_url_without_a_scheme(self):
        for word in ("example.com/x", "127.0.0.1:80/", "localhost:80"):
            ended = self.place.run("why", "-d", self.place.database, word)
            self.assertEqual(ended.code, 64)
            self.assertIn(f"{word} has no scheme: write https://{word} or http://{word}", ended.stderr)

    def test_status(self):
        text = self.ask("status")
        for expected in (r"run 1: ended \(done\)", r"\b4 +ok\b|\b3 +ok\b", r"1 +gone", r"1 +redirect",
                         r"1 +robots_denied", r"1 +out_of_scope"):
            self.assertRegex(text, expected)
        answer = json.loads(self.ask("status", "--json"))
        self.assertEqual(answer["urls"], {"done": 5, "skipped": 3})
        self.assertEqual(answer["outcomes"], {"ok": 3, "gone": 1, "redirect": 1})
        self.assertEqual(answer["skipped"], {"robots_denied": 1, "out_of_scope": 1, "scheme_refused": 1})
        self.assertEqual((answer["state"], answer["runs"], answer["run"]["end_reason"]), ("done", 1, "done"))

    def test_why(self):
        for path, expected in {"/": "it is a seed", "/ok": "HTTP status 200", "/gone": "HTTP status 410",
                               "/hop": "leads to", "/private": "Disallow: /private"}.items():
            self.assertRegex(self.ask("why", self.server.url(path)), expected)
        self.assertRegex(self.ask("why", "http://example.com/"), "out_of_scope")
        # By another spelling, too.
        self.assertRegex(self.ask("why", self.server.url("/x/../gone#part")), "HTTP status 410")
        self.assertRegex(self.ask("why", self.server.url("/evil")), "owned")
        self.ask("why", self.server.url("/never-seen"), code=66)
        self.ask("why", "no url", code=64)

    def test_every_url_has_a_story(self):
        urls = list(self.urls())
        self.assertEqual(len(urls), 8)
        for url in urls:
            self.assertRegex(self.ask("why", url), "that means")

    def test_cat(self):
        ended = self.place.run("cat", "-d", self.place.database, self.server.url("/ok"))
        self.assertEqual(ended.stdout.encode("utf-8", "surrogateescape"), self.body)
        self.assertEqual(self.ask("cat", "--text", self.server.url("/ok")).strip(), "été")
        self.ask("cat", self.server.url("/private"), code=66)
        self.ask("cat", self.server.url("/never-seen"), code=66)

    def test_query(self):
        self.assertRegex(self.ask("query", "broken-links"), r"(?m)^http\S+/ +http\S+/gone +410 +gone +a ")
        rows = json.loads(self.ask("query", "--json", "redirects"))
        self.assertEqual([(row["hops"], row["final_outcome"]) for row in rows], [(1, "ok")])
        lines = self.ask("query", "--jsonl", "SELECT url, title FROM pages WHERE title LIKE ?", "%evil%").splitlines()
        self.assertEqual([json.loads(line)["url"] for line in lines], [self.server.url("/evil")])
        self.assertEqual(self.ask("query", "--csv", "SELECT count(*) AS n FROM pages"), "n\n5\n")
        self.ask("query", "DELETE FROM url", code=64)

    def test_backup(self):
        copy = self.place.folder / "copy.db"
        self.assertRegex(self.ask("backup", copy), r"copy\.db: \d")
        self.check_same(self.place.database, copy)
        self.check_promises(database=copy)
        self.ask("backup", copy, code=73)
        # One that an older crawl wrote, before the next run changes it.
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA user_version = 1")
        self.place.database, latest = copy, self.place.database
        self.ask("status", code=74)
        self.ask("backup", self.place.folder / "old.db")
        self.place.database = latest
        self.ask("backup", self.place.folder / "none" / "copy.db", code=73)

    def test_a_backup_while_a_crawl_writes(self):
        paths = [f"/{n}" for n in range(400)]
        server = ScriptedServer({"/": links(*paths), **{path: page(path) for path in paths}})
        self.addCleanup(server.close)
        self.place.database = self.place.folder / "large.db"
        run = self.begin("-q", "--delay", "0", server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 50, "the crawl is under way")
        copy = self.place.folder / "copy.db"
        self.ask("backup", "-q", copy)
        self.finish(run)
        self.check_promises(complete=False, database=copy)
        health = self.place.run("status", "--check", "-d", copy)
        self.assertEqual(health.code, 1)
        self.assertRegex(health.stdout, r"^WARNING: run 1 ended \(copied\) ")
        # The copy goes on from where it was made.
        self.place.database = copy
        self.crawl("-q", "--delay", "0", server.url())
        self.assertEqual(len(self.urls()), 401)
        self.assertEqual(set(self.urls().values()), {"ok"})

    def test_the_status_of_a_crawl_that_is_under_way(self):
        paths = [f"/{n}" for n in range(400)]
        server = ScriptedServer({"/": links(*paths), **{path: page(path) for path in paths}})
        self.addCleanup(server.close)
        self.place.database = self.place.folder / "live.db"
        run = self.begin("-q", "-f", "2", "--delay", "20ms", "--max-time", "1h", server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 100, "the crawl is under way")
        text = self.ask("status")
        self.assertRegex(text, rf"running \(PID {run.pid}\)")
        self.assertRegex(text, r"\d pages/s in the last minute, .* left, hosts: \d to ask now, \d wait")
        self.assertRegex(text, rf" +\d+ +\d+ +\d+ m?s ago  {re.escape(server.url('/'))}\d+")
        live = json.loads(self.ask("status", "--json"))["live"]
        self.assertEqual(len(live["fetchers"]), 2)
        self.assertGreater(live["pages_per_second"], 0)
        run.send(signal.SIGTERM)
        run.wait()
        self.assertNotIn("live", json.loads(self.ask("status", "--json")))

    def test_a_backup_that_is_interrupted_leaves_nothing(self):
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            database.execute("CREATE TABLE ballast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                             "WHERE i < 60000) SELECT randomblob(2000) AS b FROM n")
            database.commit()
        run = self.place.start("backup", "-d", self.place.database, self.place.folder / "copy.db")
        crawl_run.wait_for(lambda: (self.place.folder / "copy.db.crawl-part").exists() or not run.alive(), "it has begun")
        run.send(signal.SIGTERM)
        ended = run.wait()
        self.assertEqual((ended.code, ended.stderr), (143, ""))
        self.assertEqual(list(self.place.folder.glob("copy*")), [])

    def test_prune(self):
        self.ask("prune", code=64)
        self.assertRegex(self.ask("prune", "--gone", "0", "--history", "0", "--dry-run"), r"would be removed:")
        self.server.routes["/ok"] = reply(404)
        for _ in range(2):  # it takes two nights
            self.crawl("-q", "--delay", "0", "--revisit", "0", self.server.url())
        self.assertEqual(self.ask("query", "--csv", "SELECT outcome FROM urls WHERE url LIKE '%/ok'"), "outcome\ngone\n")
        self.ask("cat", self.server.url("/ok"))
        text = self.ask("prune", "--gone", "0", "--history", "0", "--vacuum")
        self.assertRegex(text, r" 1  pages that are gone")
        self.assertRegex(text, r" 0  URLs that are gone")  # the seed links to it
        self.assertRegex(text, r"crawl\.db: \d")
        self.ask("cat", self.server.url("/ok"), code=66)
        self.check_promises()
        self.assertEqual(self.ask("prune", "-q", "--gone", "0"), "")
        self.server.routes["/ok"] = reply(body=self.body)
        self.crawl("-q", "--delay", "0", "--revisit", "0", self.server.url())
        self.assertEqual(self.ask("query", "--csv", "SELECT change FROM changes WHERE run = 4"), "change\nnew\n")
        self.check_promises()

    def test_nothing_is_pruned_under_a_run_or_where_there_is_nothing(self):
        self.place.run("prune", "-d", self.place.folder / "none.db", "--vacuum")
        self.assertFalse((self.place.folder / "none.db").exists())
        paths = [f"/{n}" for n in range(400)]
        server = ScriptedServer({"/": links(*paths), **{path: page(path) for path in paths}})
        self.addCleanup(server.close)
        run = self.begin("-q", "--delay", "0", server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 20, "the crawl is under way")
        ended = self.place.run("prune", "-d", self.place.database, "--history", "0")
        self.assertEqual(ended.code, 75)
        self.assertIn(str(run.pid), ended.stderr)
        self.finish(run)

    def test_check_finds_what_is_wrong(self):
        self.assertRegex(self.ask("check"), "ok")
        with contextlib.closing(sqlite3.connect(self.place.database)) as vandal:
            vandal.execute("UPDATE url SET outcome = NULL WHERE url LIKE '%/gone'")
            vandal.execute("DELETE FROM url WHERE url LIKE '%/private'")
            vandal.commit()
        text = self.ask("check", code=74)
        self.assertIn("/gone", text)
        self.assertGreaterEqual(len(text.splitlines()), 2)

    def test_the_database_keeps_what_was_said(self):
        # Escaping belongs to showing: SQL sees the title itself.
        title, = self.place.query("SELECT title FROM pages WHERE url = ?", self.server.url("/evil"))[0]
        self.assertIn("\x1b]0;owned\x07", title)


class JsonLines(crawl_run.EndToEnd):
    def answers(self, questions, *arguments, code=0):
        lines = [line if isinstance(line, str) else json.dumps(line) for line in questions]
        ended = self.place.run(*arguments, "--jsonl", stdin="\n".join([*lines, ""]).encode())
        self.assertEqual(ended.code, code, ended.stderr)
        answers = [json.loads(line) for line in ended.stdout.splitlines()]
        self.assertEqual(len(answers), len(questions))
        self.stderr = ended.stderr
        return answers

    def test_url(self):
        questions = [{"input": f"../{n}?q#f", "base": "http://Example.com:80/a/b/c"} for n in range(LINES)]
        self.assertEqual(self.answers(questions, "url"),
                         [{"href": f"http://example.com/a/{n}?q#f"} for n in range(LINES)])
        answers = self.answers(["no json", "[]", "{}", {"input": 1}, {"input": "x"}, {"input": "http://ü/"}], "url")
        self.assertEqual([list(answer) for answer in answers], [["error"]] * 5 + [["href"]])
        self.assertEqual(answers[5], {"href": "http://xn--tda/"})

    def test_url_canonicalized(self):
        answers = self.answers([{"input": "http://h/?b&a#f"}, {"input": "http://h/?b&a", "canonicalize": "none"},
                                {"input": "http://h/?b&a", "canonicalize": "x"}, {"input": "mailto:a@b"}],
                               "url", "--canonicalize", "sort")
        self.assertEqual(answers[:2], [{"href": "http://h/?b&a#f", "canonical": "http://h/?a&b"},
                                       {"href": "http://h/?b&a", "canonical": "http://h/?b&a"}])
        self.assertEqual(list(answers[2]), ["error"])
        self.assertEqual(answers[3], {"href": "mailto:a@b", "canonical": None})

    def test_robots(self):
        files = [f"User-agent: a\nDisallow: /{n}\n\nUser-agent: *\nDisallow: /\n" for n in range(100)]
        questions = [{"robots": files[n % 100], "agent": "a", "url": f"http://h/{n % 7}"} for n in range(LINES)]
        expected = [{"allowed": not f"/{n % 7}".startswith(f"/{n % 100}")} for n in range(LINES)]
        self.assertEqual(self.answers(questions, "robots", "-f", "2"), expected)
        answers = self.answers(["x", {"robots": ""}, {"robots": "", "url": "http://h/"},
                                {"robots": files[0], "agent": "b", "url": "/x"}], "robots")
        self.assertEqual([list(answer) for answer in answers], [["error"], ["error"], ["allowed"], ["allowed"]])
        self.assertEqual([answers[2], answers[3]], [{"allowed": True}, {"allowed": False}])

    def test_parse(self):
        def question(n):
            html = f"<title>page {n}</title><p>text {n} é<a href='{n}.html' rel=Next>next</a>"
            if n % 3:
                return {"html": html, "base": "http://h/d/"}
            return {"base64": base64.b64encode(html.encode("cp1252")).decode(), "base": "http://h/d/",
                    "content_type": "text/html; charset=windows-1252"}

        answers = self.answers([question(n) for n in range(LINES)], "parse", "-f", "2")
        for n, answer in enumerate(answers):
            self.assertEqual((answer["title"], answer["text"]), (f"page {n}", f"text {n} énext"))
            self.assertEqual(answer["links"], [{"href": f"http://h/d/{n}.html", "kind": "a", "rel": "next",
                                                "anchor": "next"}])
        bad = self.answers(["x", "{}", {"html": 1}, {"base64": "*"}, {"html": "", "base": "nonsense"},
                            {"html": "<title>t</title>", "base": "http://h/"}], "parse")
        self.assertEqual([list(answer) for answer in bad[:5]], [["error"]] * 5)
        self.assertEqual(bad[5]["title"], "t")

    def test_a_document_that_kills_its_parser(self):
        fetcher = crawl_run.program("CRAWL_FETCHER_TEST_BIN")
        questions = [{"html": f"<title>{n}</title>", "base": f"http://h/{n}/"} for n in range(200)]
        questions[50]["base"] = "http://h/crash/"
        questions[150]["base"] = "http://h/hang/"
        answers = self.answers(questions, "parse", "-f", "2", "--fetcher", fetcher, "--watchdog", "2s",
                               "--test-hook", "crash=/crash/;hang=/hang/")
        for n, answer in enumerate(answers):
            if n in (50, 150):
                self.assertEqual(list(answer), ["error"], n)
            else:
                self.assertEqual(answer.get("title"), str(n))

    def test_hostile_text_comes_out_harmless(self):
        ended = self.place.run("parse", "--jsonl", stdin=json.dumps(
            {"html": f"<title>{HOSTILE_TITLE}</title>"}).encode() + b"\n")
        self.assertNotRegex(ended.stdout, UNSAFE)
        self.assertIn("\x1b]0;owned", json.loads(ended.stdout)["title"])


class Parts(crawl_run.EndToEnd):
    def test_url(self):
        ended = self.place.run("url", "--base", "http://h/a/", "b/../c", "http://bücher.example/\x1b[2J")
        self.assertEqual((ended.code, ended.stdout), (0, "http://h/a/c\nhttp://xn--bcher-kva.example/%1B[2J\n"))
        self.assertEqual(self.place.run("url", "http://[").code, 65)

    def test_url_step_by_step(self):
        ended = self.place.run("url", "-v", "--canonicalize", "tracking,index",
                               "HTTP://u:secret@b\u00fccher.example:80/a/../index.html?utm_id=1&x=2#top")
        lines = [line.split(maxsplit=1) for line in ended.stdout.splitlines()]
        self.assertEqual(lines[0], ["http://xn--bcher-kva.example/?x=2"])
        self.assertNotIn("secret", ended.stdout)
        self.assertIn("bücher.example", ended.stdout)
        steps = [line.split() for line in ended.stdout.splitlines() if line.startswith("  - ")]
        front = "http://xn--bcher-kva.example/"
        self.assertEqual([step[1:] for step in steps], [
            ["credentials", front + "index.html?utm_id=1&x=2#top"], ["fragment", front + "index.html?utm_id=1&x=2"],
            ["tracking", front + "index.html?x=2"], ["index", front + "?x=2"]])
        self.assertEqual(self.place.run("url", "--canonicalize", "indx", "http://h/").code, 64)

    def test_robots(self):
        self.place.write("robots.txt", "User-agent: *\nDisallow: /a\n")
        ended = self.place.run("robots", "robots.txt", "/a", "http://h/b")
        self.assertEqual([line.split()[0] for line in ended.stdout.splitlines()], ["denied", "allowed"])
        self.assertEqual(self.place.run("robots", "none.txt", "/a").code, 66)

    def test_parse(self):
        self.place.write("a.html", f"<html lang=en><title>{HOSTILE_TITLE}</title>")
        ended = self.place.run("parse", "a.html")
        self.assertEqual(json.loads(ended.stdout)["lang"], "en")
        self.assertNotRegex(ended.stdout, UNSAFE)
        self.assertEqual(self.place.run("parse", "none.html").code, 66)

    def test_demo(self):
        ended = self.place.run("demo")
        self.assertEqual(ended.code, 0, ended.stderr)
        self.assertGreater(len(ended.stdout.splitlines()), 5)
        # Everything it needed was temporary.
        self.assertEqual([path.name for path in self.place.folder.iterdir()], [])

    def test_help_and_version(self):
        for arguments in (["--help"], ["run", "--help"], ["status", "--help"], ["parse", "-h"], ["--version"]):
            ended = self.place.run(*arguments)
            self.assertEqual((ended.code, ended.stderr), (0, ""))
            self.assertTrue(re.match("Usage|A polite|[A-Z]|crawl [0-9]", ended.stdout))
        self.assertNotIn("--test-hook", self.place.run("--help").stdout)


if __name__ == "__main__":
    crawl_run.main()
