// SPDX-License-Identifier: MIT
#include "storage/query_budget.h"

#include <utility>

#include "tests/support/scratch_folder.h"

using crawl::Database;
using crawl::QueryBudget;
using crawl::Result;
using crawl::test::ScratchFolder;

namespace {

// Some hundred thousand instructions; for ever without a limit.
constexpr const char* kCount =
    "INSERT INTO temp.result SELECT count(*) FROM "
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT i FROM "
    "n)";

struct Rig {
  ScratchFolder folder;
  Database database = std::move(Database::open_writer(folder.path("crawl.db")).value());
  int asked = 0;
  bool used_up = false;

  Rig() { REQUIRE(database.execute("CREATE TEMP TABLE result(count)")); }
  Result<void> count() { return database.execute(kCount); }
};

}  // namespace

TEST_CASE("query budget: the outer one is asked again when the inner one has ended",
          "[query_budget]") {
  Rig rig;
  const QueryBudget outer(rig.database, [&] {
    ++rig.asked;
    return rig.used_up;
  });
  CHECK(rig.count());
  CHECK(rig.asked > 0);
  {
    const QueryBudget inner(rig.database, [] { return false; });
  }
  rig.asked = 0;
  CHECK(rig.count());
  CHECK(rig.asked > 0);
  rig.used_up = true;
  CHECK(outer.exceeded_by(rig.count()));
}

TEST_CASE("query budget: an inner one ends where the outer one is used up", "[query_budget]") {
  Rig rig;
  const QueryBudget outer(rig.database, [&] { return rig.used_up; });
  const QueryBudget inner(rig.database, [] { return false; });
  CHECK(rig.count());
  rig.used_up = true;
  const Result<void> done = rig.count();
  CHECK(inner.exceeded_by(done));
  CHECK(outer.exceeded_by(done));
}

TEST_CASE("query budget: without one, statements take as long as they take", "[query_budget]") {
  Rig rig;
  {
    const QueryBudget budget(rig.database, [] { return true; });
  }
  CHECK(rig.count());
}
