#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Strings that command terminals, forge lines, hide, and run where they are pasted, through everything
that a site, a seeds file, a configuration, a command line or the environment can name, to everything that
any command shows: no raw control, no line that is not ours, nothing that nobody sees, valid UTF-8."""

import contextlib
import csv
import fcntl
import html
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import tty

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import html_page
import naughty
from crawl_run import scaled
from scripted_server import ScriptedServer, reply

OPTIONS = ["-f", "2", "--delay", "0", "--retries", "0", "--no-traps", "--allow-private"]
LOG_LINE = re.compile(r"(\d\d:\d\d:\d\d (error|warning|info|debug): |crawl: )")
SOME = scaled(30, 10_000)  # strings that get pages of their own
FEW = scaled(3, 10_000)  # strings that get commands of their own
ARGUMENT_MAX = 100_000  # bytes; the kernel takes no longer ones
csv.field_size_limit(1 << 30)


def header_bytes(text):
    """A header's value holds anything but what ends it."""
    return re.sub(rb"[\r\n\0]", b" ", text.encode())[:8000]


def not_a_number(value):
    """A pause that a site asks for is kept."""
    return b"x" + value if value.strip().isdigit() else value


class Output(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.random = crawl_run.seeded_random()
        every = naughty.strings()
        self.strings = self.random.sample(every, min(SOME, len(every)))
        self.few = self.random.sample(every, min(FEW, len(every)))

    # ---- running

    def ask(self, *arguments, stdin=b"", environment=None):
        """(exit code, stdout, stderr), as bytes."""
        clean = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.place.folder), **(environment or {})}
        done = subprocess.run([crawl_run.program("CRAWL_BIN"), *arguments], input=stdin, capture_output=True,
                              cwd=self.place.folder, env=clean, timeout=crawl_run.DEADLINE_S, check=False)
        self.assertIn(done.returncode, (0, 64, 65, 66, 69, 73, 74, 78), (arguments, done.stderr[-500:]))
        return done.returncode, done.stdout, done.stderr

    def ask_on_terminal(self, *arguments):
        """(exit code, what a terminal of 100 columns receives)."""
        ours, theirs = pty.openpty()
        with contextlib.closing(os.fdopen(ours, "rb", 0)) as terminal:
            tty.setraw(theirs)
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
            received = []
            reader = threading.Thread(target=self.drain, args=(terminal, received))
            clean = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.place.folder), "TERM": "xterm"}
            with subprocess.Popen([crawl_run.program("CRAWL_BIN"), *arguments], stdin=theirs, stdout=theirs,
                                  stderr=theirs, cwd=self.place.folder, env=clean) as process:
                os.close(theirs)
                reader.start()
                code = process.wait(crawl_run.DEADLINE_S)
            reader.join(crawl_run.DEADLINE_S)
        return code, b"".join(received)

    @staticmethod
    def drain(terminal, received):
        with contextlib.suppress(OSError):  # EIO: the last process that had it has ended
            while chunk := terminal.read(65536):
                received.append(chunk)

    # ---- what must hold

    def check(self, output, what, layout="\n"):
        self.assertIsNone(naughty.harm(output, layout), what)

    def check_log(self, output, what):
        self.check(output, what)
        for line in output.decode().splitlines():
            self.assertRegex(line, LOG_LINE, what)

    def check_refused(self, *arguments, environment=None, lines=(1,)):
        code, stdout, stderr = self.ask(*arguments, environment=environment)
        what = (code, arguments if len(str(arguments)) < 2000 else "long", environment)
        self.check(stdout + stderr, what)
        self.assertTrue(stderr.endswith(b"\n") or not stderr, what)
        if code != 0:
            self.assertEqual(stdout, b"", what)
            self.assertIn(stderr.count(b"\n"), lines, what)
            self.check_log(stderr, what)
        return code

    # ---- a site whose every field is naughty

    def site(self):
        routes = {"/robots.txt": lambda request: self.robots(), "/map.xml": lambda request: self.sitemap()}
        for number, text in enumerate(self.strings):
            routes[f"/{number}"] = self.page(number, text)
            routes[f"/to/{number}"] = reply(302).replace(
                b"\r\n\r\n", b"\r\nLocation: " + header_bytes(text) + b"\r\n\r\n")
            routes[f"/error/{number}"] = reply(404).replace(
                b"\r\n\r\n", b"\r\nRetry-After: " + not_a_number(header_bytes(text)) + b"\r\nX-Robots-Tag: "
                + header_bytes(text) + b"\r\n\r\n")
        routes["/"] = reply(200, "".join(f"<a href=/{i}>x</a><a href=/to/{i}>x</a><a href=/error/{i}>x</a>"
                                         for i in range(len(self.strings))))
        server = ScriptedServer(routes)
        self.addCleanup(server.close)
        return server

    def page(self, number, text):
        shown, quoted = html.escape(text), html.escape(json.dumps(text), quote=False)
        body = f"""<!doctype html><html lang="{shown}"><head><title>{number} {shown}</title>
            <meta name=description content="{shown}"><meta name=author content="{shown}">
            <meta name=keywords content="{shown}"><meta name=robots content="{shown}"><meta property=og:title content="{shown}">
            <link rel=canonical href="{shown}"><link rel="{shown}" href="/x"><link rel=icon href="{shown}">
            <script type="application/ld+json">
            {{"@type":"Article","headline":{quoted},"datePublished":{quoted}}}</script></head>
            <body><h1>{shown}</h1><a href="{shown}" rel="{shown}">{shown}</a>
            <a href="/q?{shown}#{shown}">{shown}</a><a href="http://{shown}/">host</a><img src="{shown}" alt="{shown}"><p>{shown}""".encode() + text.encode()
        value = header_bytes(text)
        fields = (b"Content-Language: " + value, b'ETag: "' + value + b'"', b"Last-Modified: " + value,
                  b"X-Robots-Tag: " + value, b"Link: <" + value + b">; rel=canonical", b"X-" + b"Y: " + value)
        kind = b"text/html; charset=" + (value if number % 3 == 0 else b"utf-8")
        if number % 7 == 3:
            kind = value  # no type that is known
        return (b"HTTP/1.1 200 " + value[:200] + b"\r\nContent-Type: " + kind
                + b"\r\nContent-Length: %d\r\n" % len(body) + b"\r\n".join(fields) + b"\r\n\r\n" + body)

    def robots(self):
        lines = ["User-agent: *", "Disallow: /never", *(f"Disallow: /q?{text}" for text in self.strings[::2]),
                 *(f"Sitemap: {text}" for text in self.strings[1::8]), f"Sitemap: {self.server.url('/map.xml')}"]
        return reply(200, "\n".join(lines)[:400_000], content_type="text/plain")

    def sitemap(self):
        quoted = [html.escape(text) for text in self.strings[::5] if text.isprintable()]
        entries = "".join(f"<url><loc>{self.server.url('/s/')}{text}</loc><lastmod>{text}</lastmod></url>"
                          for text in quoted)
        return reply(200, f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>",
                     content_type="application/xml")

    def crawl_site(self):
        self.server = self.site()
        database = str(self.place.database)
        code, stdout, stderr = self.ask("-d", database, "-vv", *OPTIONS, self.server.url())
        self.assertEqual((code, stdout), (0, b""), stderr[-1000:])
        self.check_log(stderr, "the log of a run")
        self.check_promises()
        return database

    def test_every_field_to_every_output(self):
        database = self.crawl_site()
        stored = "".join(f"{title} {text}" for title, text in self.place.query("SELECT title, text FROM pages") if text)
        self.assertGreater(sum(map(naughty.is_harmful, stored)), 10, "or nothing here is tested")
        # More of the same, on a terminal with a progress line, and as JSON.
        code, received = self.ask_on_terminal("-d", database, "-vv", "--revisit", "0", *OPTIONS, self.server.url())
        self.assertEqual(code, 0)
        self.assertIn(b"\x1b[K", received)
        self.check(re.sub(rb"\r|\x1b\[(\d+A|[JK])", b"", received), "a run on a terminal")
        code, _, stderr = self.ask("-d", database, "-vv", "--log-format", "json", "--revisit", "0", *OPTIONS,
                                   self.server.url())
        self.assertEqual(code, 0)
        self.check(stderr, "a log of JSON")
        for line in stderr.decode().split("\n")[:-1]:
            self.assertEqual(sorted(json.loads(line)), ["level", "text", "time"])
        self.check_reading(database)

    def check_reading(self, database):
        for command in (["status"], ["status", "--json"], ["check"]):
            code, stdout, stderr = self.ask(*command, "-d", database)
            self.assertEqual((code, stderr), (0, b""), stdout)
            self.check(stdout, command)
            code, received = self.ask_on_terminal(*command, "-d", database)
            self.check(received, command)
            self.assertEqual(received, stdout, "a terminal is shown the same")
        json.loads(self.ask("status", "--json", "-d", database)[1])
        known = [url for url, in self.place.query("SELECT url FROM urls WHERE length(url) < 3000")]
        for start in range(0, len(known), 40):
            code, stdout, stderr = self.ask("why", "-d", database, *known[start:start + 40])
            self.assertIn(code, (0, 64))  # 64: a URL of no scheme of ours may be no URL
            self.check(stdout + stderr, known[start:start + 40])
            for line in stdout.decode().splitlines():
                self.assertRegex(line, r"^(  [a-z. ]{12}\S|\w[\w+.-]*:)", "a line of another form")
        self.check_cat(database)
        self.check_report(database)
        for view in ("pages", "urls", "links", "events", "visits", "largest", "broken-links"):
            self.check_query(database, view)

    def check_report(self, database):
        """Everything that a page shows of them: no markup but ours, no address but of http, no line to forge."""
        code, stdout, stderr = self.ask("report", "-d", database, "--limit", "10000")
        self.assertEqual((code, stderr), (0, b""))
        self.check(stdout, "a report")
        root, problems = html_page.parse(stdout.decode())
        self.assertEqual(problems + html_page.problems(stdout.decode()), [])
        self.assertGreater(len(root.by_id("broken-table").parent.find("tr")), 20, "or nothing is shown here")
        for text in self.few:
            self.check_refused("report", "-d", f"none/{text}" if "\0" not in text else "none")
            self.check_refused("report", "-d", database, "-o", f"none/{text}" if "\0" not in text else "none/x")

    def check_query(self, database, view):
        """In each form: no line more than there are rows, every value in JSON, no formula in CSV."""
        sql = f'SELECT * FROM "{view.replace("-", "_")}"'
        rows = self.place.query(sql)
        for form, count in (("--csv", len(rows) + 1), ("--jsonl", len(rows)), ("--json", len(rows) + 2),
                            ("--limit=0", len(rows) + 2)):
            code, stdout, stderr = self.ask("query", "-d", database, form, view)
            self.assertEqual((code, stderr), (0, b""), view)
            self.check(stdout, (view, form))
            self.assertEqual(stdout.count(b"\n"), count, (view, form))
            if form == "--csv":
                cells = [cell for line in csv.reader(io.StringIO(stdout.decode())) for cell in line]
                self.assertEqual([cell for cell in cells if re.match(r"\s*[=+\-@＝＋－＠](?!\d+(\.\d+)?$)", cell)], [], view)
            if form == "--jsonl":
                read = [tuple(json.loads(line).values()) for line in stdout.decode().split("\n")[:-1]]
                self.assertEqual(read, rows, view)
        code, received = self.ask_on_terminal("query", "-d", database, view)
        self.assertEqual(code, 0)
        self.check(received, view)

    def check_cat(self, database):
        """As it is for a program; shown, or refused, on a terminal."""
        some = self.random.sample(range(len(self.strings)), min(len(self.strings), scaled(10, 200)))
        for number in some:
            url = self.server.url(f"/{number}")
            body = self.server.routes[f"/{number}"].partition(b"\r\n\r\n")[2]
            code, stdout, stderr = self.ask("cat", "-d", database, url)
            self.check(stderr, url)
            if code != 0:
                continue  # a type that is not kept, or the page has asked for that
            self.assertEqual(stdout, body)
            code, received = self.ask_on_terminal("cat", "-d", database, url)
            self.assertEqual(code, 64 if b"\0" in body else 0)
            self.check(received, url, layout="\n\t")
            code, received = self.ask_on_terminal("cat", "--text", "-d", database, url)
            self.check(received, url, layout="\n\t")

    # ---- what the user, or who writes for him, names

    def arguments(self, texts):
        """What can be an argument: no NUL in it, and not too long."""
        return [text for text in texts if "\0" not in text and len(text.encode()) < ARGUMENT_MAX]

    def test_values_and_names(self):
        self.place.write("seeds.txt", "http://127.0.0.1:82/\n")
        database = str(self.place.database)
        for text in self.arguments(self.few):
            for option in ("--delay", "--max-size", "--depth", "--scope", "--include", "--header", "--proxy",
                           "--log-format", "--user-agent", "--config", "--fetcher", "--canonicalize", "--types"):
                # Some are right: then there is another reason not to start.
                self.check_refused("-d", "/proc/none", f"{option}={text}", "seeds.txt")
            self.check_refused("-d", database, f"--{text}", "seeds.txt")
            self.check_refused("-d", f"none/{text}", "seeds.txt")
            self.check_refused(text if text[:1] not in ("-", "") else f"x{text}", "-d", "/proc/none",
                               lines=range(1, 30))  # it may be a file that is there
            for command in (["status", "-d"], ["check", "-d"], ["why", "http://a/", "-d"], ["cat", "http://a/", "-d"]):
                self.check_refused(*command, f"none/{text}")
            for command in ("why", "cat"):
                self.check_refused(command, "-d", "none.db", "--", text)
            self.check_refused("query", "-d", "none.db", "--", f"x{text}")
            self.check_refused("status", text if text[:1] != "-" else f"x{text}")
            if "\n" not in text:
                self.check_refused("status", "-d", "none.db", environment={"TERM": text, "HOME": f"/{text}",
                                                                            "XDG_CONFIG_HOME": f"/{text}"})

    def test_the_configuration_as_it_is_printed(self):
        for text in self.arguments(self.few):
            for option in ("--db", "--include", "--exclude", "--header", "--contact", "--user-agent", "-i", "--host"):
                value = f"X: {text}" if option == "--header" else text
                code, stdout, stderr = self.ask("config", option, value)
                self.check(stdout + stderr, (option, text))
                if code == 0 and option != "--host":  # it reads back as the same
                    self.place.write("printed.toml", stdout)
                    again = self.ask("config", "--config", "printed.toml")
                    self.assertEqual((again[0], again[2]), (0, b""), (option, text))
                    self.assertEqual(again[1].count(b"\n"), stdout.count(b"\n"), (option, text))
                    self.place.write("printed.toml", again[1])
                    self.assertEqual(self.ask("config", "--config", "printed.toml"), again, (option, text))

    def test_raw_bytes(self):
        for raw in (b"\xff", b"\x9b2J", b"\xed\xa0\x80", b"\xc0\xaf", b"a\xe2\x80", b"\xf5\x80\x80\x80"):
            self.place.write("seeds.txt", "http://127.0.0.1:82/\n")
            self.check_refused("-d", "/proc/none", b"--delay=" + raw, "seeds.txt")
            self.check_refused("-d", b"none/" + raw, "seeds.txt")
            self.check_refused("status", "-d", b"none/" + raw)
            self.check_refused("url", "--", b"http://" + raw + b"/ /")
            self.place.write("seeds.txt", b"http://127.0.0.1:82/ tag=" + raw + b"\n" + raw + b"\n")
            self.check_refused("-d", "/proc/none", "--strict", "seeds.txt", lines=(2, 3))

    def test_names_of_files(self):
        for text in self.arguments(self.few):
            name = "n" + text.replace("/", "_").encode()[:150].decode(errors="ignore")
            self.place.write(name + ".txt", "http://127.0.0.1:82/\nnonsense\n")
            database = str(self.place.folder / f"{name}.db")
            code, stdout, stderr = self.ask("-d", database, "--max-time", "1ms", "-vv", f"./{name}.txt")
            self.assertEqual((code, stdout), (0, b""), (text, stderr))
            self.check_log(stderr, text)
            for command in ("status", "check"):
                code, stdout, stderr = self.ask(command, "-d", database)
                self.assertEqual((code, stderr), (0, b""), text)
                self.check(stdout, text)
            self.assertEqual(json.loads(self.ask("status", "--json", "-d", database)[1])["database"], database)
            self.place.write(name, b"x" * 200)
            self.check_refused("-d", name, f"./{name}.txt", lines=(2,))

    def test_seeds_and_configuration(self):
        for text in self.few:
            line = text.encode()
            self.place.write("seeds.txt", b"\n".join([line, b"http://" + line + b"/", b"http://127.0.0.1:82/ tag=" + line,
                                                      b"http://127.0.0.1:82/ " + line + b"=x"]))
            code, stdout, stderr = self.ask("-d", "/proc/none", "seeds.txt")
            self.assertNotEqual(code, 0)
            self.check_log(stdout + stderr, text)
            for content in (line, b"delay = \"" + line + b"\"", line + b" = 1", b"delay = '" + line + b"'",
                            b"header = [" + json.dumps(text).encode() + b"]", b"[host.'" + line + b"']",
                            b"[host.h]\nuser = '" + line + b"'", b"[host.h]\ncookies = '" + line + b"'",
                            b"[host.h]\nheader = 'X: ${" + line + b"}'", b"[host.h]\n" + line + b" = 1"):
                self.place.write("crawl.toml", content)
                self.check_refused("-d", "/proc/none", "--config", "crawl.toml", "http://127.0.0.1:82/")

    # ---- the parts on their own

    def test_questions(self):
        database = str(self.place.database)
        self.ask("-d", database, "--max-time", "1ms", "http://127.0.0.1:82/")
        for text in self.arguments(self.few):
            name = '"' + text.replace('"', '""') + '"'
            for arguments in (["--", f"x{text}"], ["--", f"SELECT {text}"], ["--", "SELECT ?", text],
                              ["--csv", "--", "SELECT ?", text], ["--", f"SELECT 1 AS {name}"],
                              ["--csv", "--", f"SELECT 1 AS {name}"], ["--json", "--", f"SELECT 1 AS {name}"]):
                code, stdout, stderr = self.ask("query", "-d", database, *arguments)
                self.assertIn(code, (0, 64), (arguments, stderr))
                self.check(stdout + stderr, arguments)
                self.assertLessEqual(stderr.count(b"\n"), 1, arguments)

    def test_urls_and_robots(self):
        for text in self.arguments(self.few):
            for arguments in (["--", text], ["--", f"http://{text}/"], ["-v", "--", f"http://a/{text}?{text}#{text}"],
                              ["--base", text, "--", "x"], ["--canonicalize", text, "--", "http://a/"]):
                code, stdout, stderr = self.ask("url", *arguments)
                self.check(stdout + stderr, arguments)
                self.assertLessEqual(stderr.count(b"\n"), 1, arguments)
            self.place.write("robots.txt", f"User-agent: *\nDisallow: /{text}\nAllow: {text}\n".encode())
            for url in (f"/{text}", f"http://a/{text}", text or "x"):
                code, stdout, stderr = self.ask("robots", "robots.txt", "--", url)
                self.check(stdout + stderr, url)
                self.assertEqual(len((stdout + stderr).splitlines()), 1, url)

    def test_lines_of_json_give_the_strings_back(self):
        """Whatever is printed for a string is that string again for whoever reads it as JSON."""
        questions = b"".join(json.dumps({"input": f"http://a/{text}"}).encode() + b"\n" for text in self.strings)
        code, stdout, stderr = self.ask("url", "--jsonl", stdin=questions)
        self.assertEqual((code, stderr), (0, b""))
        self.check(stdout, "url --jsonl")
        self.assertEqual(len([json.loads(line) for line in stdout.decode().split("\n")[:-1]]), len(self.strings))

        questions = b"".join(json.dumps({"html": f"<title>{html.escape(text)}</title>", "content_type": text[:50]}).encode()
                             + b"\n" for text in self.strings)
        code, stdout, stderr = self.ask("parse", "--jsonl", "--fetchers", "2", stdin=questions)
        self.assertEqual(code, 0, stderr)
        self.check(stdout + stderr, "parse --jsonl")
        answers = [json.loads(line) for line in stdout.decode().split("\n")[:-1]]
        self.assertEqual(len(answers), len(self.strings))
        altered = re.compile("[\0-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")  # by every HTML parser
        same = 0
        for text, answer in zip(self.strings, answers):
            if answer.get("document") == "html" and len(text) < 500 and not altered.search(text):
                self.assertEqual(answer["title"], re.sub(" +", " ", text).strip(" "))
                same += 1
        self.assertGreater(same, len(self.strings) // 8)

    # ---- a stdout that takes nothing

    def test_nobody_reads(self):
        self.strings = self.strings[:10]
        database = self.crawl_site()
        self.place.write("robots.txt", "User-agent: *\n")
        self.place.write("page.html", "<title>x</title>")
        commands = [["status", "-d", database], ["status", "--json", "-d", database], ["check", "-d", database],
                    ["why", "-d", database, self.server.url()], ["cat", "-d", database, self.server.url()],
                    ["cat", "--text", "-d", database, self.server.url()], ["url", "-v", "http://a/"],
                    ["robots", "robots.txt", "/x"], ["parse", "page.html"], ["--help"], ["--version"],
                    ["status", "--help"]]
        for command in commands:
            with self.subTest(command=command[0]):
                self.check_no_reader(command)

    def check_no_reader(self, command):
        binary = crawl_run.program("CRAWL_BIN")
        clean = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.place.folder)}

        def run(script):
            done = subprocess.run(["bash", "-c", script, "bash", binary, *command], cwd=self.place.folder, env=clean,
                                  capture_output=True, timeout=crawl_run.DEADLINE_S, check=False)
            return done.returncode, done.stdout, done.stderr.decode()

        code, stdout, said = run('"$@" >/dev/full')
        self.assertEqual((code, stdout, said.count("\n")), (74, b"", 1), said)
        self.assertIn("No space left", said)
        code, stdout, said = run('"$@" >&-')
        self.assertEqual((code, stdout, said.count("\n")), (74, b"", 1), said)
        self.assertIn("Bad file descriptor", said)
        # A reader that has gone away wants to hear of nothing.
        code, stdout, said = run('set -o pipefail; { sleep 0.1; "$@"; } | true')
        self.assertEqual((code, stdout, said), (74, b"", ""))
        # With nothing open at all, nothing of ours lands in a file that is opened meanwhile.
        code, _, _ = run('"$@" <&- >&- 2>&-')
        self.assertEqual(code, 74)

    def test_a_run_without_standard_descriptors(self):
        self.strings = self.strings[:5]
        self.server = self.site()
        done = subprocess.run(["bash", "-c", '"$@" <&- >&- 2>&-', "bash", crawl_run.program("CRAWL_BIN"), "-d",
                               str(self.place.database), "-vv", *OPTIONS, self.server.url()],
                              cwd=self.place.folder, env={"HOME": str(self.place.folder)},
                              timeout=crawl_run.DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0)
        self.check_promises()
        self.assertEqual({path.name for path in self.place.folder.iterdir()} - {"crawl.db", "crawl.db-wal", "crawl.db-shm"},
                         set())


if __name__ == "__main__":
    crawl_run.main()
