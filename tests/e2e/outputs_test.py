#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What commands may write over, and what they must not: the database, files of others, what no command can own."""

import contextlib
import os
import select
import signal
import sqlite3
import stat
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page

FAST = ("-q", "--delay", "0", "-f", "1")


class Outputs(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = ScriptedServer({"/": links("/a"), "/a": page("a" * 300_000)})
        self.addCleanup(self.server.close)
        self.crawl(*FAST, self.server.url())

    def file(self, name):
        return self.place.folder / name

    def writers(self, database, output):
        """Each command that writes a file of that name."""
        return {"backup": ("backup", "-d", database, output),
                "export": ("export", "jsonl", "-d", database, "-o", output),
                "export --replace": ("export", "csv", "-d", database, "-o", output, "--replace"),
                "report": ("report", "-d", database, "-o", output),
                "metrics": ("run", *FAST, "--metrics", output, "-d", database, self.server.url())}

    def refused(self, command, code, says):
        ended = self.place.run(*command)
        self.assertEqual((ended.code, len(ended.stderr.splitlines())), (code, 1), ended.stderr)
        self.assertIn(says, ended.stderr)

    def check_database(self, path):
        self.assertEqual(self.place.run("check", "-d", path).code, 0)
        self.assertEqual(len(self.place.query("SELECT url FROM pages", database=path)), 2)

    def test_the_database_and_what_lies_beside_it(self):
        database = self.place.database
        self.file("link").symlink_to(database.name)
        for suffix in ("", "-wal", "-shm", "-journal", ".lock", ".search"):
            output = database.with_name(database.name + suffix)
            for name, command in self.writers(database, output).items():
                with self.subTest(name, suffix=suffix):
                    self.refused(command, 73, "belongs to the database")
                    self.check_database(database)
        for name, command in self.writers(database, self.file("link")).items():
            with self.subTest(name):
                self.refused(command, 73, "belongs to the database")
        self.check_database(database)

    def test_a_database_that_has_a_drafts_name(self):
        database = self.file("a.crawl-part")
        self.place.database.rename(database)
        self.place.write("a", "<!doctype html>")
        self.file("link").symlink_to("a")
        for output in ("a", "link"):
            for name, command in self.writers(database, self.file(output)).items():
                with self.subTest(name, output=output):
                    self.refused(command, 73, "belongs to the database")
                    self.check_database(database)

    def test_a_strangers_file_of_nearly_that_name(self):
        for name, command in self.writers(self.place.database, self.file("out")).items():
            with self.subTest(name):
                stranger = self.place.write("out.part", "half a download")
                self.assertEqual(self.place.run(*command).code, 0)
                self.assertEqual(stranger.read_text(), "half a download")
                if name != "export":  # which the next one replaces
                    self.file("out").unlink()

    def test_what_a_killed_run_has_left_where_a_backup_is_to_be(self):
        for suffix in ("-wal", "-journal"):
            left = self.place.write("copy.db" + suffix, "the log of another database")
            self.refused(("backup", "-d", self.place.database, self.file("copy.db")), 73, f"copy.db{suffix} is there")
            self.assertFalse(self.file("copy.db").exists())
            left.unlink()
        self.assertEqual(self.place.run("backup", "-d", self.place.database, self.file("copy.db")).code, 0)
        self.check_database(self.file("copy.db"))

    def test_a_backup_where_a_database_is_in_use(self):
        self.place.run("backup", "-d", self.place.database, self.file("live.db"))
        with contextlib.closing(sqlite3.connect(self.file("live.db"))) as live:
            live.execute("CREATE TABLE more(x)")
            live.commit()
            self.assertTrue(self.file("live.db-wal").exists())
            self.refused(("backup", "-d", self.place.database, self.file("live.db")), 73, "is there already")

    def test_what_is_no_plain_file(self):
        os.mkfifo(self.file("pipe"))
        for path in (self.file("pipe"), "/dev/null"):
            for words in ((), ("--replace",)):
                self.refused(("export", "edges", "-d", self.place.database, "-o", path, *words), 73, "is no plain file")
        self.assertTrue(stat.S_ISFIFO(self.file("pipe").stat().st_mode))
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_link_stays_one(self):
        self.place.write("target", "old")
        self.file("out").symlink_to("target")
        self.refused(("export", "edges", "-d", self.place.database, "-o", self.file("out")), 73, "is there already")
        self.assertEqual(self.file("target").read_text(), "old")
        self.assertEqual(self.place.run("export", "edges", "-d", self.place.database, "-o", self.file("out"),
                                        "--replace").code, 0)
        self.assertTrue(self.file("out").is_symlink())
        self.assertNotEqual(self.file("target").read_text(), "old")

    def test_who_could_read_the_old_one_can_read_the_new_one(self):
        if os.geteuid() != 0:
            self.skipTest("only root may give a file to others")
        for name, text, words in (("page.html", "<!doctype html>", ("report",)),
                                  ("rows.csv", "", ("export", "csv", "--replace"))):
            path = self.place.write(name, text)
            os.chown(path, 1234, 33)
            path.chmod(0o640)
            self.assertEqual(self.place.run(*words, "-d", self.place.database, "-o", path).code, 0)
            after = path.stat()
            self.assertEqual((after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)), (1234, 33, 0o640))
            self.assertGreater(after.st_size, 100)

    def test_strangers_in_a_folder_that_all_may_write_to(self):
        if os.geteuid() != 0:
            self.skipTest("needs two users")
        folder = self.file("open")
        folder.mkdir()
        folder.chmod(0o1777)
        victim = self.place.write("victim", "mine")
        (folder / "link").symlink_to(victim)
        os.lchown(folder / "link", 1234, 1234)
        command = ("export", "csv", "-d", self.place.database, "--replace", "-o")
        self.refused((*command, folder / "link"), 73, "is a link of another user")
        self.assertEqual(victim.read_text(), "mine")
        for name in ("theirs", "theirs.crawl-part"):
            (folder / name).touch()
            os.chown(folder / name, 1234, 1234)
        self.refused((*command, folder / "theirs"), 73, "is in the way")
        (folder / "theirs.crawl-part").unlink()
        self.assertEqual(self.place.run(*command, folder / "theirs").code, 0)
        self.assertEqual((folder / "theirs").stat().st_uid, 0)

    def test_a_file_that_may_only_be_read_is_replaced(self):
        path = self.place.write("rows.csv", "old")
        path.chmod(0o444)
        command = ("export", "csv", "-d", self.place.database, "--replace", "-o", path)
        draft = self.place.write("rows.csv.crawl-part", "of one that was killed")
        draft.chmod(0o600)
        self.assertEqual(self.place.run(*command).code, 0)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o444)

    def test_other_places_that_belong_to_the_database(self):
        database = self.place.database
        for command in (("search", "-d", database, "--index", f"{database}.lock", "a"),
                        ("export", "warc", "-d", database, "-o", f"{database}-journal"),
                        ("export", "sitemap", "-d", database, "-o", f"{database}-journal/"),
                        ("run", *FAST, "-d", database, "--warc", f"{database}-journal", self.server.url())):
            with self.subTest(command[0]):
                self.refused(command, 73, "belongs to the database")
        self.assertFalse(self.file("crawl.db-journal").exists())
        self.assertEqual(self.place.run("search", "-d", "crawl.db", "--index", "crawl.db.search", "a").code, 0)
        self.check_database(database)

    def test_a_reader_that_stands_still(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen([crawl_run.program("CRAWL_BIN"), "export", "jsonl", "--body", "-d",
                                        self.place.database], stdout=subprocess.PIPE)
            self.addCleanup(process.stdout.close)
            select.select([process.stdout], [], [], 20)
            threading.Event().wait(0.5)  # the pipe is full by now
            self.assertIsNone(process.poll())
            process.send_signal(number)
            self.assertEqual(process.wait(20), -number)


if __name__ == "__main__":
    crawl_run.main()
