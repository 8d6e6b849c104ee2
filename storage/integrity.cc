// SPDX-License-Identifier: MIT
#include "storage/integrity.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstdlib>

#include "storage/body.h"
#include "storage/content_store.h"
#include "storage/rows.h"

namespace crawl {

namespace {

// `sql` yields one row per violation, with an example in its first column.
struct Rule {
  const char* rule;
  const char* sql;
};

constexpr Rule kRules[] = {
    {"a URL whose state is none of pending, done, skipped",
     "SELECT url FROM url WHERE state NOT IN ('pending', 'done', 'skipped')"},
    {"a done URL without an outcome",
     "SELECT url FROM url WHERE state = 'done' AND outcome IS NULL"},
    {"a skipped URL without a reason",
     "SELECT url FROM url WHERE state = 'skipped' AND reason IS NULL"},
    {"a pending URL with an outcome",
     "SELECT url FROM url WHERE state = 'pending' AND outcome IS NOT NULL"},
    {"a fetched URL without a page",
     "SELECT url FROM url WHERE state = 'done' AND outcome IN ('ok', 'not_modified', 'redirect', "
     "'http_error', 'gone', 'too_large', 'unsupported_type') AND id NOT IN "
     "(SELECT url_id FROM page)"},
    {"a page without a URL",
     "SELECT 'page ' || url_id FROM page WHERE url_id NOT IN (SELECT id FROM url)"},
    {"a page that never was fetched in any run",
     "SELECT 'page ' || url_id FROM page WHERE NOT EXISTS "
     "(SELECT 1 FROM visit WHERE visit.url_id = page.url_id)"},
    {"a reference to content that does not exist",
     "SELECT 'page ' || url_id FROM page WHERE content_id IS NOT NULL AND content_id NOT IN "
     "(SELECT id FROM content) UNION ALL SELECT 'visit of ' || url_id FROM visit WHERE content_id "
     "IS NOT NULL AND content_id NOT IN (SELECT id FROM content)"},
    {"content that is empty",
     "SELECT 'content ' || id FROM content WHERE text IS NULL AND zstd IS NULL"},
    {"content whose references are not those that are counted",
     "SELECT 'content ' || id FROM content LEFT JOIN (SELECT content_id, count(*) AS refs FROM "
     "(SELECT content_id FROM page UNION ALL SELECT content_id FROM visit) GROUP BY content_id) r "
     "ON r.content_id = id WHERE content.refs IS NOT r.refs"},
    {"a link from a page that does not exist",
     "SELECT 'link of ' || src_id FROM link WHERE src_id NOT IN (SELECT url_id FROM page)"},
    {"a link to a URL that does not exist",
     "SELECT 'link of ' || src_id || ' to ' || dst_id FROM link WHERE dst_id NOT IN "
     "(SELECT id FROM url)"},
    {"a visit of a URL that does not exist",
     "SELECT 'visit of ' || url_id FROM visit WHERE url_id NOT IN (SELECT id FROM url)"},
    {"a visit in a run that does not exist",
     "SELECT 'run ' || run_id FROM visit WHERE run_id NOT IN (SELECT id FROM run)"},
    {"a URL of a host that does not exist",
     "SELECT url FROM url WHERE host_id <> 0 AND host_id NOT IN (SELECT id FROM host)"},
    {"a URL found on a URL that does not exist",
     "SELECT url FROM url WHERE via_id IS NOT NULL AND via_id NOT IN (SELECT id FROM url)"},
    {"a run that ended without a reason",
     "SELECT 'run ' || id FROM run WHERE ended_at IS NOT NULL AND end_reason IS NULL"},
    {"a run that has no end although another began after it",
     "SELECT 'run ' || id FROM run WHERE end_reason IS NULL AND id < (SELECT max(id) FROM run)"},
};

void note(Violation& violation, std::string_view example) {
  ++violation.count;
  if (violation.examples.size() < kViolationExamples) violation.examples.emplace_back(example);
}

void keep(Violation violation, IntegrityReport& report) {
  if (violation.count > 0) report.violations.push_back(std::move(violation));
}

// SQLite tells of a page that it could not read among the damages, with a code: "… unable to get
// the page. error code=10".
bool is_read_error(std::string_view damage) {
  constexpr std::string_view kCode = "error code=";
  const size_t at = damage.find(kCode);
  if (at == std::string_view::npos) return false;
  return (std::atoi(std::string(damage.substr(at + kCode.size())).c_str()) & 0xff) == SQLITE_IOERR;
}

Result<void> check_file(Database& database, IntegrityReport& report) {
  Violation damage{"the file is damaged", 0, {}};
  bool unread = false;
  Result<void> done =
      for_each_row(database, "PRAGMA integrity_check(100)", [&](const Statement& row) {
        unread |= is_read_error(row.text(0));
        if (row.text(0) != "ok") note(damage, row.text(0));
      });
  // Perhaps nothing is wrong but the disk, or the way to it.
  if (done && unread) return Error{Errc::kIo, EIO, "the database cannot be read"};
  keep(std::move(damage), report);
  return done;
}

Result<void> check_rules(Database& database, IntegrityReport& report) {
  for (const Rule& rule : kRules) {
    Violation violation{rule.rule, 0, {}};
    Result<void> done = for_each_row(database, rule.sql,
                                     [&](const Statement& row) { note(violation, row.text(0)); });
    if (!done) return done;
    keep(std::move(violation), report);
  }
  return {};
}

// Each body once for each hash that it is said to have, by pages and by kept versions.
constexpr const char* kBodies =
    "SELECT u.url, c.zstd, h.content_hash FROM (SELECT content_id, content_hash, min(url_id) AS "
    "url_id FROM (SELECT content_id, content_hash, url_id FROM page UNION ALL "
    "SELECT content_id, content_hash, url_id FROM visit) WHERE content_id IS NOT NULL "
    "GROUP BY content_id, content_hash) h JOIN content c ON c.id = h.content_id "
    "JOIN url u ON u.id = h.url_id WHERE c.zstd IS NOT NULL";
constexpr const char* kTexts =
    "SELECT u.url, c.text, h.text_hash FROM (SELECT content_id, text_hash, min(url_id) AS url_id "
    "FROM page WHERE content_id IS NOT NULL AND text_hash IS NOT NULL "
    "GROUP BY content_id, text_hash) h JOIN content c ON c.id = h.content_id "
    "JOIN url u ON u.id = h.url_id WHERE c.text IS NOT NULL";

Result<void> check_bodies(Database& database, ContentHasher& hasher, IntegrityReport& report) {
  Violation damaged{"a body that does not decompress", 0, {}};
  Violation different{"a body that differs from its content_hash", 0, {}};
  Result<void> done = for_each_row(database, kBodies, [&](const Statement& row) {
    hasher.reset();
    const Result<uint64_t> length = decode_body(row.blob(1), [&](std::string_view piece) {
      hasher.update(piece);
      return true;
    });
    if (!length) {
      note(damaged, row.text(0));
    } else if (!row.is_null(2) && static_cast<uint64_t>(row.integer(2)) != hasher.digest()) {
      note(different, row.text(0));
    }
  });
  keep(std::move(damaged), report);
  keep(std::move(different), report);
  return done;
}

Result<void> check_texts(Database& database, ContentHasher& hasher, IntegrityReport& report) {
  Violation different{"a text that differs from its text_hash", 0, {}};
  Result<void> done = for_each_row(database, kTexts, [&](const Statement& row) {
    hasher.reset();
    hasher.update(row.text(1));
    if (static_cast<uint64_t>(row.integer(2)) != hasher.digest()) note(different, row.text(0));
  });
  keep(std::move(different), report);
  return done;
}

Result<void> check_fingerprints(Database& database, IntegrityReport& report) {
  Result<uint64_t> seed = fingerprint_seed(database);
  if (!seed) return seed.error();
  Violation different{"content that differs from its fingerprint", 0, {}};
  const char* all = "SELECT 'content ' || id, fingerprint, text, main_text, zstd FROM content";
  Result<void> done = for_each_row(database, all, [&](const Statement& row) {
    Content content;
    if (!row.is_null(2)) content.text = row.text(2);
    content.main_text = row.text(3);
    content.zstd = row.blob(4);
    if (content_fingerprint(content, *seed) != row.integer(1)) note(different, row.text(0));
  });
  keep(std::move(different), report);
  return done;
}

Result<void> count_rows(Database& database, IntegrityReport& report) {
  return for_each_row(
      database,
      "SELECT (SELECT count(*) FROM url), (SELECT count(*) FROM page), "
      "(SELECT count(*) FROM link), (SELECT count(*) FROM content WHERE zstd IS NOT NULL)",
      [&](const Statement& row) {
        report.urls = row.integer(0);
        report.pages = row.integer(1);
        report.links = row.integer(2);
        report.bodies = row.integer(3);
      });
}

}  // namespace

Result<IntegrityReport> check_integrity(Database& database, ContentHasher& hasher) {
  IntegrityReport report;
  if (Result<void> begun = database.execute("BEGIN"); !begun) return begun.error();
  Result<void> done = check_file(database, report);
  // What hangs together in a damaged file says nothing more.
  if (done && report.violations.empty()) {
    done = count_rows(database, report);
    if (done) done = check_rules(database, report);
    if (done) done = check_bodies(database, hasher, report);
    if (done) done = check_texts(database, hasher, report);
    if (done) done = check_fingerprints(database, report);
  }
  if (done) done = database.execute("COMMIT");
  if (!done) return done.error();
  return report;
}

}  // namespace crawl
