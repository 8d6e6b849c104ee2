// SPDX-License-Identifier: MIT
#include "tests/campaigns/disk_workload.h"

#include <poll.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "tests/storage/storage_support.h"

namespace crawl::test {

namespace {

constexpr int kNoHurryMs = 3'600'000;  // commits come by count alone
constexpr int64_t kHosts = 3;
constexpr const char* kAgent = "crawl";

uint64_t xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace

DiskWorkload::DiskWorkload(uint64_t seed, const Shape& shape) : shape_(shape), random_(seed) {
  for (int run = 0; run < shape_.runs; ++run) make_run(run);
}

void DiskWorkload::make_run(int run) {
  units_.emplace_back();
  if (run == 0) {
    units_.back().push_back(first_unit());
  } else {  // mark_due(everything)
    for (KnownUrl& url : urls_) url.pending = !url.skipped;
  }
  for (int i = 0; i < shape_.units; ++i) units_.back().push_back(next_unit());
}

WriteUnit DiskWorkload::first_unit() {
  WriteUnit unit;
  for (int64_t id = 1; id <= kHosts; ++id) {
    const std::string name = "host" + std::to_string(id) + ".example";
    unit.seeds.push_back(new_seed(id, "http://" + name + "/"));
    unit.new_hosts.push_back(new_host(id, name));
    unit.new_urls.push_back(new_url(id, "http://" + name + "/", 0, id));
    urls_.push_back({id, id});
  }
  unit.decided_by = "depth 20";
  return unit;
}

WriteUnit DiskWorkload::next_unit() {
  now_ += 1 + static_cast<int64_t>(chance(50));
  if (chance(6) == 0) return other_unit();
  std::vector<size_t> pending;
  for (size_t i = 0; i < urls_.size(); ++i) {
    if (urls_[i].pending) pending.push_back(i);
  }
  if (pending.empty()) return other_unit();
  return page_of(urls_[pending[chance(pending.size())]]);
}

std::string_view DiskWorkload::words(size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    for (size_t i = 2 + chance(9); i > 0; --i) text += static_cast<char>('a' + chance(26));
    text += ' ';
  }
  texts_.push_back(std::move(text));
  return texts_.back();
}

PageRow DiskWorkload::good_page(const KnownUrl& url) {
  const size_t bytes = chance(12) == 0 ? 30'000 : 100 + chance(1'500);
  PageRow page = ok_page(url.id, 0, now_, words(20), words(bytes));
  page.text_hash = xxh3(page.text);
  page.simhash = page.text_hash | 1;
  const std::string body(words(40 + chance(150)));
  texts_.push_back(zstd_frame(body));
  page.body_zstd = texts_.back();
  page.content_hash = xxh3(body);
  page.headers = words(80);
  page.etag = "\"v1\"";
  return page;
}

void DiskWorkload::link(const KnownUrl& from, WriteUnit& unit) {
  const KnownUrl parent = from;
  for (uint64_t i = chance(12); i > 0; --i) {
    int64_t target = 1 + static_cast<int64_t>(chance(urls_.size()));
    if (chance(3) == 0) {
      target = static_cast<int64_t>(urls_.size()) + 1;
      NewUrl row = new_url(
          target,
          "http://host" + std::to_string(parent.host) + ".example/" + std::string(words(12)), 1,
          parent.host);
      row.via_id = parent.id;
      const bool skipped = chance(5) == 0;
      if (skipped) {
        row.state = UrlState::kSkipped;
        row.reason = SkipReason::kAsset;
      }
      unit.new_urls.push_back(std::move(row));
      urls_.push_back({target, parent.host, 0, !skipped, skipped});
    }
    unit.page->links.push_back({target, LinkKind::kAnchor, "", words(10)});
  }
}

// The first fetch mostly brings a page; later ones confirm it, change it, or fail.
WriteUnit DiskWorkload::page_of(KnownUrl& url) {
  const uint64_t fate = chance(10);
  url.pending = false;
  if (url.fetches++ > 0 && fate < 3) {
    PageRow same = failed_page(url.id, Outcome::kNotModified, now_);
    same.status = 304;
    same.detail = {};
    return page_unit(std::move(same));
  }
  if (fate == 3) return page_unit(failed_page(url.id, Outcome::kTimeout, now_));
  if (fate == 4) {
    PageRow gone = failed_page(url.id, Outcome::kGone, now_);
    gone.status = 404;
    return page_unit(std::move(gone));
  }
  const KnownUrl known = url;  // link() adds to urls_
  WriteUnit unit = page_unit(good_page(known));
  link(known, unit);
  return unit;
}

WriteUnit DiskWorkload::other_unit() {
  WriteUnit unit;
  KnownUrl& url = urls_[chance(urls_.size())];
  HostRow host = new_host(url.host, "");
  host.delay_ms = static_cast<int64_t>(chance(5'000));
  host.robots[0] = {RobotsState::kOk, std::string(words(60)), now_, 0, 100};
  unit.host_updates.push_back(std::move(host));
  EventRow event;
  event.at = now_;
  event.kind = "host_backoff";
  event.text = words(30);
  unit.events.push_back(std::move(event));
  if (url.skipped && chance(2) == 0) {
    unit.upgrades.push_back({url.id, url.host, 1, 1, 1, 0, 1'500, UrlRole::kPage});
    url.skipped = false;
    url.pending = true;
  } else if (url.pending) {
    unit.attempt = AttemptRow{url.id, now_, 503, Outcome::kHttpError};
  }
  unit.listed.push_back({1 + static_cast<int64_t>(chance(urls_.size())), now_});
  return unit;
}

Writer::Options DiskWorkload::writer_options() const {
  Writer::Options options;
  options.commit_units = shape_.commit_units;
  options.commit_ms = kNoHurryMs;
  options.keep_versions = 2;
  options.checkpoint_bytes = shape_.checkpoint_bytes;
  return options;
}

// What Coordinator::open() writes before the writer's thread takes over.
Result<RunStart> DiskWorkload::begin(Database& database, int run, const Transaction& done) const {
  Result<RunStart> start = begin_run(database, 1'000 * run, 1, "{}");
  if (!start) return start;
  done();
  if (Result<void> adopted = adopt_seeds(database, {{1, 1}, {2, 2}}); !adopted) {
    return adopted.error();
  }
  done();
  if (Result<int64_t> due = mark_due(database, 2'000'000'000, true); !due) return due.error();
  done();
  if (Result<void> agent = remember_robots_agent(database, kAgent); !agent) return agent.error();
  done();
  return start;
}

void DiskWorkload::learn(const std::string& directory) {
  Result<Database> reader = Database::open_reader(path(directory));
  REQUIRE(reader);
  const Result<uint64_t> digest = digest_of(*reader);
  REQUIRE(digest);
  state_of_[*digest] = static_cast<int64_t>(states_.size());
  states_.push_back(*digest);
}

void DiskWorkload::rehearse(const std::string& directory) {
  for (int run = 0; run < shape_.runs; ++run) rehearse_run(directory, run);
}

void DiskWorkload::rehearse_run(const std::string& directory, int run) {
  Result<Database> database = Database::open_writer(path(directory));
  REQUIRE(database);
  if (run == 0) learn(directory);
  Result<RunStart> start = begin(*database, run, [&] { learn(directory); });
  REQUIRE(start);
  auto writer = Writer::start(std::move(*database), start->run_id, writer_options());
  REQUIRE(writer);
  TestRun going(std::move(*writer));
  const auto& units = units_[static_cast<size_t>(run)];
  for (size_t i = 0; i < units.size(); ++i) {
    const uint64_t ticket = going.writer->submit(units[i]);
    const bool last = i + 1 == units.size();
    if (ticket % static_cast<uint64_t>(shape_.commit_units) != 0 && !last) continue;
    going.writer->flush();
    REQUIRE(going.wait_committed(ticket));
    learn(directory);
  }
  going.finish();
  learn(directory);
}

namespace {

// Counts what the writer acknowledges at the very moment it does, and not a change of the disk
// later.
struct Witness {
  Writer* writer = nullptr;
  int64_t before = 0;  // states acknowledged when the writer started
  int commit_units = 1;
  const DiskWorkload::Acknowledge& acknowledge;
  Life& life;

  void look() {
    if (writer == nullptr) return;
    for (const WriterReply& reply : writer->take_replies()) {
      if (const auto* failed = std::get_if<WriteFailed>(&reply)) {
        if (life.failure) life.wrong = "it failed twice";
        life.failure = failed->error;
      }
      const auto* committed = std::get_if<Committed>(&reply);
      if (committed == nullptr) continue;
      if (life.failure) life.wrong = "a commit was acknowledged after a failure";
      const auto units = static_cast<int64_t>(committed->ticket);
      life.acknowledged = before + (units + commit_units - 1) / commit_units;
      acknowledge(life.acknowledged);
    }
  }
};

}  // namespace

Life DiskWorkload::live(MemoryDisk& disk, const std::string& directory,
                        const Acknowledge& acknowledge) const {
  Life life;
  const auto acknowledge_one = [&] { acknowledge(++life.acknowledged); };
  const auto fail = [&](const Error& error) {
    life.failure = error;
    return life;
  };
  for (int run = 0; run < shape_.runs; ++run) {
    disk.show_in(directory);
    Result<Database> database = Database::open_writer(path(directory));
    if (!database) return fail(database.error());
    if (run == 0) acknowledge_one();
    Result<RunStart> start = begin(*database, run, acknowledge_one);
    if (!start) return fail(start.error());
    auto writer = Writer::start(std::move(*database), start->run_id, writer_options());
    if (!writer) return fail(writer.error());
    Witness witness{writer->get(), life.acknowledged, shape_.commit_units, acknowledge, life};
    disk.before_change([&] { witness.look(); });
    const auto& units = units_[static_cast<size_t>(run)];
    for (size_t i = 0; i < units.size(); ++i) {
      (*writer)->submit(units[i]);
      if (i % 5 == 0) (*writer)->request_tail(1 + static_cast<int64_t>(i) % kHosts, 0, 0, 20);
    }
    const Result<void> finished = (*writer)->finish("done", 9'000);
    disk.before_change({});
    witness.look();
    if (!finished) {
      if (!life.failure) life.failure = finished.error();
      return life;
    }
    if (life.failure) life.wrong = "finished well after a failure";
    acknowledge_one();
  }
  return life;
}

Result<size_t> DiskWorkload::go_on(MemoryDisk& disk, const std::string& directory) const {
  disk.show_in(directory);
  Result<Database> database = Database::open_writer(path(directory));
  if (!database) return database.error();
  Result<RunStart> start = begin(*database, 9, [] {});
  if (!start) return start.error();
  int64_t pending = 0;
  Result<void> counted =
      for_each_pending_host(*database, [&](int64_t, int64_t n) { pending += n; });
  if (!counted) return counted.error();
  auto writer = Writer::start(std::move(*database), start->run_id, writer_options());
  if (!writer) return writer.error();
  WriteUnit unit;
  const int64_t id = start->next_url_id;
  unit.new_urls.push_back(new_url(id, "http://last.example/"));
  if (start->next_host_id == 1) unit.new_hosts.push_back(new_host(1, "last.example"));
  (*writer)->submit(std::move(unit));
  const uint64_t ticket =
      (*writer)->submit(page_unit(ok_page(id, 0, 3'000'000, "Last", "the last page")));
  size_t acknowledged_at = 0;
  disk.before_change([&] {
    for (const WriterReply& reply : (*writer)->take_replies()) {
      const auto* committed = std::get_if<Committed>(&reply);
      if (committed != nullptr && committed->ticket >= ticket) {
        acknowledged_at = disk.changes().size();
      }
    }
  });
  const Result<void> finished = (*writer)->finish("done", 9'999);
  disk.before_change({});
  if (!finished) return finished.error();
  return acknowledged_at;
}

int64_t DiskWorkload::state_of(uint64_t digest) const {
  const auto found = state_of_.find(digest);
  return found == state_of_.end() ? -1 : found->second;
}

namespace {

void add_value(XXH3_state_t* hash, sqlite3_stmt* row, int column) {
  const int type = sqlite3_column_type(row, column);
  XXH3_64bits_update(hash, &type, sizeof type);
  if (type == SQLITE_INTEGER) {
    const int64_t value = sqlite3_column_int64(row, column);
    XXH3_64bits_update(hash, &value, sizeof value);
  } else if (type != SQLITE_NULL) {
    const void* bytes = sqlite3_column_blob(row, column);
    const auto size = static_cast<size_t>(sqlite3_column_bytes(row, column));
    XXH3_64bits_update(hash, &size, sizeof size);
    XXH3_64bits_update(hash, bytes, size);
  }
}

}  // namespace

Result<uint64_t> digest_of(Database& database) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> hash(XXH3_createState(),
                                                                             &XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  for (const char* sql :
       {"SELECT * FROM meta WHERE key <> 'fingerprint_seed'", "SELECT * FROM run",
        "SELECT * FROM seed", "SELECT * FROM host", "SELECT * FROM robots_txt", "SELECT * FROM url",
        "SELECT * FROM page", "SELECT id, refs, text, main_text, zstd FROM content",
        "SELECT * FROM link", "SELECT * FROM visit", "SELECT * FROM event"}) {
    sqlite3_stmt* query = nullptr;
    int code = sqlite3_prepare_v2(database.handle(), sql, -1, &query, nullptr);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
      code = sqlite3_step(query);
      const int columns = code == SQLITE_ROW ? sqlite3_column_count(query) : 0;
      for (int column = 0; column < columns; ++column) add_value(hash.get(), query, column);
    }
    sqlite3_finalize(query);
    if (code != SQLITE_DONE) return Error{Errc::kIo, 0, sqlite3_errmsg(database.handle())};
    XXH3_64bits_update(hash.get(), sql, 12);
  }
  return XXH3_64bits_digest(hash.get());
}

}  // namespace crawl::test
