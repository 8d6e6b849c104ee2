#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl run --warc` and `crawl export warc`: what was fetched, as records that others read; and archives of crawls
that are killed, of disks that are full, of databases with several runs."""

import collections
import contextlib
import fcntl
import gzip
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import warc_records
from scripted_server import ScriptedServer, links, page, redirect, reply, with_validators

CHUNKED = (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"5\r\n<p>ch\r\n4\r\nunky\r\n0\r\n\r\n")


def packed(body):
    return reply(body=gzip.compress(body), headers=["Content-Encoding: gzip", "X-Odd:  two  spaces "])


def children(run, word):
    """Those with this word on their command line."""
    found = []
    for child in crawl_run.children(run.pid):
        with contextlib.suppress(OSError):
            if word in pathlib.Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0"):
                found.append(child)
    return found


class Archiving(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.folder = self.place.folder / "archive"

    def serve(self, routes):
        server = ScriptedServer(routes)
        self.addCleanup(server.close)
        return server

    def export(self, *arguments, code=0, folder=None):
        ended = self.place.run("export", "warc", "-d", self.place.database, "-o", folder or self.folder, *arguments)
        self.assertEqual(ended.code, code, ended.stdout + ended.stderr)
        if code not in (0, 130, 143):
            self.assertEqual(len(ended.stderr.splitlines()), 1, ended.stderr)
        return ended

    def files(self, folder=None):
        return sorted((folder or self.folder).glob("*.warc.gz"))

    def records(self, folder=None):
        """All records, in order; each file whole, and as its index says."""
        found = []
        for path in self.files(folder):
            records = warc_records.read(path)
            self.assertEqual(records[0].warc_type, "warcinfo")
            self.assertEqual(records[0].warc_filename, path.name)
            self.check_index(path, records)
            found += records[1:]
        ids = [record.warc_record_id for record in found]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(sorted(folder.name for folder in (folder or self.folder).glob("*.open")), [])
        return found

    def check_index(self, path, records):
        lines = path.with_name(path.name.replace(".warc.gz", ".cdxj")).read_bytes().splitlines()
        self.assertEqual(lines, sorted(lines))
        entries = {int(entry["offset"]): entry for entry in (json.loads(line.split(b" ", 2)[2]) for line in lines)}
        indexed = [record for record in records if record.warc_type in ("response", "revisit", "resource")]
        self.assertEqual(sorted(entries), [record.offset for record in indexed])
        for record in indexed:
            entry = entries[record.offset]
            self.assertEqual((int(entry["length"]), entry["url"], entry["filename"]),
                             (record.length, record.warc_target_uri, path.name))
            self.assertEqual("sha1:" + entry["digest"], record.warc_payload_digest)

    def by_path(self, server, records, warc_type="response"):
        origin = server.url("")
        return {record.warc_target_uri.removeprefix(origin): record for record in records
                if record.warc_type == warc_type}

    def visits_archived(self, records):
        """Each visit once: every one has a metadata record."""
        return sorted(int(line.partition(": ")[2]) for record in records if record.warc_type == "metadata"
                      for line in record.block.decode().split("\r\n") if line.startswith("visit: "))

    def check_complete(self, records):
        visits = [row[0] for row in self.place.query("SELECT id FROM visit ORDER BY id")]
        self.assertEqual(self.visits_archived(records), visits)


class Kinds(Archiving):
    def setUp(self):
        super().setUp()
        self.html = "<title>packed</title><p>été".encode() * 50
        self.server = self.serve({
            "/": links("/packed", "/chunked", "/hop", "/gone", "/missing", "/noarchive", "/noindex", "/large", "/image",
                       "/etag", "/same", "/text", "/q?b=2&a=1", "/WWW"),
            "/packed": packed(self.html), "/chunked": CHUNKED, "/hop": redirect("/packed", 301),
            "/gone": reply(410), "/noarchive": page("x", head="<meta name=robots content=noarchive>"),
            "/noindex": page("x", head="<meta name=robots content=noindex>"),
            "/large": reply(body=b"<p>" + b"large " * 5000), "/image": reply(body=b"\x89PNG\r\n\x1a\n" + bytes(50),
                                                                             content_type="image/png"),
            "/etag": with_validators(page("tagged"), etag='"v1"'), "/same": page("the same each time"),
            "/text": reply(body="plain", content_type="text/plain"), "/q?b=2&a=1": page("query"), "/WWW": page("www")})
        self.options = ["-q", "--delay", "0", "--max-size", "20KiB", "--retries", "0", "--revisit", "0"]

    def test_what_each_answer_becomes(self):
        self.crawl(*self.options, "--warc", self.folder, self.server.url())
        records = self.records()
        self.check_complete(records)
        responses = self.by_path(self.server, records)
        self.assertEqual(set(responses), {"/", "/packed", "/chunked", "/hop", "/large", "/image", "/etag", "/same",
                                          "/text", "/q?b=2&a=1", "/WWW"})
        packed_one = responses["/packed"]
        self.assertEqual(packed_one.payload, self.html)
        self.assertEqual(packed_one.head[0], "HTTP/1.1 200 OK")
        self.assertEqual((packed_one.field("x-orig-content-encoding"), packed_one.field("content-encoding")),
                         ("gzip", None))
        self.assertEqual(packed_one.field("content-length"), str(len(self.html)))
        self.assertIn("X-Odd:  two  spaces", [line.rstrip() for line in packed_one.head])
        self.assertEqual(packed_one.warc_ip_address, "127.0.0.1")
        self.assertEqual(responses["/chunked"].payload, b"<p>chunky")
        self.assertEqual(responses["/chunked"].field("x-orig-transfer-encoding"), "chunked")
        self.assertEqual(responses["/chunked"].field("transfer-encoding"), None)
        hop = responses["/hop"]
        self.assertEqual((hop.head[0], hop.field("location"), hop.payload),
                         ("HTTP/1.1 301 Moved Permanently", "/packed", b""))
        self.assertEqual((responses["/large"].warc_truncated, len(responses["/large"].payload)), ("length", 20480))
        self.assertEqual((responses["/image"].warc_truncated, responses["/image"].payload), ("unspecified", b""))
        for path in ("/", "/packed", "/hop"):
            self.assertIsNone(responses[path].warc_truncated, path)
        self.check_companions(records)

    def check_companions(self, records):
        requests = self.by_path(self.server, records, "request")
        self.assertEqual(requests["/q?b=2&a=1"].head[:2],
                         ["GET /q?b=2&a=1 HTTP/1.1", f"Host: 127.0.0.1:{self.server.port}"])
        self.assertRegex(requests["/"].field("user-agent"), "^crawl/")
        ids = {record.warc_record_id: record for record in records}
        for record in requests.values():
            self.assertEqual(ids[record.warc_concurrent_to].warc_target_uri, record.warc_target_uri)
        told = {path: dict(line.split(": ", 1) for line in record.block.decode().splitlines())
                for path, record in self.by_path(self.server, records, "metadata").items()}
        self.assertEqual((told["/missing"]["outcome"], told["/missing"]["status"]), ("http_error", "404"))
        self.assertEqual(told["/gone"]["outcome"], "gone")
        self.assertIn("not to be archived", told["/noarchive"]["withheld"])
        self.assertIn("withheld", told["/noindex"])
        self.assertEqual((told["/packed"]["via"], told["/packed"]["depth"]), (self.server.url(), "1"))

    def test_later_runs_become_revisits(self):
        self.crawl(*self.options, "--warc", self.folder, self.server.url())
        first = self.files()
        self.server.routes["/text"] = reply(body="changed", content_type="text/plain")
        self.server.routes["/noindex"] = page("not any more")
        self.crawl(*self.options, "--warc", self.folder, self.server.url())
        self.assertEqual(self.files()[:1], first)
        records = self.records()
        self.check_complete(records)
        revisits = self.by_path(self.server, records, "revisit")
        self.assertEqual(revisits["/etag"].warc_profile.rpartition("/")[2], "server-not-modified")
        self.assertEqual((revisits["/etag"].head[0], revisits["/etag"].field("etag")),
                         ("HTTP/1.1 304 Not Modified", '"v1"'))
        self.assertEqual(revisits["/same"].warc_profile.rpartition("/")[2], "identical-payload-digest")
        self.assertEqual((revisits["/same"].head[0], revisits["/same"].payload), ("HTTP/1.1 200 OK", b""))
        originals = {(record.warc_target_uri, record.warc_date): record for record in records
                     if record.warc_type == "response"}
        for revisit in revisits.values():
            original = originals[revisit.warc_refers_to_target_uri, revisit.warc_refers_to_date]
            self.assertEqual(original.warc_payload_digest, revisit.warc_payload_digest)
        texts = [record.payload for record in records if record.warc_type == "response" and
                 record.warc_target_uri.endswith("/text")]
        self.assertEqual(texts, [b"plain", b"changed"])
        self.assertEqual(self.export().stdout, f"{self.folder}: nothing new, 0 B\n")

    def test_a_database_of_several_runs(self):
        """Of older versions their heads are not known any more."""
        self.crawl(*self.options, "--keep-versions", "5", self.server.url())
        self.server.routes["/text"] = reply(body="changed", content_type="text/plain")
        self.crawl(*self.options, "--keep-versions", "5", self.server.url())
        self.export("--prefix", "mine")
        self.assertTrue(self.files()[0].name.startswith("mine-"))
        records = self.records()
        self.check_complete(records)
        text = [(record.warc_type, record.payload) for record in records if record.warc_target_uri.endswith("/text")
                and record.warc_type in ("response", "resource")]
        self.assertEqual(text, [("resource", b"plain"), ("response", b"changed")])
        self.assertEqual(self.by_path(self.server, records, "resource")["/text"].content_type, "text/plain")
        dated = {(record.warc_target_uri, record.warc_date) for record in records
                 if record.warc_type in ("response", "resource")}
        for record in records:
            if record.warc_type == "revisit":
                self.assertIn((record.warc_refers_to_target_uri, record.warc_refers_to_date), dated)

    def test_bodies_that_are_not_there(self):
        self.crawl(*self.options, "--no-body", self.server.url())
        self.export()
        responses = self.by_path(self.server, self.records())
        self.assertEqual((responses["/same"].payload, responses["/same"].warc_truncated), (b"", "unspecified"))
        self.assertEqual(responses["/same"].field("content-length"), "0")
        self.assertNotEqual(responses["/same"].field("x-orig-content-length"), None)


class Troubles(Archiving):
    def site(self, pages=200):
        paths = [f"/{n}" for n in range(pages)]
        return self.serve({"/": links(*paths), **{path: page(path * 300) for path in paths}})

    def test_words_that_are_wrong(self):
        for words, text in ((["--no-body", "--warc", self.folder, "http://a.test/"], "--no-body"),
                            (["--warc", "", "http://a.test/"], "--warc")):
            ended = self.place.run("-d", self.place.database, *words)
            self.assertEqual(ended.code, 64, ended.stderr)
            self.assertIn(text, ended.stderr)
        self.assertFalse(self.place.database.exists())
        server = self.site(3)
        self.crawl("-q", "--delay", "0", server.url())
        for words in (["export", "warc"], ["export", "warc", "-o", "a", "--replace"],
                      ["export", "warc", "-o", "a", "--prefix", "../x"]):
            ended = self.place.run(*words, "-d", self.place.database)
            self.assertEqual((ended.code, len(ended.stderr.splitlines())), (64, 1), ended.stderr)

    def test_files_follow_one_another(self):
        server = self.site()
        self.crawl("-q", "--delay", "0", server.url())
        self.assertRegex(self.export("--file-size", "20KiB").stdout, r"201 captures in \d+ new files")
        self.assertGreater(len(self.files()), 5)
        for path in self.files()[:-1]:
            self.assertGreater(path.stat().st_size, 20 << 10)
        self.check_complete(self.records())
        # Nothing of it is open to be written to again.
        before = {path: path.stat().st_mtime_ns for path in self.files()}
        self.export()
        self.assertEqual(before, {path: path.stat().st_mtime_ns for path in self.files()})

    def test_a_folder_that_is_not_for_it(self):
        server = self.site(3)
        self.crawl("-q", "--delay", "0", server.url())
        self.export()
        # Another database's.
        self.place.database = self.place.folder / "other.db"
        ended = self.place.run("-q", "-d", self.place.database, "--delay", "0", "--warc", self.folder, server.url())
        self.assertEqual(ended.code, 64, ended.stderr)
        self.assertIn("another database", ended.stderr)
        self.assertEqual(len(self.place.query("SELECT * FROM visit")), 0)
        # A file, a missing place, somebody else's, somebody's who is at it.
        (self.place.folder / "file").write_text("mine")
        self.export(folder=self.place.folder / "file", code=73)
        self.export(folder=self.place.folder / "none" / "x", code=73)
        strange = self.place.folder / "strange"
        strange.mkdir()
        (strange / ".crawl-archive.db").write_bytes(b"no database at all" * 100)
        self.export(folder=strange, code=74)
        held = os.open(self.folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        self.assertIn("another process", self.export(code=75).stderr)
        os.close(held)

    def test_a_folder_that_cannot_be_written(self):
        server = self.site(3)
        self.crawl("-q", "--delay", "0", server.url())
        self.place.folder.chmod(0o755)
        self.folder.mkdir(mode=0o555)
        nobody = 65534 if os.geteuid() == 0 else None
        ended = self.place.run("export", "warc", "-d", self.place.database, "-o", self.folder, user=nobody)
        self.assertEqual(ended.code, 73, ended.stderr)
        self.assertRegex(ended.stderr, r"^crawl: cannot write into .*archive: Permission denied\n$")
        # Before there is a database.
        ended = self.place.run("-q", "-d", self.place.folder / "new.db", "--warc", self.place.folder / "none" / "x",
                               server.url())
        self.assertEqual(ended.code, 73, ended.stderr)
        self.assertIn("cannot make", ended.stderr)
        self.assertFalse((self.place.folder / "new.db").exists())

    def test_a_disk_that_is_full_for_a_while(self):
        server = self.site()
        self.crawl("-q", "--delay", "0", server.url())
        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (30 << 10, 30 << 10))
        ended = subprocess.run([crawl_run.program("CRAWL_BIN"), "export", "warc", "-o", self.folder, "-d",
                                self.place.database], capture_output=True, preexec_fn=small_files, check=False)
        self.assertEqual((ended.returncode, len(ended.stderr.splitlines())), (74, 1), ended.stderr)
        self.export()
        self.check_complete(self.records())

    def unfinished(self):
        """An archive that is killed with a file of it half written."""
        self.crawl("-q", "--delay", "0", self.site().url())
        run = subprocess.Popen([crawl_run.program("CRAWL_BIN"), "export", "warc", "-d", self.place.database, "-o",
                                self.folder, "--follow", "0"], stdin=subprocess.PIPE)
        self.addCleanup(run.stdin.close)
        crawl_run.wait_for(lambda: list(self.folder.glob("*.open")) and crawl_run.query(
            self.folder / ".crawl-archive.db", "SELECT visit_id FROM position") == [(201,)], "it has caught up")
        run.kill()
        run.wait()
        [unfinished] = self.folder.glob("*.open")
        return unfinished

    def test_a_torn_end_is_cut_off(self):
        with self.unfinished().open("ab") as file:
            file.write(gzip.compress(b"WARC/1.1\r\nWARC-Type: resp")[:30])
        self.export("-q")
        self.check_complete(self.records())

    def test_an_unfinished_file_that_is_lost(self):
        self.unfinished().unlink()
        ended = self.export()
        self.assertRegex(ended.stderr, r"\.warc\.gz\.open is gone, or shorter than it was: what it held is archived once more, .*\n$")
        self.check_complete(self.records())

    def test_an_unfinished_file_that_is_cut(self):
        path = self.unfinished()
        os.truncate(path, path.stat().st_size // 2)
        self.assertIn("shorter than it was", self.export().stderr)
        path.unlink()  # what is left of it stays until then
        self.check_complete(self.records())

    def test_a_file_that_has_its_name_stays_as_it_is(self):
        path = self.unfinished()
        closed = path.rename(path.with_name(path.name.removesuffix(".open")))
        before = closed.read_bytes()
        self.crawl("-q", "--delay", "0", "--revisit", "0", self.site(3).url())
        self.export("-q")
        self.assertEqual(closed.read_bytes(), before)
        self.assertEqual(len(self.files()), 2)
        self.records()

    def test_a_backup_that_was_put_back(self):
        server = self.site(30)
        self.crawl("-q", "--delay", "0", "--max-pages", "5", server.url(), complete=False)
        copy = self.place.folder / "copy.db"
        self.place.run("backup", "-d", self.place.database, copy)
        self.crawl("-q", "--delay", "0", "--max-pages", "5", server.url(), complete=False)
        self.export()
        for path in self.place.folder.glob("crawl.db*"):
            path.unlink()
        copy.rename(self.place.database)
        self.crawl("-q", "--delay", "0", server.url())
        self.assertIn("older copy", self.export(code=64).stderr)

    def test_a_crawl_that_is_killed_again_and_again(self):
        random = crawl_run.seeded_random()
        server = self.site(600)
        arguments = ("-q", "--delay", "0", "--warc", self.folder, server.url())
        for _ in range(crawl_run.scaled(4, 40)):
            run = self.begin(*arguments)
            seen = len(server.paths())
            crawl_run.wait_for(lambda: len(server.paths()) > seen + random.randrange(80) or not run.alive(), "requests")
            children = run.fetchers()
            run.kill()
            crawl_run.wait_for(lambda: not any(child.alive() for child in children), "all have gone")
        self.crawl(*arguments)
        records = self.records()
        self.check_complete(records)
        counts = collections.Counter(record.warc_target_uri for record in records if record.warc_type == "response")
        self.assertEqual(set(counts), set(self.urls()))

    def test_an_archiver_that_is_killed(self):
        server = self.site(600)
        run = self.begin("-q", "--delay", "0", "--warc", self.folder, server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 50, "the crawl is under way")
        [archiver] = children(run, b"--follow")
        archiver.kill()
        ended = self.finish(run, code=74)
        self.assertRegex(ended.stderr, "archive .* is left behind .*SIGKILL.*crawl export warc")
        self.assertEqual(len(self.urls()), 601)
        self.assertEqual(set(self.urls().values()), {"ok"})
        health = self.place.run("status", "--check", "-d", self.place.database)
        self.assertEqual(health.code, 1)
        self.assertRegex(health.stdout, r"^WARNING: run 1 ended \(done\) .*, 1 archive_behind$")
        self.assertIn("export warc", self.place.run("status", "-d", self.place.database).stdout)
        self.export("-q")
        self.check_complete(self.records())

    def test_fetchers_that_all_die_while_what_is_there_is_archived(self):
        server = self.site(600)
        self.crawl("-q", "--delay", "0", server.url())
        run = self.begin("-q", "-f", "10", "--revisit", "0", "--warc", self.folder, server.url())
        while not (archivers := children(run, b"export")) and run.alive():  # it takes some tenths of a second
            pass
        [archiver] = archivers
        archiver.kill(signal.SIGSTOP)
        fetchers = crawl_run.wait_for(
            lambda: len(born := children(run, b"crawl-fetcher")) == 10 and born, "all are born")
        for fetcher in fetchers:
            fetcher.kill()
        crawl_run.wait_for(lambda: not any(fetcher.alive() for fetcher in fetchers), "all have gone")
        archiver.kill(signal.SIGCONT)
        ended = self.finish(run, code=70, complete=False)
        self.assertRegex(ended.stderr, "error: no fetcher can be started: the last one killed by SIGKILL\n$")
        self.crawl("-q", "--delay", "0", "--warc", self.folder, server.url())
        self.check_complete(self.records())

    def held_archiver(self, *options):
        """A run whose archiver stands still, and which has come to its end so far."""
        server = self.site(100)
        run = self.begin("-q", "--delay", "0", *options, "--warc", self.folder, server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 20, "the crawl is under way")
        [archiver] = children(run, b"--follow")
        archiver.kill(signal.SIGSTOP)
        crawl_run.wait_for(lambda: self.place.query("SELECT end_reason FROM runs") == [("done",)], "the pages are stored")
        return run, archiver

    def health(self):
        ended = self.place.run("status", "--check", "-d", self.place.database)
        return ended.code, ended.stdout

    def test_an_archiver_that_takes_its_time(self):
        run, archiver = self.held_archiver()
        threading.Event().wait(6)  # longer than from one tidying up to the next
        self.assertTrue(run.alive())
        self.assertIn("1 archive_behind", self.health()[1])
        archiver.kill(signal.SIGCONT)
        self.finish(run)
        self.assertEqual(self.health()[0], 0)
        self.check_complete(self.records())

    def test_what_is_left_behind_is_known_whatever_ends_the_run(self):
        for kill in (signal.SIGTERM, signal.SIGKILL):
            run, archiver = self.held_archiver("--revisit", "0")
            run.send(kill)
            crawl_run.wait_for(lambda run=run: not run.alive(), "it has ended")
            archiver.kill()
            crawl_run.wait_for(lambda archiver=archiver: not archiver.alive(), "the archiver too")
            self.assertRegex(self.health()[1], r"^WARNING: run \d+ ended \(done\) .*, 1 archive_behind")
            self.place.database.with_suffix(".db").unlink()
            for file in (*self.place.folder.glob("crawl.db*"), *self.folder.glob(".crawl*"), *self.folder.glob("*")):
                file.unlink(missing_ok=True)

    def test_a_crawl_that_is_interrupted(self):
        server = self.site(600)
        run = self.begin("-q", "--delay", "0", "--warc", self.folder, server.url())
        crawl_run.wait_for(lambda: len(server.paths()) > 100, "the crawl is under way")
        run.send(signal.SIGINT)
        crawl_run.wait_for(lambda: not run.alive(), "it has ended")
        self.assertFalse(list(self.place.folder.glob("crawl.db-wal")), "no log is left behind")
        self.finish(run, code=130, complete=False)
        self.check_complete(self.records())

    def test_an_empty_database(self):
        self.place.run("-q", "-d", self.place.database, "--max-time", "1ms", "http://h.test/")
        self.assertIn("nothing new", self.export().stdout)
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    crawl_run.main()
