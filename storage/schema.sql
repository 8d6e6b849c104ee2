-- SPDX-License-Identifier: MIT
-- The one place with DDL. Tables (singular) belong to crawl and may change with PRAGMA user_version;
-- views (plural) are the public SQL of docs/schema.md and are stable within a major version.
-- Times are milliseconds since 1970 UTC in tables, ISO 8601 in views. Words (state, outcome, reason,
-- kind, …) are the names of base/vocabulary.h.

CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;  -- 'fingerprint_seed', 'created_by', 'robots_agent'

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,              -- NULL: running, or died
  end_reason TEXT,               -- done, interrupted, max_pages, max_time, max_bytes, failed, died
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
  robots_state TEXT NOT NULL DEFAULT 'unknown',  -- unknown, ok, unavailable, unreachable, ignored
  robots_rules TEXT,             -- the group that applies, as a robots.txt
  robots_at INTEGER,
  crawl_delay_ms INTEGER,        -- as robots.txt asks
  delay_ms INTEGER NOT NULL DEFAULT 0,     -- in force, with back-off
  next_at INTEGER NOT NULL DEFAULT 0,      -- wall clock; no request before
  pages INTEGER NOT NULL DEFAULT 0,        -- page rows that fetches wrote, in all runs
  errors INTEGER NOT NULL DEFAULT 0        -- of these: not ok, not_modified, redirect, too_large, unsupported_type
);

-- Appended by rowid only: the coordinator gives out the ids and knows every URL's fingerprint.
CREATE TABLE url (
  id INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL,      -- 0: no host of ours (scheme_refused, url_too_long)
  seed_id INTEGER NOT NULL,      -- the seed it descends from
  via_id INTEGER,                -- the page it was first found on; NULL: a seed
  depth INTEGER NOT NULL,
  hops INTEGER NOT NULL DEFAULT 0,       -- redirects that led here
  first_seen_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT,
  reason TEXT,                   -- why skipped; one line for people where an outcome needs it
  attempts INTEGER NOT NULL DEFAULT 0,  -- fetches that ended without a final outcome
  strikes INTEGER NOT NULL DEFAULT 0,   -- fetchers that died of it
  url TEXT NOT NULL
);
CREATE INDEX url_pending ON url (host_id, depth, id) WHERE state = 'pending';

CREATE TABLE page (
  url_id INTEGER PRIMARY KEY,
  status INTEGER,                -- HTTP status; NULL: no response
  outcome TEXT NOT NULL,
  detail TEXT,                   -- reason in plain words where outcome is not ok
  redirect_id INTEGER,           -- url.id of the Location target
  content_type TEXT,
  charset TEXT,
  charset_source TEXT,
  title TEXT,
  description TEXT,
  lang TEXT,
  canonical TEXT,
  robots_directives INTEGER NOT NULL DEFAULT 0,
  parse_status TEXT,
  links_dropped INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER,                 -- decoded body
  wire_bytes INTEGER,
  elapsed_ms INTEGER,
  fetched_at INTEGER NOT NULL,   -- last fetch
  changed_at INTEGER,            -- last fetch whose content differed from the one before
  content_hash INTEGER,
  text_hash INTEGER,
  simhash INTEGER,
  fetcher_pid INTEGER,
  address TEXT,
  etag TEXT,
  last_modified TEXT,
  headers TEXT,
  text TEXT
);

CREATE TABLE body (url_id INTEGER PRIMARY KEY, zstd BLOB NOT NULL);

CREATE TABLE link (
  src_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,          -- order on the page
  dst_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  rel TEXT,
  anchor TEXT,
  PRIMARY KEY (src_id, seq)
) WITHOUT ROWID;

CREATE TABLE visit (
  url_id INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  status INTEGER,
  outcome TEXT NOT NULL,
  content_hash INTEGER,
  change TEXT,                   -- new, changed, gone; NULL: nothing changed
  PRIMARY KEY (url_id, run_id, at)
) WITHOUT ROWID;

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

CREATE VIEW urls AS
  SELECT u.url, u.state, u.outcome, u.reason, u.depth, v.url AS via,
         strftime('%Y-%m-%dT%H:%M:%fZ', u.first_seen_at / 1000.0, 'unixepoch') AS first_seen_at,
         u.attempts, u.strikes, s.tag
  FROM url u LEFT JOIN url v ON v.id = u.via_id LEFT JOIN seed s ON s.id = u.seed_id;

CREATE VIEW pages AS
  SELECT u.url, p.status, p.outcome, p.content_type, p.charset, p.title, p.description, p.lang,
         p.canonical, p.text, u.depth, p.bytes, p.elapsed_ms,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.fetched_at / 1000.0, 'unixepoch') AS fetched_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', p.changed_at / 1000.0, 'unixepoch') AS changed_at,
         CASE WHEN p.content_hash IS NOT NULL THEN printf('%016x', p.content_hash) END AS content_hash,
         p.fetcher_pid,
         p.detail, r.url AS redirect, p.charset_source, p.parse_status, p.links_dropped,
         p.robots_directives, p.wire_bytes, p.address, p.etag, p.last_modified, p.headers,
         CASE WHEN p.text_hash IS NOT NULL THEN printf('%016x', p.text_hash) END AS text_hash,
         CASE WHEN p.simhash IS NOT NULL THEN printf('%016x', p.simhash) END AS simhash
  FROM page p JOIN url u ON u.id = p.url_id LEFT JOIN url r ON r.id = p.redirect_id;

CREATE VIEW links AS
  SELECT s.url AS src, d.url AS dst, l.kind, l.rel, l.anchor, l.seq
  FROM link l JOIN url s ON s.id = l.src_id JOIN url d ON d.id = l.dst_id;

CREATE VIEW hosts AS
  SELECT name AS host, robots_state, crawl_delay_ms, delay_ms,
         strftime('%Y-%m-%dT%H:%M:%fZ', nullif(next_at, 0) / 1000.0, 'unixepoch') AS next_at, pages, errors,
         robots_rules, strftime('%Y-%m-%dT%H:%M:%fZ', robots_at / 1000.0, 'unixepoch') AS robots_at
  FROM host;

CREATE VIEW visits AS
  SELECT u.url, v.run_id AS run, strftime('%Y-%m-%dT%H:%M:%fZ', v.at / 1000.0, 'unixepoch') AS at,
         v.status, v.outcome,
         CASE WHEN v.content_hash IS NOT NULL THEN printf('%016x', v.content_hash) END AS content_hash,
         v.change IS NOT NULL AS changed
  FROM visit v JOIN url u ON u.id = v.url_id;

CREATE VIEW changes AS
  SELECT v.run_id AS run, u.url, v.change
  FROM visit v JOIN url u ON u.id = v.url_id WHERE v.change IS NOT NULL;

CREATE VIEW runs AS
  SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1000.0, 'unixepoch') AS ended_at,
         end_reason, pages, bytes, options, pid
  FROM run;

CREATE VIEW events AS
  SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, kind, pid, code, signal, url,
         text, run_id AS run
  FROM event;
