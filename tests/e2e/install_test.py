#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""cmake --install to a prefix, which may then be moved, and below DESTDIR; and what --version says."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run

BUILD = pathlib.Path(os.environ.get("CRAWL_BIN", "")).resolve().parent
SOURCE = pathlib.Path(__file__).resolve().parents[2]
SHARED = ("man/man1/crawl.1.gz", "man/man1/crawl-why.1.gz", "man/man5/crawl-seeds.5.gz",
          "bash-completion/completions/crawl", "zsh/site-functions/_crawl", "fish/vendor_completions.d/crawl.fish",
          "doc/crawl/README.md", "doc/crawl/copyright", "doc/crawl/changelog.gz", "doc/crawl/docs/usage.md",
          "doc/crawl/examples/crontab", "doc/crawl/examples/crawl@.service", "doc/crawl/examples/crawl@.timer",
          "crawl/seeds/first-steps.txt")


def need_cmake():
    if not shutil.which("cmake"):
        crawl_run.skip_all("there is no cmake here")
    if not os.access(BUILD / "cmake_install.cmake", os.R_OK) or not os.access(BUILD, os.W_OK):
        crawl_run.skip_all(f"{BUILD} is not ours to install from")


class Install(crawl_run.EndToEnd):
    def install(self, prefix, **environment):
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, stdout=subprocess.PIPE,
                       env={**os.environ, **environment})

    def run_installed(self, prefix, *arguments):
        return subprocess.run([prefix / "bin/crawl", *arguments], cwd=self.place.folder, text=True, check=False,
                              capture_output=True, timeout=crawl_run.DEADLINE_S)

    def test_a_prefix_can_be_moved(self):
        before, after = self.place.folder / "before", self.place.folder / "deep/er/after"
        self.install(before)
        after.parent.mkdir(parents=True)
        before.rename(after)
        for name in SHARED:
            self.assertTrue((after / "share" / name).is_file(), name)
        version = self.run_installed(after, "--version")
        self.assertIn(f"\nfetcher {after.resolve()}/libexec/crawl/crawl-fetcher\n", version.stdout)
        demo = self.run_installed(after, "demo")
        self.assertEqual(demo.returncode, 0, demo.stderr)
        # The fetcher is its own; another is not looked for.
        (after / "libexec/crawl/crawl-fetcher").unlink()
        self.assertRegex(self.run_installed(after, "--version").stdout, r"\nfetcher there is no crawl-fetcher at /")
        self.assertEqual(self.run_installed(after, "demo").returncode, 66)

    def test_below_destdir_paths_are_those_of_the_prefix(self):
        self.install("/opt/crawl", DESTDIR=str(self.place.folder))
        prefix = self.place.folder / "opt/crawl"
        for name in SHARED:
            self.assertTrue((prefix / "share" / name).is_file(), name)
        for name in ("crontab", "crawl@.service"):
            text = (prefix / "share/doc/crawl/examples" / name).read_text()
            self.assertIn(" /opt/crawl/bin/crawl run " if name == "crontab" else "=/opt/crawl/bin/crawl run ", text)
            self.assertNotIn("@CMAKE", text)
            self.assertNotIn(str(self.place.folder), text)
        self.assertEqual(self.run_installed(prefix, "--version").returncode, 0)

    def test_nothing_installed_knows_where_it_was_built(self):
        if b".debug_info" in (BUILD / "crawl").read_bytes():
            self.skipTest("debug information does")
        self.install(self.place.folder / "prefix")
        knowing = [file for file in (self.place.folder / "prefix").rglob("*")
                   if file.is_file() and str(SOURCE).encode() in file.read_bytes()]
        self.assertEqual(knowing, [])


class Version(crawl_run.EndToEnd):
    def test_a_fact_per_line(self):
        ended = self.place.run("--version")
        self.assertEqual((ended.code, ended.stderr), (0, ""))
        facts = dict(line.split(" ", 1) for line in ended.stdout.splitlines())
        self.assertEqual(len(facts), len(ended.stdout.splitlines()), "a name is there twice")
        expected = {"crawl": r"\d+\.\d+\.\d+", "revision": r"none|[0-9A-Za-z._/+-]+", "build": "[A-Z][A-Za-z]+",
                    "compiler": ".+", "schema": r"\d+", "protocol": r"\d+", "SQLite": r"3\.\d+\.\d+",
                    "fetcher": "/.+/crawl-fetcher", "crawl-fetcher": r"\d+\.\d+\.\d+ \(protocol \d+\)",
                    "libcurl": r"\d+\.\d+\.\d+.*", "TLS": "OpenSSL/.+|.+", "zlib": r"\d.+", "nghttp2": ".+",
                    "c-ares": r"\d.+", "ICU": r"\d.+", "expat": r"\d.+", "zstd": r"\d.+",
                    "sandbox": r"limits, seccomp \(libseccomp \d.+\), Landlock"}
        self.assertEqual(sorted(facts), sorted(expected))
        for name, pattern in expected.items():
            self.assertTrue(re.fullmatch(pattern, facts[name]), f"{name} {facts[name]}")
        self.assertEqual(facts["crawl-fetcher"], f"{facts['crawl']} (protocol {facts['protocol']})")
        self.assertEqual(self.place.run("-V").stdout, ended.stdout)

    def test_a_closed_reader(self):
        for arguments in (["--version"], ["help"], ["help", "seeds"]):
            with open("/dev/full", "wb") as full:
                ended = subprocess.run([crawl_run.program("CRAWL_BIN"), *arguments], stdout=full, check=False,
                                       stderr=subprocess.PIPE)
            self.assertEqual(ended.returncode, 74)


if __name__ == "__main__":
    crawl_run.main(need_cmake)
