// SPDX-License-Identifier: MIT
#include "reader/capture.h"

#include <utility>

#include "base/vocabulary.h"
#include "storage/body.h"

namespace crawl {

namespace {

// The last column: the visit whose head and body the page's row has, which is the latest one that
// replaced it (storage/apply_page.cc).
constexpr const char* kVisits =
    "SELECT v.id, v.run_id, v.at, v.status, v.outcome, v.content_hash, v.change, v.content_id, "
    "u.url, u.depth, (SELECT url FROM url WHERE id = u.via_id), p.fetched_at, p.changed_at, "
    "p.content_hash, p.content_id, p.content_type, p.wire_bytes, p.elapsed_ms, p.address, p.etag, "
    "p.last_modified, p.robots_directives, p.detail, p.headers, "
    "(SELECT zstd IS NOT NULL FROM content WHERE id = p.content_id), "
    "(SELECT zstd IS NOT NULL FROM content WHERE id = v.content_id), "
    "(SELECT max(id) FROM visit WHERE url_id = v.url_id AND outcome IN "
    "('ok', 'too_large', 'redirect', 'unsupported_type')) "
    "FROM visit v CROSS JOIN url u ON u.id = v.url_id LEFT JOIN page p ON p.url_id = v.url_id "
    "WHERE v.id > ?1 ORDER BY v.id LIMIT ?2";

constexpr int64_t kAsksNotToBeArchived = 1 | 4;  // noindex, noarchive

enum Column {
  kId,
  kRun,
  kAt,
  kStatus,
  kOutcome,
  kHash,
  kChange,
  kVersion,
  kUrl,
  kDepth,
  kVia,
  kPageFetchedAt,
  kPageChangedAt,
  kPageHash,
  kPageContent,
  kContentType,
  kWireBytes,
  kElapsed,
  kAddress,
  kEtag,
  kLastModified,
  kDirectives,
  kDetail,
  kHeaders,
  kPageHasBody,
  kVersionHasBody,
  kLatest,
};

bool is(const Statement& row, Outcome outcome) { return row.text(kOutcome) == name(outcome); }

// The content that the page has now is what this visit found.
bool found_current(const Statement& row) {
  return !row.is_null(kHash) && row.integer(kHash) == row.integer(kPageHash) &&
         row.integer(kPageHasBody) != 0;
}

void settle_content(const Statement& row, Capture& capture) {
  const bool withheld =
      (row.integer(kDirectives) & kAsksNotToBeArchived) != 0 && row.integer(kPageHasBody) == 0;
  const int64_t original = row.integer(kPageChangedAt);
  const bool again = row.is_null(kChange) && found_current(row) && original < capture.at;
  if (withheld) {
    capture.withheld = true;
  } else if (again) {
    capture.kind = CaptureKind::kIdentical;
    capture.content_id = row.integer(kPageContent);
    capture.original_at = original;
  } else if (capture.has_head) {
    capture.kind = CaptureKind::kResponse;
    if (row.integer(kPageHasBody) != 0) capture.content_id = row.integer(kPageContent);
  } else if (row.integer(kVersionHasBody) != 0) {
    capture.kind = CaptureKind::kResource;
    capture.content_id = row.integer(kVersion);
  } else if (found_current(row) && original == capture.at) {
    capture.kind = CaptureKind::kResource;
    capture.content_id = row.integer(kPageContent);
  }
}

void settle_kind(const Statement& row, Capture& capture) {
  const bool bodiless = is(row, Outcome::kRedirect) || is(row, Outcome::kUnsupportedType);
  if (is(row, Outcome::kOk) || is(row, Outcome::kTooLarge)) {
    settle_content(row, capture);
  } else if (bodiless && capture.has_head) {
    capture.kind = CaptureKind::kResponse;
  } else if (is(row, Outcome::kNotModified) && found_current(row) &&
             row.integer(kPageChangedAt) < capture.at) {
    capture.kind = CaptureKind::kNotModified;
    capture.content_id = row.integer(kPageContent);
    capture.original_at = row.integer(kPageChangedAt);
  }
}

Capture capture_of(const Statement& row) {
  Capture capture;
  capture.visit_id = row.integer(kId);
  capture.run_id = row.integer(kRun);
  capture.at = row.integer(kAt);
  capture.status = row.integer(kStatus);
  capture.outcome = row.text(kOutcome);
  capture.url = row.text(kUrl);
  capture.via = row.text(kVia);
  capture.depth = row.integer(kDepth);
  capture.cut = is(row, Outcome::kTooLarge);
  capture.content_type = row.text(kContentType);
  capture.has_head =
      capture.visit_id == row.integer(kLatest) && !row.is_null(kHeaders) && capture.status != 0;
  if (capture.at == row.integer(kPageFetchedAt)) {
    capture.detail = row.text(kDetail);
    capture.address = row.text(kAddress);
    capture.elapsed_ms = row.integer(kElapsed);
    capture.etag = row.text(kEtag);
    capture.last_modified = row.text(kLastModified);
  }
  settle_kind(row, capture);
  if (capture.has_head) {
    capture.head = row.text(kHeaders);
    capture.wire_bytes = row.integer(kWireBytes);
  }
  return capture;
}

}  // namespace

Result<CaptureReader> CaptureReader::create(Database& database) {
  CaptureReader reader;
  for (const auto& [statement, sql] :
       {std::pair{&reader.visits_, kVisits},
        std::pair{&reader.content_, "SELECT zstd FROM content WHERE id = ?1"},
        std::pair{&reader.last_, "SELECT coalesce(max(id), 0) FROM visit"}}) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return reader;
}

Result<int> CaptureReader::read(int64_t visit_id, int limit,
                                const std::function<bool(const Capture&)>& take) {
  visits_.bind(1, visit_id);
  visits_.bind(2, int64_t{limit});
  for (int count = 0;; ++count) {
    Result<bool> row = visits_.step();
    if (!row) return row.error();
    if (!*row) return count;
    if (take(capture_of(visits_))) continue;
    visits_.reset();
    return count + 1;
  }
}

Result<std::string> CaptureReader::body(int64_t content_id) {
  content_.bind(1, content_id);
  Result<bool> row = content_.step();
  if (!row) return row.error();
  std::string body;
  Result<uint64_t> decoded = decode_body(content_.blob(0), [&body](std::string_view piece) {
    body += piece;
    return true;
  });
  content_.reset();
  if (!decoded) return decoded.error();
  return body;
}

Result<int64_t> CaptureReader::last_visit() {
  Result<bool> row = last_.step();
  if (!row) return row.error();
  const int64_t id = last_.integer(0);
  last_.reset();
  return id;
}

}  // namespace crawl
