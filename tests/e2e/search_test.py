#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Full text search on an empty, a running and a large database, and when something is in the way. What it finds in
real documents: search_documents_test.py."""

import contextlib
import fcntl
import functools
import os
import pty
import re
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import searching
from scripted_server import ScriptedServer, links, page

NOBODY = 65534
ALL = ["--limit", "1000"]


class Cases(searching.Searching):
    def serve(self, count, delay_s=0, text="page {} of them"):
        """A site of `count` pages under one that leads to all of them."""
        def one(number):
            def answer(*_):
                time.sleep(delay_s)
                return page(text.format(number), title=f"Page {number}")
            return answer if delay_s else answer()
        server = ScriptedServer({"/": links(*(f"/{n}" for n in range(count))),
                                 **{f"/{n}": one(n) for n in range(count)}})
        self.addCleanup(server.close)
        return server


    def test_an_empty_database(self):
        server = self.serve(0)
        server.routes["/"] = lambda *_: page("")
        self.place.write("empty.db", b"")
        ended = self.place.run("search", "-d", self.place.folder / "empty.db", "word")
        self.assertEqual((ended.code, ended.stdout), (66, ""))
        self.assertRegex(ended.stderr, "is empty: no crawl has been written to it yet")
        ended = self.place.run("search", "-d", self.place.folder / "none.db", "word")
        self.assertEqual(ended.code, 66)
        closed = ScriptedServer({})
        url = closed.url()
        closed.close()
        self.crawl("-q", "--retries", "0", "--host-patience", "0", "--outage-patience", "0", url, code=69,
                   complete=False)
        self.search("word", code=66, says="there is nothing to search yet: no page with a text is stored")

    def test_while_a_crawl_writes(self):
        server = self.serve(300, delay_s=0.01, text="common number {}")
        run = self.begin("-q", "--delay", "0", server.url())
        seen = []
        crawl_run.wait_for(lambda: (self.place.folder / "crawl.db").exists() and len(server.paths()) > 20, "pages")
        while run.alive():
            ended = self.place.run("search", "-d", self.place.database, "--limit", "1", "common")
            self.assertIn(ended.code, (0, 66), ended.stderr)
            count = re.search(r"of ([\d,]+) pages", ended.stderr)
            seen.append(int(count[1]) if count else 0)
            time.sleep(0.1)
        self.finish(run)
        self.assertEqual(seen, sorted(seen))
        self.assertLess(seen[0], 300)
        self.assertEqual(len(self.found(*ALL, "common")), 300)
        self.assertEqual([hit["url"] for hit in self.found("number", "123")], [server.url("/123")])

    def test_what_changed_and_what_is_gone(self):
        server = self.serve(5, text="common number {}")
        self.crawl("-q", "--delay", "0", server.url())
        self.assertEqual(len(self.found("common")), 5)
        server.routes["/2"] = page("other words", title="Page 2")
        server.routes["/3"] = page("<meta name=robots content=noindex>common number 3", title="Page 3")
        self.crawl("-q", "--delay", "0", "--revisit", "0", server.url())
        self.assertEqual({hit["url"] for hit in self.found("common")},
                         {server.url(path) for path in ("/0", "/1", "/4")})
        self.assertEqual([hit["url"] for hit in self.found("other", "words")], [server.url("/2")])

    def test_wrong_words_and_options(self):
        self.crawl("-q", "--delay", "0", self.serve(1).url())
        for words, says in {("--", "-page"): "nothing to look for", ('""',): "nothing to look for",
                            ("site:example.com",): "nothing to look for", (): "for which words",
                            ("page", "site:"): "names no host", ("x" * 3000,): "too long",
                            ("page", "--limit", "0"): "'0' is not a whole number from 1",
                            ("page", "--offset", "-1"): "--offset", ("page", "--jsn"): "did you mean --json",
                            ("page", "-x"): "unknown option -x; .*a -word that pages are not to have stands behind --",
                            ("--only-update", "page"): "unexpected argument page"}.items():
            ended = self.search(*words, code=64, says=says)
            self.assertEqual((ended.stdout, ended.stderr.count("\n")), ("", 1), words)
        self.assertFalse((self.place.folder / "crawl.db.search").exists())
        for words in ("AND OR NOT", "NEAR(page them)", "page*\"", "{page}:x^", "a'b;--", "\x01\x02page"):
            self.assertIn(self.place.run("search", "-d", self.place.database, words).code, (0, 66), words)

    def test_a_damaged_database_of_others_is_no_damaged_index(self):
        self.crawl("-q", "--delay", "0", self.serve(1).url())
        theirs = self.place.folder / "theirs.db"
        with contextlib.closing(sqlite3.connect(theirs)) as database:
            database.execute("CREATE TABLE notes AS SELECT randomblob(20000) AS text")
            database.commit()
        theirs.write_bytes(theirs.read_bytes()[:9000])
        before = theirs.read_bytes()
        self.search("--index", theirs, "page", code=73, says="is no search index")
        self.assertEqual(theirs.read_bytes(), before)
        # An index that is as damaged makes room for a new one.
        self.search("--index", self.place.folder / "ours", "page")
        ours = self.place.folder / "ours"
        ours.write_bytes(ours.read_bytes()[:9000])
        self.search("--index", ours, "page")

    def test_a_reader_that_goes_away(self):
        self.crawl("-q", "--delay", "0", self.serve(3).url())
        command = [crawl_run.program("CRAWL_BIN"), "search", "-d", self.place.database, "page"]
        with open("/dev/full", "w", encoding="utf-8") as full:
            ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (74, 1))
        self.assertRegex(ended.stderr, "cannot write the answer: No space left")
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.close()
            self.assertEqual((process.stderr.read(), process.wait()), ("", 74))

    @unittest.skipUnless(os.geteuid() == 0, "it takes a second user")
    def test_a_place_that_cannot_be_written(self):
        self.crawl("-q", "--delay", "0", self.serve(3).url())
        os.chmod(self.place.folder, 0o755)
        search = functools.partial(self.place.run, "search", "-d", self.place.database, user=NOBODY)
        ended = search("page")
        self.assertEqual(ended.code, 73)
        self.assertRegex(ended.stderr, r"no search index can be made here \(--index FILE names another place\): [^:]*: Permission denied\n$")
        elsewhere = self.place.folder / "theirs"
        elsewhere.mkdir(mode=0o777)
        os.chmod(elsewhere, 0o777)
        ended = search("--index", elsewhere / "index", "page")
        self.assertEqual((ended.code, len(ended.stdout.splitlines()) // 4), (0, 3), ended.stderr)
        # One that somebody else has made is searched as it is.
        self.search("page")
        ended = search("page")
        self.assertEqual(ended.code, 0, ended.stderr)
        self.assertRegex(ended.stderr, r"the search index is of 2\S+Z and cannot be written here\n.*3 pages")
        self.assertEqual(search("--only-update").code, 73)
        ended = self.search("--index", self.place.folder / "none" / "index", "page", code=73)
        self.assertRegex(ended.stderr, "none/index: No such file or directory")

    def test_two_at_once_make_one_index(self):
        self.crawl("-q", "--delay", "0", self.serve(400, text="common number {}").url())
        runs = [self.place.start("search", "-d", self.place.database, "common") for _ in range(4)]
        ended = [run.wait() for run in runs]
        self.assertEqual({one.code for one in ended}, {0}, ended)
        self.assertEqual(len({one.stdout for one in ended}), 1)
        self.assertEqual(self.place.query("SELECT count(*), count(DISTINCT url_id) FROM doc",
                                          database=f"{self.place.database}.search"), [(401, 401)])

    def test_no_room_for_the_index(self):
        self.crawl("-q", "--delay", "0", self.serve(400, text="common {} " + "more " * 500).url())
        limited = subprocess.run(["sh", "-c", f"ulimit -f 200; exec {crawl_run.program('CRAWL_BIN')} search "
                                  f"-d {self.place.database} common"], capture_output=True, text=True)
        self.assertEqual((limited.returncode, limited.stdout), (74, ""), limited.stderr)
        self.assertEqual(limited.stderr.count("\n"), 1, limited.stderr)
        self.assertEqual(len(self.found(*ALL, "common")), 400)


def terminal(command, environment):
    """What a command writes to a terminal of 80 columns."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execve(command[0], command, environment)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    written = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        written += piece
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), written.decode()


class Large(searching.Searching):
    """A database made by hand, as no crawl in a test is so large."""

    PAGES = crawl_run.scaled(30_000, 1_000_000)

    @classmethod
    def setUpClass(cls):
        cls.shared = crawl_run.Workplace()
        cls.addClassCleanup(cls.shared.close)
        server = ScriptedServer({"/": page("the only real page")})
        cls.addClassCleanup(server.close)
        ended = cls.shared.run("-q", "-d", cls.shared.database, "--delay", "0", "--no-sitemaps", server.url())
        assert ended.code == 0, ended.stderr
        cls.fill(cls.shared.database)

    @classmethod
    def fill(cls, path):
        database = sqlite3.connect(path)
        database.execute("""CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 2 UNION ALL
                            SELECT i + 1 FROM c WHERE i < ?) SELECT i FROM c""", (cls.PAGES,))
        database.executescript("""BEGIN;
            INSERT INTO url(id, host_id, seed_id, depth, first_seen_at, role, state, outcome, url)
              SELECT i, 1, 1, 1, 1, 'page', 'done', 'ok', 'http://large.test/' || i FROM n;
            INSERT INTO content(id, refs, fingerprint, text)
              SELECT i, 1, i, 'common words of page number' || i || ' ' ||
                     hex(i * 7919 % 65521) || ' and' || (i % 97) || ' more of them' FROM n;
            INSERT INTO page(url_id, outcome, fetched_at, changed_at, content_hash, text_hash, text_bytes,
                             content_id, document, title)
              SELECT i, 'ok', 1, 1, i, i, 60, i, 'html', 'Title ' || i FROM n;
            INSERT INTO visit(url_id, run_id, at, outcome, change) SELECT i, 1, 1, 'ok', 'new' FROM n;
            COMMIT;""")
        database.close()

    def setUp(self):
        self.place = self.shared
        for name in ("crawl.db.search", "crawl.db.search-journal"):
            (self.place.folder / name).unlink(missing_ok=True)

    def command(self, *words):
        return [crawl_run.program("CRAWL_BIN"), "search", "-d", str(self.place.database), *words]

    def test_memory_and_time_are_bounded(self):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        before = usage.ru_utime + usage.ru_stime
        self.assertEqual(len(self.found("--limit", "1000", "common")), 1000)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = usage.ru_utime + usage.ru_stime - before
        print(f"{self.PAGES} pages: {1e6 * spent / self.PAGES:.0f} us a page, {usage.ru_maxrss >> 10} MiB", flush=True)
        if not crawl_run.SANITIZED:
            self.assertLess(usage.ru_maxrss, 300 << 10)
        self.assertRegex(self.search("common").stderr, f"1 to 10 of {self.PAGES - 1:,} pages")
        self.assertEqual([hit["url"] for hit in self.found("number12345")], ["http://large.test/12345"])

    def written(self):
        """When the index and its journal were written to last."""
        files = [self.place.folder / name for name in ("crawl.db.search", "crawl.db.search-journal")]
        return [path.stat().st_mtime_ns if path.exists() else 0 for path in files]

    def test_killed_and_interrupted_again_and_again(self):
        numbers = [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
        for number in numbers:
            before = self.written()
            run = self.place.start("search", "-d", self.place.database, "common")
            crawl_run.wait_for(lambda: self.written() != before or not run.alive(), "it is at it")
            run.send(number)
            ended = run.wait()
            self.assertIn(ended.code, (-9, 130, 143, 0), ended.stderr)
            if ended.code in (130, 143):
                self.assertEqual(ended.code, crawl_run.STOPPED[number])
                self.assertRegex(ended.stderr, "interrupted; what was read is kept, and the next search goes on")
        self.assertRegex(self.search("common").stderr, f"of {self.PAGES - 1:,} pages")
        self.assertEqual(self.place.query("SELECT count(*) FROM doc", database=f"{self.place.database}.search"),
                         [(self.PAGES,)])

    def test_a_terminal_sees_progress_and_matches(self):
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": str(self.place.folder)}
        code, text = terminal(self.command("common"), environment)
        self.assertEqual(code, 0)
        self.assertRegex(text, r"\r\S.*: \d+ %\x1b\[K")
        self.assertIn("\x1b[1mcommon\x1b[0m words", text)
        self.assertLessEqual(max(len(line) for line in re.sub(r"\x1b\[\w+", "", text).splitlines()), 80)
        for changed in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            code, text = terminal(self.command("common"), {**environment, **changed})
            self.assertEqual(code, 0)
            self.assertNotIn("\x1b", text)
            self.assertIn("common words", text)


if __name__ == "__main__":
    crawl_run.main()
