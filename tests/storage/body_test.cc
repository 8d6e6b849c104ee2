// SPDX-License-Identifier: MIT
#include "storage/body.h"

#include "tests/support/catch.h"

using namespace crawl;

namespace {

// RFC 8878: magic number, a frame header (single segment, content size of one byte), then blocks: a
// raw one of "hello", and one that repeats "z" `repeats` times.
std::string frame(bool announce, uint32_t repeats) {
  std::string bytes = "\x28\xB5\x2F\xFD";
  if (announce) {
    bytes += '\x20';  // single segment, size in one byte
    bytes += static_cast<char>(5 + repeats);
  } else {
    bytes += '\x00';
    bytes += '\x58';  // window of 2 MiB, size unknown
  }
  const auto block = [&](uint32_t last, uint32_t type, uint32_t size) {
    const uint32_t header = last | type << 1 | size << 3;
    for (int shift = 0; shift < 24; shift += 8) bytes += static_cast<char>(header >> shift & 0xFF);
  };
  block(0, 0, 5);
  bytes += "hello";
  block(1, 1, repeats);
  bytes += 'z';
  return bytes;
}

Result<uint64_t> decode(const std::string& zstd, std::string& out, uint64_t bytes_max = 1'000'000) {
  return decode_body(
      zstd,
      [&](std::string_view piece) {
        out += piece;
        return true;
      },
      bytes_max);
}

}  // namespace

TEST_CASE("body: a frame is decoded, its size announced or not", "[body]") {
  const bool announce = GENERATE(true, false);
  std::string out;
  const Result<uint64_t> length = decode(frame(announce, 3), out);
  REQUIRE(length);
  CHECK(*length == 8);
  CHECK(out == "hellozzz");
}

TEST_CASE("body: anything but one whole frame is corrupt", "[body]") {
  std::string out;
  const std::string good = frame(true, 3);
  for (size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const Result<uint64_t> cut = decode(good.substr(0, size), out);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == Errc::kCorrupt);
  }
  CHECK_FALSE(decode(good + "x", out));
  CHECK_FALSE(decode("plain text", out));
}

TEST_CASE("body: what comes out is bounded, whatever is announced", "[body]") {
  std::string out;
  const Result<uint64_t> much = decode(frame(false, 100'000), out, 1'000);
  REQUIRE_FALSE(much);
  CHECK(much.error().code == Errc::kFull);
  CHECK(out.size() < 200'000);
}

TEST_CASE("body: a sink that refuses ends it", "[body]") {
  const Result<uint64_t> stopped =
      decode_body(frame(true, 3), [](std::string_view) { return false; });
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::kClosed);
}
