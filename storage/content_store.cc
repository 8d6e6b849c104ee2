// SPDX-License-Identifier: MIT
#include "storage/content_store.h"

#include <sqlite3.h>
#include <xxhash.h>

#include <utility>

namespace crawl {

namespace {

// More rows with one fingerprint than chance ever makes; what somebody found out how to make more
// of is stored once more instead of being compared with all of them.
constexpr int64_t kComparedMax = 4;

constexpr const char* kFind =
    "SELECT id, text, main_text, zstd FROM content WHERE fingerprint = ?1 LIMIT ?2";
constexpr const char* kReferences = "SELECT refs FROM content WHERE id = ?1";
constexpr const char* kInsert =
    "INSERT INTO content(refs, fingerprint, text, main_text, zstd) VALUES(1, ?1, ?2, ?3, ?4)";
constexpr const char* kUpdate =
    "UPDATE content SET fingerprint = ?1, text = ?2, main_text = ?3, zstd = ?4 WHERE id = ?5";
constexpr const char* kCount = "UPDATE content SET refs = refs + ?2 WHERE id = ?1";
constexpr const char* kRemove = "DELETE FROM content WHERE id = ?1";

void bind_content(Statement& statement, int64_t fingerprint, const Content& content) {
  statement.bind(1, fingerprint);
  if (content.text) {
    statement.bind(2, *content.text);
  } else {
    statement.bind_null(2);
  }
  statement.bind_or_null(3, content.main_text);
  if (content.zstd.empty()) {
    statement.bind_null(4);
  } else {
    statement.bind_blob(4, content.zstd);
  }
}

bool same(const Statement& row, const Content& content) {
  return row.is_null(1) != content.text.has_value() &&
         row.text(1) == content.text.value_or(std::string_view{}) &&
         row.text(2) == content.main_text && row.blob(3) == content.zstd;
}

}  // namespace

// Each part's hash is the seed of the next one's.
int64_t content_fingerprint(const Content& content, uint64_t seed) {
  XXH64_hash_t hash = seed;
  for (const std::string_view part :
       {content.text.value_or(std::string_view{}), content.main_text, content.zstd}) {
    hash = XXH3_64bits_withSeed(part.data(), part.size(), hash);
  }
  return static_cast<int64_t>(hash);
}

Result<ContentStore> ContentStore::create(Database& database, uint64_t seed) {
  ContentStore store(database, seed);
  const std::pair<Statement*, const char*> all[] = {
      {&store.find_, kFind},     {&store.references_, kReferences}, {&store.insert_, kInsert},
      {&store.update_, kUpdate}, {&store.count_, kCount},           {&store.remove_, kRemove}};
  for (const auto& [statement, sql] : all) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return store;
}

Result<int64_t> ContentStore::replace(int64_t id, const Content& content) {
  if (content.empty()) {
    if (Result<void> done = release(id); !done) return done.error();
    return 0;
  }
  const int64_t hash = content_fingerprint(content, seed_);
  Result<int64_t> known = find_same(hash, content);
  if (!known || (id != 0 && *known == id)) return known;
  if (*known != 0) {
    if (Result<void> done = add_reference(*known); !done) return done.error();
    if (Result<void> done = release(id); !done) return done.error();
    return *known;
  }
  Result<int64_t> sharers = references(id);
  if (!sharers) return sharers;
  if (*sharers == 1) {
    bind_content(update_, hash, content);
    update_.bind(5, id);
    if (Result<void> done = update_.run(); !done) return done.error();
    return id;
  }
  if (Result<void> done = release(id); !done) return done.error();
  return insert(hash, content);
}

Result<void> ContentStore::add_reference(int64_t id) {
  count_.bind(1, id);
  count_.bind(2, int64_t{1});
  return count_.run();
}

Result<void> ContentStore::release(int64_t id) {
  if (id == 0) return {};
  Result<int64_t> left = references(id);
  if (!left) return left.error();
  if (*left <= 1) {
    remove_.bind(1, id);
    return remove_.run();
  }
  count_.bind(1, id);
  count_.bind(2, int64_t{-1});
  return count_.run();
}

Result<int64_t> ContentStore::find_same(int64_t fingerprint, const Content& content) {
  find_.bind(1, fingerprint);
  find_.bind(2, kComparedMax);
  for (;;) {
    Result<bool> row = find_.step();
    if (!row) return row.error();
    if (!*row) return 0;
    if (!same(find_, content)) continue;
    const int64_t id = find_.integer(0);
    find_.reset();
    return id;
  }
}

Result<int64_t> ContentStore::insert(int64_t fingerprint, const Content& content) {
  bind_content(insert_, fingerprint, content);
  if (Result<void> done = insert_.run(); !done) return done.error();
  return sqlite3_last_insert_rowid(database_->handle());
}

Result<int64_t> ContentStore::references(int64_t id) {
  if (id == 0) return 0;
  references_.bind(1, id);
  Result<bool> row = references_.step();
  if (!row) return row.error();
  const int64_t count = *row ? references_.integer(0) : 0;
  if (*row) references_.reset();
  return count;
}

}  // namespace crawl
