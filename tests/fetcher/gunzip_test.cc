// SPDX-License-Identifier: MIT
#include "fetcher/gunzip.h"

#include <string>

#include "tests/fetcher/gzip_bomb.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr uint32_t kRatio = 200;

// printf 'hello\n' | gzip -n
const std::string kHello(
    "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\xe7\x02\0\x20\x30\x3a\x36\x06\0\0\0", 26);

std::string bytes_of(std::string_view gzip) {
  const auto out = gunzip(gzip, kMiB, kRatio);
  REQUIRE(out);
  return out.value().bytes;
}

// RFC 1952 §2.2
TEST_CASE("gunzip: a file of one member is decompressed", "[gunzip]") {
  const auto out = gunzip(kHello, kMiB, kRatio);
  REQUIRE(out);
  CHECK(out.value().bytes == "hello\n");
  CHECK(out.value().complete);
}

TEST_CASE("gunzip: members follow one another", "[gunzip]") {
  CHECK(bytes_of(kHello + kHello + kHello) == "hello\nhello\nhello\n");
}

TEST_CASE("gunzip: what follows the last member is ignored", "[gunzip]") {
  for (const std::string& tail : {std::string(512, '\0'), std::string("trailing"),
                                  std::string("\x1f"), std::string("\x1f\x8b")}) {
    const auto out = gunzip(kHello + tail, kMiB, kRatio);
    REQUIRE(out);
    CHECK(out.value().bytes == "hello\n");
    CHECK(out.value().complete);
  }
}

TEST_CASE("gunzip: of a file that was cut off comes what was there", "[gunzip]") {
  const std::string zeros = gzip_of_zeros(1);
  size_t before = 0;
  for (size_t size = 3; size < zeros.size(); size += 97) {
    CAPTURE(size);
    const auto out = gunzip(std::string_view(zeros).substr(0, size), 2 * kMiB, kRatio);
    REQUIRE(out);
    CHECK_FALSE(out.value().complete);
    CHECK(out.value().bytes.find_first_not_of('\0') == std::string::npos);
    if (size > 100) CHECK(out.value().bytes.size() > before);
    before = out.value().bytes.size();
  }
  CHECK(before > kMiB - 97 * 8 / 13 * 258 - 4096);
}

TEST_CASE("gunzip: of a file that is broken comes what was before", "[gunzip]") {
  std::string wrong_sum = kHello;
  wrong_sum[18] = 'x';
  const auto out = gunzip(kHello + wrong_sum, kMiB, kRatio);
  REQUIRE(out);
  CHECK_FALSE(out.value().complete);
  CHECK(out.value().bytes == "hello\nhello\n");
}

TEST_CASE("gunzip: other files are refused", "[gunzip]") {
  for (const char* bytes : {"", "\x1f", "\x1f\x8b", "\x1f\x8b\x07rest", "<urlset>", "PK\x03\x04"}) {
    CAPTURE(bytes);
    const auto out = gunzip(bytes, kMiB, kRatio);
    REQUIRE_FALSE(out);
    CHECK(out.error().code == Errc::kInvalid);
  }
}

TEST_CASE("gunzip: a bomb is refused by its ratio", "[gunzip]") {
  CHECK(gunzip(gzip_of_zeros(16), 32 * kMiB, kRatio));  // fixed Huffman codes give 158 to 1
  const auto bomb = gunzip(gzip_of_zeros(16), 32 * kMiB, 100);
  REQUIRE_FALSE(bomb);
  CHECK(bomb.error().code == Errc::kFull);
}

TEST_CASE("gunzip: the first MiB may have any ratio", "[gunzip]") {
  const auto out = gunzip(gzip_of_zeros(1), kMiB, 1);
  REQUIRE(out);
  CHECK(out.value().bytes.size() == kMiB);
}

TEST_CASE("gunzip: more bytes than allowed are refused, exactly as many are not", "[gunzip]") {
  const auto more = gunzip(gzip_of_zeros(3), 3 * kMiB - 1, kRatio);
  REQUIRE_FALSE(more);
  CHECK(more.error().code == Errc::kFull);
  const auto exact = gunzip(gzip_of_zeros(3), 3 * kMiB, kRatio);
  REQUIRE(exact);
  CHECK(exact.value().bytes.size() == 3 * kMiB);
}

TEST_CASE("gunzip: the limits hold for all members together", "[gunzip]") {
  const auto out = gunzip(gzip_of_zeros(2) + gzip_of_zeros(2), 3 * kMiB, kRatio);
  REQUIRE_FALSE(out);
  CHECK(out.error().code == Errc::kFull);
}

TEST_CASE("gunzip: a million empty members take one pass", "[gunzip]") {
  const std::string empty("\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20);
  std::string members;
  for (size_t i = 0; i < 1'000'000; ++i) members += empty;
  CHECK(bytes_of(members + kHello) == "hello\n");
}

}  // namespace
}  // namespace crawl
