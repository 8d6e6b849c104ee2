// SPDX-License-Identifier: MIT
#include "crawler/json_check.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string nested(size_t levels) {
  return "{\"a\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

// RFC 8259 §2
TEST_CASE("json check: one object and nothing else passes", "[json_check]") {
  CHECK(is_json_object("{}", 10));
  CHECK(is_json_object(R"({"a":[1,-2.5e3,true,null,"\u00e9"],"b":{"c":"d"}})", 10));
  CHECK_FALSE(is_json_object("", 10));
  CHECK_FALSE(is_json_object("[]", 10));
  CHECK_FALSE(is_json_object("{} {}", 10));
  CHECK_FALSE(is_json_object("{\"a\":1,}", 10));
  CHECK_FALSE(is_json_object("{\"a\":", 10));
  CHECK_FALSE(is_json_object("{'a':1}", 10));
  CHECK_FALSE(is_json_object("{\"a\":\"\xff\"}", 10));
}

TEST_CASE("json check: what nests too deep does not pass, however deep it is", "[json_check]") {
  CHECK(is_json_object(nested(9), 10));
  CHECK_FALSE(is_json_object(nested(10), 10));
  CHECK_FALSE(is_json_object("{\"a\":" + std::string(1'000'000, '['), 10));
}

}  // namespace
}  // namespace crawl
