#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual as groff and mandoc read it, and the completions as the shells take them: each shell gets lines
with the Tab key at their end, and what it makes of them is compared."""

import gzip
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run

MANUAL = pathlib.Path(os.environ.get("CRAWL_BIN", "")).parent / "manual"

# What is typed before the Tab key, and the words of the line after it.
COMPLETED = {
    "crawl stat": "status",
    "crawl status --js": "status --json",
    "crawl --sco": "--scope",
    "crawl --scope do": "--scope domain",
    "crawl --scope=do": "--scope=domain",
    "crawl run --robots=ig": "run --robots=ignore",
    "crawl --delay 2s --max-pa": "--delay 2s --max-pages",
    "crawl --canonicalize sort,tr": "--canonicalize sort,tracking",
    "crawl query broken": "query broken-links",
    "crawl query --csv near": "query --csv near-duplicates",
    "crawl help exit": "help exit-codes",
    "crawl help bac": "help backup",
    "crawl cat https://a.b/ --tex": "cat https://a.b/ --text",
    "crawl seeds.t": "seeds.txt",
    "crawl parse seeds.t": "parse seeds.txt",
    "crawl status -d seeds.t": "status -d seeds.txt",
    "crawl --db=seeds.t": "--db=seeds.txt",
    "crawl backup 'a na": "backup a name",
    "crawl 'b*": "b*c",  # not what it would match
    "crawl status zz": "status zz",  # nothing to complete
}


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, folder, arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(shutil.which(arguments[0]), arguments,
                      {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"})
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, pattern):
        """What matches, and is then gone."""
        deadline = time.monotonic() + crawl_run.DEADLINE_S
        while not (match := re.search(pattern, self.seen, re.DOTALL)):
            if time.monotonic() > deadline:
                raise AssertionError(f"no {pattern} in {self.seen!r}")
            if select.select([self.fd], [], [], 1)[0]:
                self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
        self.seen = self.seen[match.end():]
        return match

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Manual(unittest.TestCase):
    def pages(self):
        pages = sorted((MANUAL / "man").rglob("*.gz"))
        self.assertGreater(len(pages), 15)
        return [(path, gzip.decompress(path.read_bytes())) for path in pages]

    def without_remarks(self, *command):
        if not shutil.which(command[0]):
            self.skipTest(f"there is no {command[0]} here")
        for path, page in self.pages():
            ended = subprocess.run(command, input=page, capture_output=True, check=False)
            self.assertEqual((ended.returncode, ended.stderr + ended.stdout), (0, b""), path)

    def test_groff_reads_it_without_a_warning(self):
        self.without_remarks("groff", "-ww", "-mandoc", "-z", "-Tutf8")

    def test_mandoc_reads_it_without_a_warning(self):
        self.without_remarks("mandoc", "-Tlint", "-Wwarning")

    def test_whatis_finds_name_and_purpose(self):
        if not shutil.which("lexgrog"):
            self.skipTest("there is no lexgrog here")
        for path, _ in self.pages():
            name = path.name.split(".")[0]
            ended = subprocess.run(["lexgrog", path], capture_output=True, text=True, check=False)
            self.assertRegex(ended.stdout, f'"{name} - [a-z]', ended.stderr)

    def test_no_page_says_when_it_was_compressed(self):
        for path in MANUAL.rglob("*.gz"):
            header = path.read_bytes()[:10]
            self.assertEqual(header[3:8], b"\0" * 5, f"{path}: a name or a time")


class Completions(unittest.TestCase):
    def setUp(self):
        self.place = crawl_run.Workplace()
        self.addCleanup(self.place.close)
        for name in ("seeds.txt", "a name", "b*c", "bcc"):
            self.place.write(name, "")

    def shell(self, *arguments):
        if not shutil.which(arguments[0]):
            self.skipTest(f"there is no {arguments[0]} here")
        return Terminal(self.place.folder, arguments)

    def check_lines(self, terminal, preparation):
        self.addCleanup(terminal.close)
        terminal.type(preparation + "\necho 'REA''DY'\n")
        terminal.wait_for("READY\r?\n")
        for typed, expected in COMPLETED.items():
            terminal.type(typed + "\t\n")
            self.assertEqual(terminal.wait_for("GOT<([^>]*)>")[1].strip(), expected, typed)

    def test_bash(self):
        script = MANUAL / "bash-completion/completions/crawl"
        terminal = self.shell("bash", "--norc", "--noprofile", "-i")
        self.check_lines(terminal, "bind 'set enable-bracketed-paste off'; bind 'set bell-style none'\n"
                                   f"crawl() {{ printf 'GOT<%s>\\n' \"$*\"; }}; . {script}")

    def test_zsh(self):
        terminal = self.shell("zsh", "-f", "-i")
        self.check_lines(terminal, f"fpath=({MANUAL}/zsh/site-functions $fpath)\n"
                                   "autoload -Uz compinit; compinit -u -D; unsetopt beep\n"
                                   "crawl() { print -r -- \"GOT<$*>\" }")

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("there is no fish here")
        script = MANUAL / "fish/vendor_completions.d/crawl.fish"
        for typed, expected in COMPLETED.items():
            if "*" in typed:
                continue  # a wildcard, also in quotes
            ended = subprocess.run(
                ["fish", "--no-config", "-c", f"source {script}; complete -C \"{typed}\""], check=True,
                capture_output=True, text=True, cwd=self.place.folder,
                env={"PATH": os.environ["PATH"], "HOME": str(self.place.folder), "LC_ALL": "C.UTF-8"})
            self.assertEqual(ended.stderr, "")
            found = [line.split("\t")[0] for line in ended.stdout.splitlines()]
            last = expected.removeprefix("backup ") if "'" in typed else expected.split(" ")[-1]
            self.assertEqual(found, [] if typed.endswith("zz") else [last], typed)

    def test_every_script_is_one(self):
        scripts = {"bash": "bash-completion/completions/crawl", "zsh": "zsh/site-functions/_crawl",
                   "fish": "fish/vendor_completions.d/crawl.fish"}
        for shell, script in scripts.items():
            if shutil.which(shell):
                subprocess.run([shell, "-n", MANUAL / script], check=True)


if __name__ == "__main__":
    crawl_run.main()
