#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl report`: of real documents, of nothing, of a crawl under way, of one that died, of a database too
large to be read in the time given; and what may go wrong with the file it is written to."""

import os
import pty
import re
import resource
import signal
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import html_page
import large_crawl
import nginx
from crawl_run import scaled
from scripted_server import ScriptedServer, links, page, redirect, reply

POSTGRESQL = "postgresql-doc-15/html"
MEMORY_MAX = 256 << 20  # of a report, however large the database is
LARGE = scaled(300_000, 10_000_000)  # URLs


def number(text):
    return int(text.replace(",", ""))


class Reports(crawl_run.EndToEnd):
    def report(self, *arguments, code=0):
        """(root element, text) of the page, which is one that may be shown."""
        ended = self.place.run("report", "-d", self.place.database, *arguments)
        self.assertEqual((ended.code, ended.stderr), (code, ""))
        root, problems = html_page.parse(ended.stdout)
        self.assertEqual(problems + html_page.problems(ended.stdout), [])
        return root, ended.stdout

    def refused(self, *arguments, code, words):
        """One line that says what is wrong, and nothing on stdout."""
        ended = self.place.run("report", *arguments)
        self.assertEqual((ended.code, ended.stdout), (code, ""), ended.stderr)
        self.assertRegex(ended.stderr, rf"\Acrawl: [^\n]*{words}[^\n]*\n\Z")

    def answer(self, root):
        return " ".join(root.find(class_="answer")[0].text().split())

    def one(self, sql):
        return self.place.query(sql)[0][0]

    def rows(self, root, name):
        """The cells of a table's rows, as words."""
        table = next(table for table in root.find("table") if table.find("caption")[0].attributes["id"] == name)
        return [[cell.text() for cell in row.children] for row in table.find("tbody")[0].find("tr")]

    def file(self):
        return self.place.folder / "report.html"


class OfACrawl(Reports):
    def site(self):
        self.pages = {"/": links("/same", "/copy", "/dead", "/moved", "http://example.com/", "mailto:a@b.c"),
                      "/same": page("The same words " * 60), "/copy": page("The same words " * 60),
                      "/dead": reply(404), "/moved": redirect("/same")}
        self.server = ScriptedServer(self.pages)
        self.addCleanup(self.server.close)

    def crawl_site(self):
        self.crawl("-q", "--delay", "0", "--revisit", "0", self.server.url())

    def test_what_it_says_is_what_was_found(self):
        self.site()
        self.crawl_site()
        root, _ = self.report()
        self.assertEqual(self.answer(root), "3 pages, 1 broken link, no host in trouble, in the first run.")
        outcomes = {row[0]: number(row[1]) for row in self.rows(root, "outcome-table")}
        self.assertEqual(outcomes, dict(self.place.query(
            "SELECT outcome, count(*) FROM urls WHERE state = 'done' GROUP BY 1")))
        reasons = {row[0]: number(row[1]) for row in self.rows(root, "reason-table")}
        self.assertEqual(reasons, {"out_of_scope": 1, "scheme_refused": 1})
        (url, why, count, places), = self.rows(root, "broken-table")
        self.assertEqual((url, why, count), (self.server.url("/dead"), "http_error 404", "1"))
        self.assertIn(self.server.url(), places)
        copies = self.rows(root, "copies-table")
        self.assertEqual([row[0] for row in copies], ["2"])
        self.assertIn(self.server.url("/copy"), copies[0][1])
        self.assertEqual(root.by_id("over-time").find("rect", class_="f-ok") == [], False)

    def test_changes_since_the_last_run(self):
        self.site()
        self.crawl_site()
        self.pages["/same"] = page("Other words " * 60)
        self.pages["/"] = links("/same", "/copy", "/new")
        self.pages["/new"] = page("New")
        self.server.routes.update(self.pages)
        self.crawl_site()
        root, _ = self.report()
        changes = self.place.query("SELECT url, change FROM changes WHERE run = 2")
        self.assertIn(f"{len(changes)} changes since the last run.", self.answer(root))
        self.assertEqual(sorted((row[0], row[2].split()[0]) for row in self.rows(root, "changes-table")),
                         sorted(changes))
        self.assertEqual([row[0] for row in self.rows(root, "runs-table")], ["2", "1"])

    def test_while_the_crawl_runs_and_after_it_died(self):
        self.site()
        self.server.routes.update({f"/{i}": page(str(i)) for i in range(500)})
        self.server.routes["/"] = links(*(f"/{i}" for i in range(500)))
        run = self.begin("-q", "--delay", "20ms", self.server.url())
        ask = ("query", "-d", self.place.database, "--csv", "SELECT url FROM pages WHERE outcome = 'ok'")
        crawl_run.wait_for(lambda: self.place.run(*ask).stdout.count("\n") > 1, "a page is stored")
        root, text = self.report()
        self.assertIn(f"is under way (PID {run.pid})", text)
        self.assertRegex(self.answer(root), r"^\d+ pages?, no broken link")
        run.kill()
        _, text = self.report()
        self.assertIn(">died</span>", text)

    def test_nothing_has_been_crawled(self):
        self.refused("-d", self.place.database, code=66, words="crawl.db: No such file or directory")
        server = ScriptedServer({"/": page("x")})
        self.addCleanup(server.close)
        self.crawl("-q", "--delay", "0", server.url())
        large_crawl.empty(self.place.database)
        root, _ = self.report()
        self.assertEqual(self.answer(root), "Nothing has been crawled yet.")
        self.assertEqual(root.find("section"), [])


class OfALargeCrawl(Reports):
    def setUp(self):
        super().setUp()
        server = ScriptedServer({"/": page("x")})
        self.addCleanup(server.close)
        self.crawl("-q", "--delay", "0", server.url())
        large_crawl.fill(self.place.database, LARGE)

    def run_measured(self, *arguments):
        """(stdout, seconds of processor time, the most memory it had)."""
        command = [crawl_run.program("CRAWL_BIN"), "report", "-d", self.place.database, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            text = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024

    def test_memory_is_bounded_and_sums_are_right(self):
        text, _, memory = self.run_measured("--patience", "1h")
        if not crawl_run.SANITIZED:
            self.assertLess(memory, MEMORY_MAX)
        self.assertEqual(html_page.problems(text), [])
        root, _ = html_page.parse(text)
        self.assertEqual(root.find(class_="note"), [])
        found = self.answer(root)
        self.assertIn(f"{self.one('SELECT count(*) FROM page WHERE outcome = ' + repr('ok')):,} pages", found)
        self.assertIn(f"{self.one('SELECT count(*) FROM broken_links'):,} broken links", found)
        self.assertIn(f"{self.one('SELECT count(*) FROM changes WHERE run = 2'):,} changes", found)
        shown = sum(number(row[1]) for row in self.rows(root, "outcome-table"))
        self.assertEqual(shown, self.one("SELECT count(*) FROM url WHERE state = 'done'"))
        # Rows are few, however many there are.
        for table in root.find("table"):
            self.assertLessEqual(len(table.find("tbody")[0].find("tr")), 120)
        self.assertLess(len(text), 1 << 20)

    def test_what_takes_too_long_is_left_out_and_said(self):
        text, _, _ = self.run_measured("--patience", "5ms")
        self.assertEqual(html_page.problems(text), [])
        root, _ = html_page.parse(text)
        notes = [note.text() for note in root.find(class_="note")]
        for what in ("the URLs", "the pages", "the links"):
            self.assertTrue(any(note.startswith(f"Not complete: {what} could not all be read in 5 ms")
                                for note in notes), (what, notes))
        self.assertRegex(self.answer(root), r"^more than [\d,]+ pages, .*broken links")


class OfRealDocuments(Reports):
    def test_postgresql(self):
        folder = crawl_run.corpus(POSTGRESQL)
        server = nginx.Nginx(self.place.folder, {"127.0.0.1": folder})
        self.addCleanup(server.stop)
        self.crawl("-q", "--delay", "0", "--host-concurrency", "8", server.url())
        root, text = self.report()
        pages = len(list(folder.rglob("*.html"))) + 1  # and "/"
        self.assertTrue(self.answer(root).startswith(f"{pages:,} pages, no broken link, no host in trouble"), pages)
        largest = self.rows(root, "largest-table")
        self.assertEqual(len(largest), 10)
        url, title = self.place.query("SELECT url, title FROM largest LIMIT 1")[0]
        self.assertEqual(largest[0][0], url + html_page.parse(title)[0].text())
        self.assertGreater(len(root.by_id("size").find("rect")), 5)
        self.assertLess(len(text), 200_000)


class ToAFile(Reports):
    def setUp(self):
        super().setUp()
        server = ScriptedServer({"/": page("x")})
        self.addCleanup(server.close)
        self.crawl("-q", "--delay", "0", server.url())

    def write(self, *arguments, code=0, words=""):
        if code:
            return self.refused("-d", self.place.database, *arguments, code=code, words=words)
        ended = self.place.run("report", "-d", self.place.database, *arguments)
        self.assertEqual((ended.code, ended.stdout, ended.stderr), (0, "", ""))
        return ended

    def test_it_takes_the_place_of_an_older_page(self):
        self.write("-o", self.file())
        first = self.file().read_bytes()
        self.assertEqual(html_page.problems(first.decode()), [])
        self.file().chmod(0o640)
        link = self.place.folder / "link.html"
        link.symlink_to("report.html")
        self.write("-o", link)
        self.assertTrue(link.is_symlink())
        self.assertNotEqual(self.file().stat().st_size, 0)
        self.assertEqual(stat.S_IMODE(self.file().stat().st_mode), 0o640)
        self.file().write_text("")  # mktemp has made it
        self.write("-o", self.file())
        self.assertEqual(list(self.place.folder.glob("*.crawl-part")), [])

    def test_a_dash_is_stdout(self):
        self.assertTrue(self.place.run("report", "-d", self.place.database, "-o", "-").stdout.startswith("<!doctype"))

    def test_nothing_else_is_replaced(self):
        notes = self.place.write("notes.txt", "keep me")
        self.write("-o", self.place.database, code=73, words="belongs to the database")
        for path in (notes, self.place.folder, "/dev/null"):
            self.write("-o", path, code=73, words="is no page of HTML; a report replaces nothing else")
        self.assertEqual(notes.read_text(), "keep me")
        self.check_promises()
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_file_that_cannot_be_made(self):
        self.write("-o", self.place.folder / "none" / "x.html", code=73, words="No such file or directory")
        self.write("-o", "/proc/x.html", code=73, words="/proc/x.html")
        self.write("-o", "", code=64, words="not a path")
        locked = self.file().with_name("report.html.crawl-part")
        locked.symlink_to("elsewhere")
        self.write("-o", self.file(), code=73, words="report.html.crawl-part")
        self.assertFalse(self.file().exists())

    def test_what_a_killed_one_has_left_is_taken_over(self):
        self.place.write("report.html.crawl-part", "half a page")
        self.write("-o", self.file())
        self.assertEqual(list(self.place.folder.glob("*.crawl-part")), [])

    def test_two_at_a_time(self):
        self.place.write("report.html.crawl-part", "")
        with open(self.place.folder / "report.html.crawl-part", "rb") as other:
            import fcntl
            fcntl.flock(other, fcntl.LOCK_EX)
            self.write("-o", self.file(), code=75, words="another process is writing")

    def test_a_file_too_large_leaves_the_older_one(self):
        self.write("-o", self.file())
        before = self.file().read_bytes()
        done = subprocess.run(
            [crawl_run.program("CRAWL_BIN"), "report", "-d", self.place.database, "-o", self.file()],
            capture_output=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn(b"report.html: File too large", done.stderr)
        self.assertEqual(self.file().read_bytes(), before)
        self.assertEqual(list(self.place.folder.glob("*.crawl-part")), [])

    def test_an_interrupt_leaves_nothing_behind(self):
        large_crawl.fill(self.place.database, 100_000)
        for number_of_signal, code in crawl_run.STOPPED.items():
            run = self.place.start("report", "-d", self.place.database, "-o", self.file(), "--patience", "1h")
            crawl_run.wait_for(lambda: list(self.place.folder.glob("*.crawl-part")), "it has begun")
            run.send(number_of_signal)
            ended = run.wait()
            self.assertEqual((ended.code, ended.stderr), (code, ""))
            self.assertEqual(list(self.place.folder.glob("report*")), [])

    def test_no_disk_and_no_reader(self):
        for output, words in ((open("/dev/full", "wb"), b"No space left on device"), (self.closed_pipe(), b"")):
            with output:
                done = subprocess.run([crawl_run.program("CRAWL_BIN"), "report", "-d", self.place.database],
                                      stdout=output, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 74)
            self.assertIn(words, done.stderr)
            self.assertLessEqual(done.stderr.count(b"\n"), 1)

    @staticmethod
    def closed_pipe():
        reads, writes = os.pipe()
        os.close(reads)
        return os.fdopen(writes, "wb")

    def test_a_terminal_is_no_place_for_a_page(self):
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb"), os.fdopen(theirs, "wb") as terminal:
            done = subprocess.run([crawl_run.program("CRAWL_BIN"), "report", "-d", self.place.database],
                                  stdout=terminal, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 64)
        self.assertEqual(done.stderr, b"crawl: a report is a page for a browser: name a file for it (-o report.html)\n")

    def test_options_and_databases_that_are_wrong(self):
        for option in ("--limit=0", "--limit=x", "--patience=0", "--patience=5", "--nonsense"):
            self.refused("-d", self.place.database, option, code=64, words=re.escape(option.split("=")[0]))
        self.refused("-d", self.place.database, "word", code=64, words="unexpected argument word")
        self.place.write("other.db", "x" * 5000)
        self.refused("-d", "other.db", code=74, words="is not a database")
        self.refused("-d", "none.db", "-o", "x.html", code=66, words="none.db: No such file")
        self.assertFalse((self.place.folder / "x.html").exists())

    def test_a_directory_that_cannot_be_written(self):
        reader = {"env": {"HOME": "/nonexistent"}, **({"user": 65534} if os.geteuid() == 0 else {})}
        self.place.folder.chmod(0o555)
        self.addCleanup(self.place.folder.chmod, 0o755)
        done = subprocess.run([crawl_run.program("CRAWL_BIN"), "report", "-d", self.place.database],
                              capture_output=True, **reader)
        self.assertEqual((done.returncode, done.stderr), (0, b""))  # reading needs no more than reading
        self.assertEqual(html_page.problems(done.stdout.decode()), [])
        done = subprocess.run([crawl_run.program("CRAWL_BIN"), "report", "-d", self.place.database, "-o", self.file()],
                              capture_output=True, **reader)
        self.assertEqual(done.returncode, 73)
        self.assertIn(b"report.html: Permission denied", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "it takes a second user")
    def test_a_directory_that_cannot_be_listed(self):
        self.place.folder.chmod(0o733)
        self.addCleanup(self.place.folder.chmod, 0o755)
        for arguments in (("report", "-o", "theirs.html"), ("backup", "theirs.db")):
            done = subprocess.run([crawl_run.program("CRAWL_BIN"), *arguments, "-d", "crawl.db"], cwd=self.place.folder,
                                  capture_output=True, user=65534, env={"HOME": "/nonexistent"})
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertTrue((self.place.folder / arguments[-1]).exists())


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    crawl_run.main(nginx.nginx_program)
