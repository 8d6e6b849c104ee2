#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real file systems that run full, and what else can happen to a database under a run. Nothing that was
committed is lost, the run ends with 74 and one line that says what to do, and the next one resumes."""

import contextlib
import hashlib
import os
import pathlib
import resource
import shutil
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import private_disk
from crawl_run import scaled, wait_for
from scripted_server import ScriptedServer, page

IO, CANNOT_CREATE = 74, 73
MIB = 1 << 20
PAGES = 120
NOBODY = 65534
CONTENT = ("SELECT u.url, u.state, u.outcome, u.depth, p.status, p.content_hash, p.text, p.title "
           "FROM urls u LEFT JOIN pages p ON p.url = u.url ORDER BY u.url")
LINKS = "SELECT src, dst, kind, anchor FROM links ORDER BY src, seq"


def noise(number, size):
    """Text that does not compress well."""
    words = (hashlib.sha256(f"{number} {i}".encode()).hexdigest() for i in range(size // 65))
    return " ".join(words)


def site():
    """A page links to the two that follow it in a tree, and to the first one."""
    routes = {}
    for number in range(PAGES):
        links = "".join(f"<a href=/{next}>{next}</a> " for next in (2 * number + 1, 2 * number + 2, 0)
                        if next < PAGES)
        routes["/" if number == 0 else f"/{number}"] = page(f"{links}<p>{noise(number, 40_000)}", str(number))
    routes["/0"] = routes["/"]
    return routes


class DiskCase(crawl_run.EndToEnd):
    kind = "tmpfs"

    def setUp(self):
        super().setUp()
        self.server = ScriptedServer(site())
        self.addCleanup(self.server.close)

    def mount(self, size=24 * MIB, options=()):
        try:
            self.disk = private_disk.Disk(self.place.folder / "disk", size, self.kind, options)
        except OSError as error:
            self.skipTest(f"no {self.kind} here: {error}")
        self.addCleanup(self.disk.close)
        self.place.database = self.disk.folder / "crawl.db"

    def start(self):
        return self.begin("--delay", "0", "-f", "2", self.server.url())

    def ends(self, run, *texts, code=IO):
        """With `code`, and one line of error that has all these texts."""
        ended = run.wait()
        self.assertEqual(ended.code, code, ended.stderr)
        errors = [line for line in ended.stderr.splitlines() if " error: " in line]
        self.assertEqual(len(errors), 1, ended.stderr)
        for text in texts:
            self.assertIn(str(text), errors[0])
        return errors[0]

    def check_ended(self, reason):
        self.check_promises(complete=False)
        self.assertEqual(self.place.query("SELECT end_reason FROM runs ORDER BY id DESC LIMIT 1"), [(reason,)])

    def committed(self):
        def pages():
            with contextlib.suppress(sqlite3.Error):  # just as a run makes it, or removes its log
                return [{url for (url,) in self.place.query("SELECT url FROM pages")}]
            return []
        return wait_for(pages, "the database can be read")[0]

    def under_way(self, pages=10):
        """A run that has committed some pages."""
        run = self.start()
        self.wait_for_pages(run, pages)
        return run

    def wait_for_pages(self, run, pages):
        def enough():
            return not run.alive() or self.place.database.exists() and len(self.committed()) >= pages
        wait_for(enough, "some pages are stored")

    def completes(self):
        """The next run resumes, and all is as if nothing had happened."""
        self.finish(self.start())
        whole = self.place.folder / "undisturbed.db"
        if not whole.exists():
            ended = self.place.run("-d", whole, "-q", "--no-sitemaps", "--delay", "0", self.server.url())
            self.assertEqual(ended.code, 0, ended.stderr)
        for sql in (CONTENT, LINKS):
            self.assertEqual(self.place.query(sql), self.place.query(sql, database=whole))


class FullDisk(DiskCase):
    def test_it_stops_at_a_reserve_and_resumes(self):
        self.mount()
        self.disk.fill(leave=8 * MIB)
        error = self.ends(self.start(), self.place.database, "iB free", "kept in reserve", "make room")
        self.assertNotIn("cannot write", error)
        self.assertEqual([path.name for path in self.disk.folder.glob("crawl.db*")], ["crawl.db"])
        self.check_ended("disk_full")
        stored = self.committed()
        self.assertGreater(len(stored), 10)
        self.assertLess(len(stored), PAGES)
        # Without more room, the next runs use what is left above the reserve, and then do not even begin.
        runs = 0
        while runs != (runs := self.place.query("SELECT count(*) FROM runs")[0][0]):
            self.ends(self.start(), self.place.database, "make room")
        self.check_ended("disk_full")
        self.assertLessEqual(stored, self.committed())
        self.disk.make_room()
        self.completes()
        self.assertEqual(self.server_asked_twice(), [])

    def server_asked_twice(self):
        """Pages that were fetched again although they were stored. (What was in flight may be.)"""
        paths = [request.path for request in self.server.requests if request.path != "/robots.txt"]
        return [path for path in set(paths) if paths.count(path) > 2]  # one more is the undisturbed run's

    def test_others_take_the_last_byte_at_any_moment(self):
        self.mount()
        random = crawl_run.seeded_random()
        for _ in range(scaled(1, 40)):
            for file in self.disk.folder.glob("crawl.db*"):
                file.unlink()
            run = self.under_way(random.randrange(1, PAGES - 20))
            seen = self.committed()
            self.disk.fill()
            ended = run.wait()
            self.disk.make_room()
            self.assertIn(ended.code, (0, IO), ended.stderr)  # it may have been just done
            if ended.code == IO:
                self.assertEqual(ended.stderr.count("make room"), 1, ended.stderr)
                self.assertIn(str(self.place.database), ended.stderr)
            self.check_promises(complete=False)
            self.assertLessEqual(seen, self.committed())
            self.completes()

    def test_full_before_the_start(self):
        self.mount(4 * MIB)
        self.disk.fill()
        self.ends(self.start(), self.place.database, "0 B free", "3.0 MiB are kept in reserve")
        self.assertEqual([path.name for path in self.disk.folder.glob("crawl*")], [])
        self.disk.make_room()
        self.disk.fill(leave=MIB)
        self.ends(self.start(), self.place.database, "kept in reserve")
        self.assertEqual([path.name for path in self.disk.folder.glob("crawl*")], [])

    def check_readable(self):
        url = self.server.url()
        for command in (["status"], ["why", url], ["cat", url], ["check"]):
            ended = self.place.run(*command[:1], "-d", self.place.database, *command[1:])
            self.assertEqual((ended.code, ended.stderr), (0, ""), command)

    def remove_index(self):
        """Which readers leave behind, together with an empty log."""
        for suffix in ("-wal", "-shm"):
            pathlib.Path(f"{self.place.database}{suffix}").unlink(missing_ok=True)

    def test_a_full_disk_is_read(self):
        self.mount()
        self.completes()
        self.remove_index()
        self.disk.fill()
        self.check_readable()

    def test_a_read_only_file_system(self):
        self.mount()
        self.completes()
        self.remove_index()
        self.disk.run("mount", "-o", "remount,bind,ro", self.disk.folder)
        self.check_readable()
        self.ends(self.start(), self.place.database, "Read-only file system", code=CANNOT_CREATE)
        self.place.database = self.disk.folder / "another.db"
        self.ends(self.start(), self.place.database, "Read-only file system", code=CANNOT_CREATE)

    def test_killed_and_then_full(self):
        """What it had is in the log, and stays there until there is room for it."""
        self.mount()
        run = self.under_way(30)
        run.kill()
        self.disk.fill()
        before = {path.name: path.stat().st_size for path in self.disk.folder.glob("crawl.db*")}
        self.ends(self.start(), self.place.database, "make room")
        after = {path.name: path.stat().st_size for path in self.disk.folder.glob("crawl.db*")}
        self.assertEqual({**before, "crawl.db.lock": 0}, {**after, "crawl.db.lock": 0})
        seen = self.committed()
        self.assertGreaterEqual(len(seen), 30)
        self.disk.make_room()
        self.completes()
        self.assertLessEqual(seen, self.committed())

    def test_no_more_names(self):
        if self.kind != "tmpfs":
            self.skipTest("its names do not run out")
        self.mount(options=["nr_inodes=2"])
        (self.disk.folder / "the last one").touch()
        self.ends(self.start(), self.place.database, "No space left on device")


class FullDiskInAFile(FullDisk):
    kind = "ext4"
    briefly = ("test_it_stops_at_a_reserve_and_resumes", "test_a_file_system_that_becomes_read_only_in_mid_run")

    def setUp(self):
        if self._testMethodName not in scaled(self.briefly, dir(self)):
            self.skipTest("at full length only")
        super().setUp()

    def test_a_file_system_that_becomes_read_only_in_mid_run(self):
        """As ext4 does of itself when its device fails."""
        self.mount(64 * MIB)  # room for all, twice
        run = self.under_way()
        seen = self.committed()
        self.disk.run("mount", "-o", "remount,abort", self.disk.folder)
        self.ends(run, self.place.database, "disk I/O error: ", "mend that")  # EIO or EROFS
        self.disk.run("umount", self.disk.folder)
        self.disk.run("mount", "-o", "loop", self.disk.image, self.disk.folder)
        self.assertLessEqual(seen, self.committed())
        self.completes()


class UnderTheRun(DiskCase):
    def test_a_limit_of_the_file_size(self):
        run = self.under_way()
        limit = 2 * MIB
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (limit, limit))
        self.ends(run, self.place.database, "File too large", "mend that")
        self.completes()

    def test_a_limit_of_the_file_size_from_the_start(self):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        # With 0 ThreadSanitizer ends before the program begins.
        for limit in (4096, 100_000) if crawl_run.SANITIZED else (0, 4096, 100_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
            try:
                run = self.start()
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
            ended = run.wait()
            self.assertGreater(ended.code, 0)
            self.assertIn("File too large", ended.stderr) if limit > 0 else None
        self.completes()

    def test_the_folder_is_removed(self):
        folder = self.place.folder / "removed"
        folder.mkdir()
        self.place.database = folder / "crawl.db"
        run = self.under_way()
        shutil.rmtree(folder)
        self.ends(run, self.place.database, "has been removed")
        self.assertFalse(folder.exists())
        folder.mkdir()
        self.completes()

    def test_the_folder_is_removed_before_the_end(self):
        """After the last look at it, as far as anybody can tell: with the last answer."""
        folder = self.place.folder / "removed"
        folder.mkdir()
        self.place.database = folder / "crawl.db"

        def last(_):
            shutil.rmtree(folder, ignore_errors=True)
            return page("the last")

        server = ScriptedServer({"/": last})
        self.addCleanup(server.close)
        self.ends(self.begin("--delay", "0", "-f", "1", server.url()), self.place.database, "has been removed")

    def test_the_database_is_replaced(self):
        run = self.under_way()
        other = self.place.write("other", "something else")
        os.replace(other, self.place.database)
        self.ends(run, self.place.database, "has been replaced")
        self.assertEqual(self.place.database.read_bytes(), b"something else")

    def test_permission_is_withdrawn(self):
        """What is open stays open: the run goes on to its end."""
        if not private_disk.many_users():
            self.skipTest("there is one user here")
        folder = self.place.folder / "withdrawn"
        folder.mkdir()
        os.chmod(self.place.folder, 0o711)
        os.chown(folder, NOBODY, NOBODY)
        self.place.database = folder / "crawl.db"
        run = self.place.start("-d", self.place.database, "--no-progress", "--no-sitemaps", "--delay", "0",
                               "-f", "2", self.server.url(), user=NOBODY)
        self.wait_for_pages(run, 10)
        os.chmod(self.place.database, 0)
        os.chmod(folder, 0)
        ended = run.wait()
        self.assertEqual(ended.code, 0, ended.stderr)
        self.check_promises()

    def test_paths_that_are_too_long(self):
        for path in ("x" * 300, "/".join(["y" * 200] * 25)):
            self.place.database = self.place.folder / path
            self.ends(self.start(), "File name too long", code=CANNOT_CREATE)


if __name__ == "__main__":
    crawl_run.main(lambda: private_disk.enter(__file__))
