// SPDX-License-Identifier: MIT
// robots.txt: any bytes parse; what is stored reads back the same; hostile stored rules are either
// refused or stable.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "base/limits.h"
#include "web/robots.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  const RobotsRules rules = RobotsRules::parse(bytes, "crawl");
  const std::string text = rules.serialize();
  CRAWL_CHECK(text.size() <= 2 * kRobotsBytesMax);
  CRAWL_CHECK(is_valid_utf8(text));
  const auto back = RobotsRules::deserialize(text);
  CRAWL_CHECK(back.has_value());
  CRAWL_CHECK(back->serialize() == text);

  const std::string_view path = bytes.substr(0, kUrlBytesMax);
  CRAWL_CHECK(rules.decide(path).allowed == back->decide(path).allowed);
  CRAWL_CHECK(rules.decide("/robots.txt").allowed);

  if (const auto hostile = RobotsRules::deserialize(bytes)) {
    CRAWL_CHECK(hostile->serialize() == bytes);
    static_cast<void>(hostile->decide(path));
  }
  return 0;
}
