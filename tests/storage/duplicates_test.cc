// SPDX-License-Identifier: MIT
// The views of exact and near duplicates, against a count of bits in C++.
#include <bit>
#include <map>
#include <random>

#include "tests/storage/storage_support.h"

using namespace crawl;
using namespace crawl::test;

namespace {

constexpr std::string_view kLong =
    "A text of at least 256 bytes, as shorter ones have simhashes that say little. A text of at "
    "least 256 bytes, as shorter ones have simhashes that say little. A text of at least 256 "
    "bytes, as shorter ones have simhashes that say little. A text of at least 256 bytes.";
static_assert(kLong.size() >= 256);

struct Hashes {
  uint64_t simhash;
  uint64_t text_hash;
};

class Site {
 public:
  explicit Site(const std::vector<Hashes>& pages) {
    Result<Database> opened = Database::open_writer(dir_.path("crawl.db"));
    REQUIRE(opened);
    Result<RunStart> start = begin_run(*opened, 1, 1, "{}");
    REQUIRE(start);
    Result<std::unique_ptr<Writer>> writer = Writer::start(std::move(*opened), start->run_id, {});
    REQUIRE(writer);
    int64_t id = 0;
    for (const Hashes& hashes : pages) {
      ++id;
      PageRow page = ok_page(id, hashes.text_hash, id, "", kLong);
      page.simhash = hashes.simhash;
      page.text_hash = hashes.text_hash;
      WriteUnit unit = page_unit(std::move(page));
      unit.new_urls.push_back(new_url(id, std::to_string(id)));
      (*writer)->submit(std::move(unit));
    }
    REQUIRE((*writer)->finish("done", 1));
  }
  Database reader() const {
    Result<Database> opened = Database::open_reader(dir_.path("crawl.db"));
    REQUIRE(opened);
    return std::move(*opened);
  }
  void execute(const std::string& sql) const {
    Result<Database> opened = Database::open_writer(dir_.path("crawl.db"));
    REQUIRE(opened);
    REQUIRE(opened->execute(sql));
  }

 private:
  ScratchFolder dir_;
};

using Groups = std::map<int64_t, std::pair<int64_t, int64_t>>;  // page: representative, distance

Groups by_view(Database& database) {
  Result<Statement> query =
      database.prepare("SELECT url, representative, distance FROM near_duplicates");
  REQUIRE(query);
  Groups groups;
  while (*query->step()) {
    groups[query->integer(0)] = {query->integer(1), query->integer(2)};
  }
  return groups;
}

Groups by_hand(const std::vector<Hashes>& pages) {
  Groups groups;
  for (size_t i = 0; i < pages.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const int distance = std::popcount(pages[i].simhash ^ pages[k].simhash);
      if (distance > 3) continue;
      if (pages[i].text_hash != pages[k].text_hash) {
        groups[static_cast<int64_t>(i) + 1] = {static_cast<int64_t>(k) + 1, distance};
      }
      break;
    }
  }
  return groups;
}

}  // namespace

TEST_CASE("duplicates: near ones are found as a count of all bits finds them", "[duplicates]") {
  std::mt19937_64 random(GENERATE(1u, 2u));
  std::vector<Hashes> pages;
  while (pages.size() < 3'000) {
    const uint64_t centre = random();
    for (auto copies = random() % 8 + 1; copies > 0; --copies) {
      uint64_t simhash = centre;
      for (auto flips = random() % 6; flips > 0; --flips) simhash ^= uint64_t{1} << random() % 64;
      pages.push_back({simhash, random() % 4 == 0 ? 1 : random()});
    }
  }
  std::shuffle(pages.begin(), pages.end(), random);
  const Site site(pages);
  Database database = site.reader();
  const Groups expected = by_hand(pages);
  CHECK(expected.size() > 500);
  CHECK(by_view(database) == expected);
}

TEST_CASE("duplicates: each bit counts, the sign's too", "[duplicates]") {
  const uint64_t base = GENERATE(uint64_t{1}, ~uint64_t{1}, uint64_t{0x5555555555555555});
  for (int bit = 0; bit < 64; bit += 7) {
    CAPTURE(bit);
    const auto flip = [&](uint64_t value, int which) {
      return value ^ uint64_t { 1 } << ((bit + which) % 64);
    };
    const uint64_t three = flip(flip(flip(base, 0), 20), 41);
    const uint64_t four = flip(three, 60);
    const Site site({{base, 1}, {three, 2}, {four, 3}});
    Database database = site.reader();
    CHECK(by_view(database) == Groups{{2, {1, 3}}, {3, {2, 1}}});
  }
}

TEST_CASE("duplicates: what says little is not compared", "[duplicates]") {
  const Site site({{6, 1}, {7, 2}, {5, 3}, {4, 4}});
  site.execute("UPDATE page SET text_bytes = 255 WHERE url_id = 1");
  site.execute("UPDATE page SET outcome = 'gone' WHERE url_id = 2");
  Database database = site.reader();
  CHECK(by_view(database) == Groups{{4, {3, 1}}});
}

TEST_CASE("duplicates: the same text under one simhash is an exact duplicate, not a near one",
          "[duplicates]") {
  const Site site({{6, 1}, {6, 2}, {6, 1}});
  Database database = site.reader();
  CHECK(by_view(database) == Groups{{2, {1, 0}}});
  CHECK(query_text(database,
                   "SELECT group_concat(url||':'||copies||':'||content_hash) FROM "
                   "duplicates") == "1:2:0000000000000001,3:2:0000000000000001");
}
