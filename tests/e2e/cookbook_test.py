#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/cookbook.md, task by task, as somebody would copy it: each command of it is run, and prints what it says
there, but for times, sizes and numbers of processes.

With --write, what the commands print now is written into the page."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, page, redirect, reply

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cookbook.md"
SITE = "http://library.example"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
# What is another each time.
CHANGING = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z)?"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<time>"),
    (re.compile(r"\b\d{8}(T?\d{6}Z?|\d{9})\b"), "<time>"),
    (re.compile(r"\b\d[\d,]*(\.\d+)? (B|KiB|MiB)\b"), "<size>"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|m|h)\b( \d+ s\b)?"), "<duration>"),
    (re.compile(r"\b\d+(\.\d+)? pages/s"), "<rate>"),
    (re.compile(r"\bPID \d+"), "PID <number>"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "<hash>"),
]


def document(title, body, *paths):
    anchors = "".join(f'<p><a href="{path}">{text}</a></p>' for path, text in paths)
    return page(f"<p>{body}</p>{anchors}", title=title)


def library():
    """The site that the tasks are about, as a proxy gives it."""
    site = {
        "/": document("The Lighthouse Library", "Books on ships, birds and knots, at the end of the pier.",
                      ("/catalogue/", "Catalogue"), ("/visit", "Visit us"), ("/old-catalogue", "The old catalogue"),
                      ("/news", "News"), ("/staff/rota", "Rota"), ("/members/", "Members")),
        "/catalogue/": document("Catalogue", "What is on our shelves.", ("/catalogue/birds", "Birds of the coast"),
                                ("/catalogue/knots", "Knots"), ("/catalogue/reefs", "Charts of the reefs")),
        "/catalogue/birds": document("Birds of the coast", "The grey heron stands in the shallows and waits. "
                                     "The tern does not wait: it falls into the sea like a stone."),
        "/catalogue/knots": document("", "A bowline does not slip. A bowline is tied with one hand by whoever has "
                                     "only one to spare.", ("/catalogue/birds", "Birds")),
        "/old-catalogue": redirect("/catalogue/"),
        "/visit": document("Plan a visit", "We are open when the lamp is lit. Ask for the heron."),
        "/news": document("News", "The ferry runs again."),
        "/members/": lambda request: (document("For members", "The reading room has a new stove.")
                                      if request.headers.get("cookie") == "session=4711" else reply(403)),
        "/robots.txt": reply(body="User-agent: *\nDisallow: /staff/\n", content_type="text/plain"),
    }
    return {SITE + path: answer for path, answer in site.items()}


def next_night(site, nights):
    """What has changed after so many nights."""
    herons = ["The heron has come back.", "The heron has left us again."][nights - 1]
    site[SITE + "/news"] = document("News", "The ferry runs again. " + herons)
    site[SITE + "/visit"] = reply(404)


class Cookbook:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.server = ScriptedServer(library())
        self.nights = 0
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "crawl").symlink_to(os.environ["CRAWL_BIN"])
        home = self.folder / "home"
        (home / ".config/crawl").mkdir(parents=True)
        # So that the site can be asked for by its name, and at once.
        (home / ".config/crawl/config.toml").write_text(
            f'proxy = "{self.server.url("")}"\ndelay = "0s"\nno-progress = true\n')
        self.work = self.folder / "work"
        self.work.mkdir()
        self.environment = {**os.environ, "HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}",
                            "XDG_CONFIG_HOME": "", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def close(self):
        self.server.close()

    def run(self, command):
        if command.startswith("# "):  # a night goes by
            self.nights += 1
            next_night(self.server.routes, self.nights)
            return ""
        ended = subprocess.run(["bash", "-c", command], cwd=self.work, env=self.environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=crawl_run.DEADLINE_S, check=False)
        return ended.stdout


def examples(text):
    """[(command, what it prints)] of a console block."""
    found = []
    for line in text.splitlines(keepends=True):
        if line.startswith(("$ ", "# ")):
            found.append([line, ""])
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1][0] += line
        else:
            found[-1][1] += line
    return found


def command_of(prompt):
    """Without the signs in front."""
    return re.sub(r"^[$>] ", "", prompt, flags=re.M).rstrip("\n")


def steady(text):
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return re.sub(r"[ -]{2,}", "  ", text)


class Tasks(crawl_run.unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="crawl-cookbook-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cookbook = Cookbook(self.folder)
        self.addCleanup(self.cookbook.close)

    def test_every_command_prints_what_the_page_says(self):
        count = 0
        for block in CONSOLE.findall(PAGE.read_text()):
            for prompt, expected in examples(block):
                with self.subTest(command=prompt):
                    printed = self.cookbook.run(command_of(prompt))
                    self.assertEqual(crawl_run.complaints(steady(printed)), steady(expected).splitlines())
                    count += 1
        self.assertGreater(count, 20)

    def test_there_are_a_dozen_tasks(self):
        self.assertGreaterEqual(len(re.findall(r"^## ", PAGE.read_text(), re.M)), 12)


def write():
    with tempfile.TemporaryDirectory(prefix="crawl-cookbook-") as folder:
        cookbook = Cookbook(folder)

        def anew(match):
            parts = [prompt + cookbook.run(command_of(prompt)) for prompt, _ in examples(match[1])]
            return "```console\n" + "".join(parts) + "```"

        PAGE.write_text(CONSOLE.sub(anew, PAGE.read_text()))
        cookbook.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        crawl_run.main()
