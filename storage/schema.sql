-- SPDX-License-Identifier: MIT
-- The one place with DDL. Tables (singular) belong to crawl and may change with PRAGMA user_version;
-- views (plural) are the public SQL of docs/schema.md and are stable within a major version. The first
-- CREATE VIEW divides the file: what follows is made anew by each version that opens a database to
-- write (database.cc), so that a new view needs no migration.
-- Times are milliseconds since 1970 UTC in tables, ISO 8601 in views. Words (state, outcome, reason,
-- kind, …) are the names of base/vocabulary.h.

CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;  -- 'fingerprint_seed', 'created_by', 'views', 'robots_agent', 'decided_by'

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,              -- NULL: running, or died
  end_reason TEXT,               -- done, interrupted, max_pages, max_time, max_bytes, disk_full, network_gone, unreachable, failed, died, copied
  pid INTEGER NOT NULL,
  pages INTEGER NOT NULL DEFAULT 0,  -- page rows its fetches wrote, with any outcome
  bytes INTEGER NOT NULL DEFAULT 0,  -- of their decoded bodies
  options TEXT NOT NULL          -- JSON object
);

CREATE TABLE seed (
  id INTEGER PRIMARY KEY,
  url TEXT NOT NULL UNIQUE,
  depth INTEGER,                 -- NULL: --depth
  scope TEXT,                    -- NULL: --scope
  tag TEXT
);

CREATE TABLE host (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,            -- authority: port only where it is not the default
  delay_ms INTEGER NOT NULL DEFAULT 0,      -- in force, with back-off
  backoff_level INTEGER NOT NULL DEFAULT 0, -- steps of back-off in force
  latency_ms INTEGER NOT NULL DEFAULT 0,    -- of its answers, smoothed
  next_at INTEGER NOT NULL DEFAULT 0,       -- wall clock; no request before
  pages INTEGER NOT NULL DEFAULT 0,         -- page rows that fetches wrote, in all runs
  errors INTEGER NOT NULL DEFAULT 0         -- of these, those that count as errors
);

-- An origin's robots.txt; no row: not asked for yet.
CREATE TABLE robots_txt (
  host_id INTEGER NOT NULL,
  scheme TEXT NOT NULL,
  state TEXT NOT NULL,           -- ok, unavailable, unreachable, ignored
  rules TEXT,                    -- the group that applies, as a robots.txt
  fetched_at INTEGER,
  failing_since INTEGER,         -- first of the failures in a row
  crawl_delay_ms INTEGER,        -- as it asks
  PRIMARY KEY (host_id, scheme)
) WITHOUT ROWID;

-- Appended by rowid only: the coordinator gives out the ids and knows every URL's fingerprint.
CREATE TABLE url (
  id INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL,      -- 0: no host of ours (scheme_refused, url_too_long)
  seed_id INTEGER NOT NULL,      -- the seed it descends from
  via_id INTEGER,                -- the page it was first found on; NULL: a seed
  depth INTEGER NOT NULL,
  hops INTEGER NOT NULL DEFAULT 0,       -- redirects that led here
  rank INTEGER NOT NULL DEFAULT 0,       -- place in its host's queue, before the id
  attempts INTEGER NOT NULL DEFAULT 0,   -- fetches that ended without a final outcome
  strikes INTEGER NOT NULL DEFAULT 0,    -- fetchers that died of it
  first_seen_at INTEGER NOT NULL,
  listed_at INTEGER,             -- newest time of change that a sitemap or feed gave; NULL: none
  due_at INTEGER,                -- to be fetched again; NULL: at once, as no fetch says otherwise
  role TEXT NOT NULL,            -- page, seed, sitemap, asset
  state TEXT NOT NULL,
  outcome TEXT,
  reason TEXT,                   -- why skipped; one line for people where an outcome needs it
  rule TEXT,                     -- which rule decided, where the reason does not say all
  url TEXT NOT NULL
);
CREATE INDEX url_pending ON url (host_id, rank, id) WHERE state = 'pending';

-- What many queries read stands first: SQLite reads a row no further than the last column asked for.
CREATE TABLE page (
  url_id INTEGER PRIMARY KEY,
  status INTEGER,                -- HTTP status; NULL: no response
  outcome TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,   -- last fetch
  changed_at INTEGER,            -- last fetch whose content differed from the one before
  content_hash INTEGER,
  text_hash INTEGER,
  simhash INTEGER,
  text_bytes INTEGER,
  content_id INTEGER,            -- NULL: neither text nor body is stored
  redirect_id INTEGER,           -- url.id of the Location target
  canonical_id INTEGER,          -- url.id of the canonical URL, where it is another one
  interval_ms INTEGER,           -- between two fetches, as long as they succeed
  failures INTEGER NOT NULL DEFAULT 0,  -- in a row
  failing_since INTEGER,         -- the first of these
  missing_run INTEGER,           -- run in which a good copy first answered 404 or 410
  content_type TEXT,
  charset TEXT,
  charset_source TEXT,
  document TEXT,
  parse_status TEXT,
  lang TEXT,
  lang_source TEXT,
  robots_directives INTEGER NOT NULL DEFAULT 0,
  links_dropped INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER,                 -- decoded body
  wire_bytes INTEGER,
  elapsed_ms INTEGER,
  fetcher_pid INTEGER,
  published_at INTEGER,          -- as the document says
  modified_at INTEGER,
  unavailable_after INTEGER,
  title TEXT,
  detail TEXT,                   -- reason in plain words where outcome is not ok
  description TEXT,
  author TEXT,
  canonical TEXT,
  address TEXT,
  etag TEXT,
  last_modified TEXT,
  headers TEXT,
  metadata TEXT                  -- JSON object
);

-- Texts and bodies, each once: pages and visits share a row that is the same byte for byte.
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  refs INTEGER NOT NULL,         -- pages and visits that point here
  fingerprint INTEGER NOT NULL,  -- of what follows, with the database's seed
  text TEXT,                     -- NULL: withheld
  main_text TEXT,                -- NULL: the same as text
  zstd BLOB                      -- NULL: no body is kept
);
CREATE INDEX content_fingerprint ON content (fingerprint);

CREATE TABLE link (
  src_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,          -- order on the page
  dst_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  rel TEXT,
  anchor TEXT,
  PRIMARY KEY (src_id, seq)
) WITHOUT ROWID;

-- Numbered as they were committed: what is new since visit N has a greater number.
CREATE TABLE visit (
  id INTEGER PRIMARY KEY,
  url_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status INTEGER,
  outcome TEXT NOT NULL,
  content_hash INTEGER,
  bytes INTEGER,                 -- decoded body that this fetch brought
  change TEXT,                   -- new, changed, gone; NULL: nothing changed
  text_changed INTEGER,          -- of a change: 1 where the text is another one too
  content_id INTEGER             -- the version it brought, where that is kept (--keep-versions)
);
CREATE INDEX visit_url ON visit (url_id);
CREATE INDEX visit_change ON visit (run_id) WHERE change IS NOT NULL;

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  run_id INTEGER,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,            -- fetcher_started, fetcher_exited, quarantined, host_backoff, robots, pause, limit …
  pid INTEGER,
  code INTEGER,
  signal INTEGER,
  url TEXT,
  text TEXT
);

CREATE VIEW IF NOT EXISTS urls AS
  SELECT u.url, u.state, u.outcome, u.reason, u.depth, v.url AS via,
         strftime('%Y-%m-%dT%H:%M:%fZ', u.first_seen_at / 1000.0, 'unixepoch') AS first_seen_at,
         u.attempts, u.strikes, s.tag, u.role, u.rule,
         strftime('%Y-%m-%dT%H:%M:%fZ', u.due_at / 1000.0, 'unixepoch') AS due_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', u.listed_at / 1000.0, 'unixepoch') AS listed_at
  FROM url u LEFT JOIN url v ON v.id = u.via_id LEFT JOIN seed s ON s.id = u.seed_id;

-- What other tables hold comes by subqueries: whoever does not ask for it does not wait for it.
CREATE VIEW IF NOT EXISTS pages AS
  SELECT u.url, p.status, p.outcome, p.content_type, p.charset, p.title, p.description, p.lang,
         p.canonical, (SELECT text FROM content WHERE id = p.content_id) AS text,
         u.depth, p.bytes, p.elapsed_ms,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.changed_at / 1000.0, 'unixepoch') AS changed_at,
         CASE WHEN p.content_hash IS NOT NULL THEN printf('%016x', p.content_hash) END AS content_hash,
         p.fetcher_pid,
         p.detail, (SELECT url FROM url WHERE id = p.redirect_id) AS redirect, p.charset_source,
         p.parse_status, p.links_dropped,
         p.robots_directives, p.wire_bytes, p.address, p.etag, p.last_modified, p.headers,
         CASE WHEN p.text_hash IS NOT NULL THEN printf('%016x', p.text_hash) END AS text_hash,
         CASE WHEN p.simhash IS NOT NULL THEN printf('%016x', p.simhash) END AS simhash,
         p.document, p.lang_source, p.author,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.published_at / 1000.0, 'unixepoch') AS published_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.modified_at / 1000.0, 'unixepoch') AS modified_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.unavailable_after / 1000.0, 'unixepoch') AS unavailable_after,
         p.metadata, (SELECT coalesce(main_text, text) FROM content WHERE id = p.content_id) AS main_text,
         p.text_bytes, (SELECT url FROM url WHERE id = p.canonical_id) AS duplicate_of,
         strftime('%Y-%m-%dT%H:%M:%fZ', u.due_at / 1000.0, 'unixepoch') AS due_at,
         p.interval_ms, p.failures,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.failing_since / 1000.0, 'unixepoch') AS failing_since,
         nullif(rtrim(CASE WHEN p.robots_directives & 1 THEN 'noindex ' ELSE '' END ||
                      CASE WHEN p.robots_directives & 2 THEN 'nofollow ' ELSE '' END ||
                      CASE WHEN p.robots_directives & 4 THEN 'noarchive ' ELSE '' END ||
                      CASE WHEN p.robots_directives & 8 THEN 'unavailable ' ELSE '' END), '') AS robots
  FROM page p JOIN url u ON u.id = p.url_id;

CREATE VIEW IF NOT EXISTS links AS
  SELECT s.url AS src, d.url AS dst, l.kind, l.rel, l.anchor, l.seq
  FROM link l JOIN url s ON s.id = l.src_id JOIN url d ON d.id = l.dst_id;

CREATE VIEW IF NOT EXISTS hosts AS
  SELECT h.name AS host, coalesce(s.state, p.state, 'unknown') AS robots_state,
         CASE WHEN s.state IS NULL THEN p.crawl_delay_ms ELSE s.crawl_delay_ms END AS crawl_delay_ms,
         h.delay_ms,
         strftime('%Y-%m-%dT%H:%M:%fZ', nullif(h.next_at, 0) / 1000.0, 'unixepoch') AS next_at,
         h.pages, h.errors,
         CASE WHEN s.state IS NULL THEN p.rules ELSE s.rules END AS robots_rules,
         strftime('%Y-%m-%dT%H:%M:%fZ', CASE WHEN s.state IS NULL THEN p.fetched_at ELSE s.fetched_at END / 1000.0,
                  'unixepoch') AS robots_at,
         h.backoff_level, h.latency_ms
  FROM host h LEFT JOIN robots_txt s ON s.host_id = h.id AND s.scheme = 'https'
       LEFT JOIN robots_txt p ON p.host_id = h.id AND p.scheme = 'http';

CREATE VIEW IF NOT EXISTS visits AS
  SELECT u.url, v.run_id AS run, strftime('%Y-%m-%dT%H:%M:%fZ', v.at / 1000.0, 'unixepoch') AS at,
         v.status, v.outcome,
         CASE WHEN v.content_hash IS NOT NULL THEN printf('%016x', v.content_hash) END AS content_hash,
         v.change IS NOT NULL AS changed, v.change, v.bytes
  FROM visit v JOIN url u ON u.id = v.url_id;

CREATE VIEW IF NOT EXISTS changes AS
  SELECT v.run_id AS run, u.url, v.change, v.text_changed
  FROM visit v JOIN url u ON u.id = v.url_id WHERE v.change IS NOT NULL;

-- The visit that brought the current copy needs no reference of its own: the page has one.
CREATE VIEW IF NOT EXISTS versions AS
  SELECT u.url, v.run_id AS run, strftime('%Y-%m-%dT%H:%M:%fZ', v.at / 1000.0, 'unixepoch') AS at,
         CASE WHEN v.content_hash IS NOT NULL THEN printf('%016x', v.content_hash) END AS content_hash,
         v.bytes, v.text_changed, v.at = p.changed_at AS is_current,
         (SELECT text FROM content WHERE id = coalesce(v.content_id, p.content_id)) AS text,
         (SELECT coalesce(main_text, text) FROM content WHERE id = coalesce(v.content_id, p.content_id)) AS main_text
  FROM visit v JOIN url u ON u.id = v.url_id JOIN page p ON p.url_id = v.url_id
  WHERE v.change IN ('new', 'changed') AND
        (v.content_id IS NOT NULL OR (v.at = p.changed_at AND p.content_id IS NOT NULL));

CREATE VIEW IF NOT EXISTS runs AS
  SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
         end_reason, pages, bytes, options, pid
  FROM run;

CREATE VIEW IF NOT EXISTS events AS
  SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, kind, pid, code, signal, url,
         text, run_id AS run
  FROM event;

CREATE VIEW IF NOT EXISTS robots AS
  SELECT h.name AS host, r.scheme, r.state, r.rules, r.crawl_delay_ms,
         strftime('%Y-%m-%dT%H:%M:%fZ', r.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', r.failing_since / 1000.0, 'unixepoch') AS failing_since
  FROM robots_txt r JOIN host h ON h.id = r.host_id;

-- Pages whose bodies are the same.
CREATE VIEW IF NOT EXISTS duplicates AS
  SELECT printf('%016x', d.content_hash) AS content_hash, d.copies, u.url
  FROM (SELECT content_hash, count(*) AS copies FROM page
        WHERE content_hash IS NOT NULL AND outcome <> 'gone'
        GROUP BY content_hash HAVING count(*) > 1) d
       JOIN page p ON p.content_hash = d.content_hash AND p.outcome <> 'gone'
       JOIN url u ON u.id = p.url_id;

-- Simhashes that differ in at most three of 64 bits are equal in one of four bands of 16, so it is
-- enough to compare those. a ^ b is (a | b) & ~(a & b). The bits of a part of 13 are counted by
-- laying it out four times, 13 bits apart: every fourth bit of that shows each bit of the part once,
-- and what remains of a division by 15 is the sum of the digits to the base of 16.
CREATE VIEW IF NOT EXISTS near_duplicates AS
  WITH hash AS MATERIALIZED
         (SELECT simhash AS hash, min(url_id) AS first_id FROM page
          WHERE simhash IS NOT NULL AND text_bytes >= 256 AND outcome <> 'gone' GROUP BY simhash),
       band AS MATERIALIZED
         (SELECT hash, first_id, hash & 65535 AS part FROM hash UNION ALL
          SELECT hash, first_id, (hash >> 16 & 65535) + 65536 FROM hash UNION ALL
          SELECT hash, first_id, (hash >> 32 & 65535) + 131072 FROM hash UNION ALL
          SELECT hash, first_id, (hash >> 48 & 65535) + 196608 FROM hash),
       difference AS
         (SELECT a.hash, b.first_id, (a.hash | b.hash) & ~(a.hash & b.hash) AS bits
          FROM band a CROSS JOIN band b ON b.part = a.part AND b.first_id < a.first_id),
       near AS
         (SELECT hash, first_id FROM difference
          WHERE ((bits & 8191) * 549822930945 & 300239975158033) % 15 +
                ((bits >> 13 & 8191) * 549822930945 & 300239975158033) % 15 +
                ((bits >> 26 & 8191) * 549822930945 & 300239975158033) % 15 +
                ((bits >> 39 & 8191) * 549822930945 & 300239975158033) % 15 +
                ((bits >> 52 & 4095) * 549822930945 & 300239975158033) % 15 <= 3
          UNION ALL SELECT hash, first_id FROM hash),
       best AS MATERIALIZED (SELECT hash, min(first_id) AS first_id FROM near GROUP BY hash),
       found AS MATERIALIZED
         (SELECT p.url_id, r.url_id AS first_id, (p.simhash | r.simhash) & ~(p.simhash & r.simhash) AS bits
          FROM page p CROSS JOIN best b ON b.hash = p.simhash JOIN page r ON r.url_id = b.first_id
          WHERE p.text_bytes >= 256 AND p.outcome <> 'gone' AND p.url_id <> r.url_id AND
                p.text_hash IS NOT r.text_hash)
  SELECT r.url AS representative, u.url,
         ((bits & 8191) * 549822930945 & 300239975158033) % 15 +
         ((bits >> 13 & 8191) * 549822930945 & 300239975158033) % 15 +
         ((bits >> 26 & 8191) * 549822930945 & 300239975158033) % 15 +
         ((bits >> 39 & 8191) * 549822930945 & 300239975158033) % 15 +
         ((bits >> 52 & 4095) * 549822930945 & 300239975158033) % 15 AS distance
  FROM found f JOIN url u ON u.id = f.url_id JOIN url r ON r.id = f.first_id;

-- What follows are ready-made questions: `crawl query NAME`.

-- Links whose targets cannot be had. The few targets are found first, as links have no index by target.
CREATE VIEW IF NOT EXISTS broken_links AS
  SELECT s.url AS src, d.url AS dst, p.status, d.outcome, l.kind, l.anchor, coalesce(d.reason, p.detail) AS reason
  FROM link l CROSS JOIN url d ON d.id = l.dst_id CROSS JOIN url s ON s.id = l.src_id
       LEFT JOIN page p ON p.url_id = l.dst_id
  WHERE l.dst_id IN (SELECT id FROM url WHERE outcome IN
          ('http_error', 'gone', 'dns_failed', 'connect_failed', 'tls_failed', 'timeout', 'incomplete',
           'headers_too_large', 'protocol_error', 'redirect_limit', 'port_refused'));

-- Of each redirect that was fetched, where it leads in the end. A circle is followed twenty times.
CREATE VIEW IF NOT EXISTS redirects AS
  WITH RECURSIVE chain(id, at, hops) AS
         (SELECT url_id, redirect_id, 1 FROM page WHERE outcome = 'redirect' AND redirect_id IS NOT NULL
          UNION ALL
          SELECT c.id, p.redirect_id, c.hops + 1 FROM chain c JOIN page p ON p.url_id = c.at
          WHERE p.outcome = 'redirect' AND p.redirect_id IS NOT NULL AND c.hops < 20),
       whole AS (SELECT id, at, max(hops) AS hops FROM chain GROUP BY id)
  SELECT u.url, p.status, t.url AS redirect, w.hops, f.url AS final,
         coalesce(f.outcome, f.reason, f.state) AS final_outcome
  FROM whole w JOIN url u ON u.id = w.id JOIN page p ON p.url_id = w.id
       JOIN url t ON t.id = p.redirect_id JOIN url f ON f.id = w.at;

-- Pages that no other page leads to: known from sitemaps, feeds, or links that are no more.
CREATE VIEW IF NOT EXISTS orphans AS
  SELECT u.url, v.url AS via, u.listed_at IS NOT NULL AS listed, p.title, p.bytes
  FROM page p JOIN url u ON u.id = p.url_id LEFT JOIN url v ON v.id = u.via_id
  WHERE p.outcome = 'ok' AND u.role = 'page' AND p.url_id NOT IN
          (SELECT dst_id FROM link WHERE src_id <> dst_id AND kind NOT IN ('sitemap', 'feed', 'sitemap_file'));

CREATE VIEW IF NOT EXISTS largest AS
  SELECT u.url, p.bytes, p.wire_bytes, p.content_type, p.title
  FROM page p JOIN url u ON u.id = p.url_id WHERE p.bytes IS NOT NULL ORDER BY p.bytes DESC;

CREATE VIEW IF NOT EXISTS slowest AS
  SELECT u.url, p.elapsed_ms, p.bytes, p.status, p.outcome
  FROM page p JOIN url u ON u.id = p.url_id WHERE p.elapsed_ms IS NOT NULL ORDER BY p.elapsed_ms DESC;

CREATE VIEW IF NOT EXISTS by_host AS
  SELECT h.name AS host, count(*) AS urls, sum(u.state = 'pending') AS pending, sum(u.state = 'skipped') AS skipped,
         sum(u.outcome = 'ok') AS ok, sum(u.outcome <> 'ok') AS not_ok, sum(p.bytes) AS bytes,
         CAST(avg(p.elapsed_ms) AS INTEGER) AS elapsed_ms
  FROM url u JOIN host h ON h.id = u.host_id LEFT JOIN page p ON p.url_id = u.id
  GROUP BY u.host_id ORDER BY ok DESC, urls DESC;
