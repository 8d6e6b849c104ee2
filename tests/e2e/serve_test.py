#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`crawl serve`: what it answers browsers and programs, and what it does not."""

import contextlib
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
from scripted_server import ScriptedServer, links, page, reply

STRANGER = 61234  # a user that has no other process
TOKEN = "0123456789abcdef0123456789abcdef"


class Served(crawl_run.EndToEnd):
    def setUp(self):
        super().setUp()
        self.site = ScriptedServer({
            "/": links("/a", "/gone", "/evil", "/pond"), "/a": page("The heron stands in the pond.", title="Herons"),
            "/gone": reply(404), "/evil": page("x", title="&lt;script&gt;alert(1)&lt;/script&gt;&#27;[31m"),
            "/pond": page("Frogs.", title="Pond")})
        self.addCleanup(self.site.close)
        self.crawl("-q", "--delay", "0", self.site.url())

    def serve(self, *options, database=None, user=None):
        process = subprocess.Popen(
            [os.environ["CRAWL_BIN"], "serve", "-d", str(database or self.place.database), "--listen", "0", *options],
            stderr=subprocess.PIPE, text=True, user=user, env={**os.environ, "HOME": str(self.place.folder)})
        self.addCleanup(self.end, process)
        line = process.stderr.readline()
        self.port = int(re.search(r"http://[^/]+:(\d+)/", line).group(1))
        return process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            process.wait(10)
        process.stderr.close()

    def get(self, path, method="GET", headers=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return response, response.read().decode()

    def json(self, path, status=200):
        response, body = self.get(path)
        self.assertEqual(response.status, status, body)
        self.assertEqual(response.headers["Content-Type"], "application/json")
        return json.loads(body)

    def test_what_programs_ask(self):
        self.serve()
        status = self.json("/api/status")
        self.assertEqual(status["outcomes"], {"ok": 4, "http_error": 1})
        self.assertNotIn("live", status)
        why = self.json("/api/why?url=" + self.site.url("/gone"))
        self.assertTrue(why["known"])
        self.assertIn({"label": "outcome", "text": "http_error (HTTP status 404)"}, why["story"])
        unknown = self.json("/api/why?url=" + self.site.url("/gon"))
        self.assertEqual((unknown["known"], unknown["story"]), (False, []))
        self.assertIn(self.site.url("/gone"), unknown["near"])
        broken = self.json("/api/query/broken-links")
        self.assertEqual([(row["src"], row["dst"]) for row in broken], [(self.site.url(), self.site.url("/gone"))])
        self.assertEqual(len(self.json("/api/query/pages?limit=2")), 2)
        self.assertIn("<script>", json.dumps(self.json("/api/query/pages")))

    def found(self, words):
        """What a search finds, once the index is there."""
        def answer():
            response, body = self.get("/api/search?q=" + words)
            answer = json.loads(body)
            return answer if response.status == 200 and answer["complete"] else None
        return crawl_run.wait_for(answer, "the index is made")

    def test_search(self):
        self.serve()
        answer = self.found("heron+pond")
        self.assertEqual([hit["url"] for hit in answer["hits"]], [self.site.url("/a")])
        self.assertEqual([piece["text"] for piece in answer["hits"][0]["snippet"] if piece["match"]], ["heron", "pond"])
        self.assertEqual(self.found("penguin")["hits"], [])
        _, body = self.get("/search?q=%22heron%20stands%22")
        self.assertIn("The <mark>heron stands</mark> in the pond.", body)
        self.json("/api/search", 400)
        self.json("/api/search?q=-heron", 400)
        self.json("/api/search?q=heron&limit=x", 400)
        self.json("/api/search?q=heron&offset=-1", 400)
        # What comes later is found as well.
        self.site.routes["/a"] = page("A kingfisher dives.", title="Kingfishers")
        self.crawl("-q", "--delay", "0", "--revisit", "0", self.site.url())
        crawl_run.wait_for(lambda: self.found("kingfisher")["hits"], "the index has caught up")

    def test_a_search_where_there_is_room_for_no_other_process(self):
        if os.geteuid() != 0 or self.place.run("--version", user=STRANGER).code != 0:
            self.skipTest("needs root, and programs that others can reach")
        for path in (self.place.folder, *self.place.folder.glob("crawl.db*")):
            os.chown(path, STRANGER, -1)
        process = self.serve(user=STRANGER)
        def permit(count):
            subprocess.run(["prlimit", f"--pid={process.pid}", f"--nproc={count}:"], user=STRANGER, check=True)
        # One connection, which has its thread, and no room for more.
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", "/api/status")
            self.assertEqual(connection.getresponse().read()[:1], b"{")
            permit(1)
            connection.request("GET", "/api/search?q=heron")
            response = connection.getresponse()
            self.assertEqual(response.status, 503)
            self.assertIn("start a thread", json.loads(response.read())["error"])
            connection.request("GET", "/api/status")
            self.assertEqual(json.loads(connection.getresponse().read())["outcomes"]["ok"], 4)
        permit(100)
        self.assertEqual(len(self.found("heron")["hits"]), 1)

    def test_the_report(self):
        self.serve()
        response, body = self.get("/report")
        self.assertEqual(response.status, 200)
        self.assertIn("Content-Security-Policy", body)
        self.assertIn("Broken links", body)

    def test_an_answer_has_a_bound(self):
        with contextlib.closing(sqlite3.connect(self.place.database)) as database:
            database.execute("UPDATE content SET text = printf('%.*c', 5000000, 'x')")
            database.commit()
        self.serve()
        self.json("/api/query/pages", 400)
        self.assertEqual(len(self.json("/api/query/pages?limit=1")), 1)

    def test_questions_that_are_wrong(self):
        self.serve()
        self.json("/api/why?url=nothing", 400)
        self.json("/api/why", 400)
        self.json("/api/query/nothing", 404)
        self.json("/api/query/pages%22%20UNION%20SELECT%201--", 404)
        self.json("/api/query/sqlite_schema", 404)
        for limit in ("0", "-1", "x", "1e9", "99999999999999999999"):
            self.json(f"/api/query/pages?limit={limit}", 400)
        self.json("/api/nothing", 404)
        self.assertEqual(self.get("/nothing")[0].status, 404)
        self.assertEqual(self.get("/", method="POST")[0].status, 405)
        self.assertEqual(self.get("/api/status", method="DELETE")[0].status, 405)

    def test_metrics(self):
        self.serve()
        response, body = self.get("/metrics")
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        for line in ("crawl_run 1", "crawl_running 0", 'crawl_outcomes{outcome="http_error"} 1', "crawl_pages 5"):
            self.assertIn(line, body.splitlines())

    def events(self, connection):
        connection.request("GET", "/api/events")
        response = connection.getresponse()
        self.assertEqual(response.headers["Content-Type"], "text/event-stream")
        while True:
            line = response.fp.readline().decode()
            self.assertTrue(line, "the stream has ended")
            if line.startswith("data: "):
                yield json.loads(line[len("data: "):])

    def test_a_crawl_that_is_under_way(self):
        paths = [f"/{n}" for n in range(500)]
        slow = ScriptedServer({"/": links(*paths), **{path: page(path) for path in paths}})
        self.addCleanup(slow.close)
        self.place.database = self.place.folder / "live.db"
        run = self.begin("-q", "-f", "2", "--delay", "20ms", "--max-pages", "400", slow.url())
        crawl_run.wait_for(lambda: len(slow.paths()) > 20, "the crawl is under way")
        self.serve()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        seen = []
        for event in self.events(connection):
            seen.append(event)
            if not event["running"]:
                break
            self.assertEqual(len(event["fetchers"]), 2)
        self.assertGreater(len(seen), 2)
        pages = [event["pages"] for event in seen]
        self.assertEqual(pages, sorted(pages))
        self.assertEqual(pages[-1], 400)
        self.finish(run, complete=False)

    def test_many_listeners_leave_room_for_others(self):
        self.serve()
        listening = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=20) for _ in range(40)]
        answers = []
        for connection in listening:
            self.addCleanup(connection.close)
            connection.request("GET", "/api/events")
            answers.append(connection.getresponse().status)
        self.assertEqual((answers.count(200), answers.count(503)), (32, 8))
        self.json("/api/status")
        for connection in listening:
            connection.close()
        crawl_run.wait_for(lambda: self.get("/api/events", method="HEAD")[0].status == 200, "they have gone")

    def test_it_ends_at_once_also_with_somebody_listening(self):
        process = self.serve()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        next(self.events(connection))
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_who_may_ask(self):
        self.serve()
        self.assertEqual(self.get("/api/status", headers={"Host": "evil.example"})[0].status, 403)
        self.assertEqual(self.get("/api/status", headers={"Sec-Fetch-Site": "cross-site",
                                                         "Sec-Fetch-Mode": "cors"})[0].status, 403)
        response, _ = self.get("/api/status")
        self.assertIn("default-src 'none'", response.headers["Content-Security-Policy"])
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertIsNone(response.headers["Access-Control-Allow-Origin"])

    def test_a_token(self):
        secret = self.place.folder / "token"
        secret.write_text(TOKEN + "\n")
        secret.chmod(0o600)
        self.serve("--token-file", secret)
        self.assertEqual(self.get("/api/status")[0].status, 401)
        self.assertEqual(self.get("/api/status", headers={"Authorization": "Bearer " + TOKEN})[0].status, 200)
        response, _ = self.get("/?token=" + TOKEN)
        self.assertEqual((response.status, response.headers["Location"]), (303, "/"))
        cookie = response.headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.get("/api/status", headers={"Cookie": cookie})[0].status, 200)

    def test_what_cannot_be_served(self):
        def code(*arguments):
            return self.place.run("serve", *arguments).code

        secret = self.place.folder / "token"
        secret.write_text("short\n")
        known = ("-d", self.place.database)
        self.assertEqual(code("-d", self.place.folder / "none.db"), 66)
        self.assertEqual(code(*known, "--listen", "0.0.0.0:0"), 64)
        self.assertEqual(code(*known, "--listen", "example.org:80"), 64)
        self.assertEqual(code(*known, "--listen", "127.0.0.1:99999"), 64)
        secret.chmod(0o644)
        ended = self.place.run("serve", *known, "--listen", "192.0.2.1:0", "--token-file", secret)
        self.assertEqual(ended.code, 78)
        self.assertIn("open to every user of this machine: chmod o= ", ended.stderr)
        self.assertEqual(code(*known, "--token-file", self.place.folder / "none"), 66)
        self.serve()
        self.assertEqual(code(*known, "--listen", str(self.port)), 73)

    def test_a_database_that_goes_and_comes(self):
        self.serve()
        aside = self.place.folder / "aside.db"
        self.place.database.rename(aside)
        self.json("/api/status", 503)
        aside.rename(self.place.database)
        self.json("/api/status")


if __name__ == "__main__":
    crawl_run.main()
