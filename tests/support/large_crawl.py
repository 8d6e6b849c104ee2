# SPDX-License-Identifier: MIT
"""A database as a long crawl leaves it, of as many URLs as a test wants: made by SQL, in seconds for a
million. Six in ten are fetched, two wait, two are skipped; each page has ten links."""

import contextlib
import sqlite3

TABLES = ("url", "page", "run", "seed", "host", "visit", "event", "robots_txt", "link", "content")

COUNT = "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < :count) "
ROWS = [
    "INSERT INTO run VALUES(1, 1700000000000, 1700050000000, 'done', 1, :urls, :urls * 9000, '{}')",
    "INSERT INTO run VALUES(2, 1700100000000, 1700186400000, 'done', 1, :urls / 2, :urls * 9000, '{}')",
    "INSERT INTO seed VALUES(1, 'http://host1.example.org/', NULL, NULL, NULL)",
    COUNT.replace(":count", ":hosts") + """
    INSERT INTO host(id, name, delay_ms, backoff_level, latency_ms, pages, errors)
    SELECT x, 'host' || x || '.example.org', 1000, x % 500 = 0, x % 900, 100 + x % 4000,
           CASE WHEN x % 200 = 0 THEN 100 + x % 4000 ELSE 0 END FROM i""",
    COUNT.replace(":count", ":urls") + """
    INSERT INTO url(id, host_id, seed_id, via_id, depth, first_seen_at, role, state, outcome, reason, url)
    SELECT x, 1 + x % :hosts, 1, x / 2, x % 12, 1700000000000, 'page',
           CASE WHEN x % 10 < 6 THEN 'done' WHEN x % 10 < 8 THEN 'pending' ELSE 'skipped' END,
           CASE WHEN x % 10 < 5 THEN 'ok'
                WHEN x % 10 = 5 THEN CASE x % 3 WHEN 0 THEN 'http_error' WHEN 1 THEN 'timeout' ELSE 'redirect' END END,
           CASE WHEN x % 10 >= 8 THEN 'out_of_scope' WHEN x % 10 = 5 AND x % 3 < 2 THEN 'no answer in time' END,
           'https://host' || (1 + x % :hosts) || '.example.org/library/section-' || (x % 100) || '/page-' || x || '.html'
    FROM i""",
    """INSERT INTO page(url_id, status, outcome, fetched_at, changed_at, content_hash, text_hash, simhash, text_bytes,
                        content_type, charset, document, bytes, wire_bytes, elapsed_ms, title, headers)
    SELECT id, CASE outcome WHEN 'ok' THEN 200 WHEN 'redirect' THEN 301 WHEN 'http_error' THEN 404 END, outcome,
           1700100000000 + id * 25 % 86400000, 1700000000000,
           CASE WHEN outcome = 'ok' THEN CASE WHEN id % 50 = 0 THEN id / 500 ELSE random() END END,
           random(), random(), 4000, 'text/html', 'UTF-8', 'html', abs(random()) % 60000, 9000, abs(random()) % 700,
           'Page number ' || id, hex(randomblob(100)) FROM url WHERE state = 'done'""",
    """INSERT INTO link SELECT url_id, seq.x, 1 + abs(random()) % :urls, 'a', NULL, 'a link' FROM page,
       (WITH RECURSIVE i(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM i WHERE x < 9) SELECT x FROM i) AS seq""",
    """INSERT INTO visit(url_id, run_id, at, status, outcome, change, text_changed)
    SELECT url_id, 2, fetched_at, status, outcome,
           CASE url_id % 20 WHEN 0 THEN 'changed' WHEN 1 THEN 'gone' END, 1 FROM page""",
]


def empty(database):
    """Takes all rows out of a database that a crawl has made."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")
        connection.commit()


def fill(database, urls):
    """Puts a large crawl in the place of all that is there."""
    empty(database)
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for sql in ROWS:
            connection.execute(sql, {"urls": urls, "hosts": max(1, urls // 200)})
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
