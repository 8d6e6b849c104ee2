#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of the coordinator at 50 random moments of one crawl, each followed by the same command:
the result equals that of a run that nobody disturbed."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import crawl_run
import nginx

CORPUS = "postgresql-doc-15/html"
KILLS = 50
# 1,170 pages, one every 12 ms: 14 s. The kills leave at most 50 × 0.25 s, 6.25 s as a rule.
PACE = ["--delay", "12ms", "--host-concurrency", "8", "-f", "2"]
FETCHING_MAX_S = 0.25
COMPARED = {
    "urls": "SELECT url, state, outcome, reason, attempts FROM urls",
    "pages": "SELECT url, status, outcome, content_type, charset, title, description, lang, canonical, "
             "text, bytes, content_hash, text_hash, simhash, parse_status, links_dropped FROM pages",
    "links": "SELECT src, seq, dst, kind, rel, anchor FROM links",
    "bodies": "SELECT u.url, c.zstd FROM page p JOIN content c ON c.id = p.content_id "
              "JOIN url u ON u.id = p.url_id WHERE c.zstd IS NOT NULL",
    "visits": "SELECT url, status, outcome, content_hash FROM visits",
    "seeds": "SELECT url, depth, scope, tag FROM seed",
}


class CoordinatorDies(crawl_run.EndToEnd):
    def test_50_times_in_one_crawl(self):
        root = crawl_run.corpus(CORPUS)
        server = nginx.Nginx(self.place.folder, {"127.0.0.1": root})
        self.addCleanup(server.stop)
        seeds = self.place.write("seeds.txt", server.url() + "\n")
        undisturbed = self.place.folder / "undisturbed.db"
        ended = self.place.run("-d", undisturbed, "-q", "--delay", "0", "--host-concurrency", "16", seeds)
        self.assertEqual(ended.code, 0, ended.stderr)

        command = ["-d", self.place.database, "-q", "--no-progress", *PACE, seeds]
        random = crawl_run.seeded_random()
        for number in range(KILLS):
            self.kill_at_a_random_moment(server, command, random, number)
        before = self.place.query("SELECT count(*) FROM visits")[0][0]
        self.assertLess(before, 1170, "killed only what was still running")
        ended = self.place.run(*command)
        self.assertEqual(ended.code, 0, ended.stderr)

        self.check_promises()
        self.check_promises(database=undisturbed)
        for what, sql in COMPARED.items():
            self.assertEqual(self.rows(undisturbed, sql), self.rows(self.place.database, sql), what)
        # No page that was committed was fetched again, in whatever run.
        self.assertEqual(self.place.query("SELECT url FROM visits GROUP BY url HAVING count(*) > 1"), [])
        reasons = self.place.query("SELECT end_reason FROM runs ORDER BY id")
        self.assertEqual(set(reasons[:-1]), {("died",)})
        self.assertEqual(reasons[-1], ("done",))
        self.assertGreater(len(reasons), KILLS // 2, "most were killed when their run had begun")

    def kill_at_a_random_moment(self, server, command, random, number):
        asked = server.requests()
        run = self.place.start(*command)
        if number % 5 == 0:  # at its birth
            moment = random.uniform(0, 0.1)
        else:  # at its work
            crawl_run.wait_for(lambda: server.requests() > asked or not run.alive(), "a request")
            moment = random.uniform(0, FETCHING_MAX_S)
        threading.Event().wait(moment)
        self.assertTrue(run.alive(), f"run {number} ended by itself")
        run.kill()

    def rows(self, database, sql):
        return sorted(self.place.query(sql, database=database), key=repr)


if __name__ == "__main__":
    crawl_run.main(nginx.nginx_program, lambda: crawl_run.corpus(CORPUS))
