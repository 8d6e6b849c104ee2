// SPDX-License-Identifier: MIT
// The seeds file: seeds are canonical, problems are few and safe to show.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "seeds/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const SeedList list = read_seeds(bytes, "seeds.txt");
  for (const Seed& seed : list.seeds) CRAWL_CHECK(is_canonical_http_url(seed.url.href()));
  CRAWL_CHECK(list.problems.size() <= 21);
  for (const std::string& problem : list.problems) {
    CRAWL_CHECK(escape_for_terminal(problem) == problem);
    CRAWL_CHECK(problem.size() < 10'000);
  }
  return 0;
}
