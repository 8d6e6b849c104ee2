// SPDX-License-Identifier: MIT
#include "base/units.h"

#include <cstdint>
#include <limits>
#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

int64_t duration(std::string_view text) {
  const auto value = parse_duration_ms(text);
  CAPTURE(text);
  REQUIRE(value);
  return *value;
}

int64_t size(std::string_view text) {
  const auto value = parse_size_bytes(text);
  CAPTURE(text);
  REQUIRE(value);
  return *value;
}

std::string refusal(const Result<int64_t>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::kInvalid);
  return result.error().message();
}

TEST_CASE("units: a duration is a number and a unit", "[units]") {
  CHECK(duration("0") == 0);
  CHECK(duration("0s") == 0);
  CHECK(duration("500ms") == 500);
  CHECK(duration("1s") == 1000);
  CHECK(duration("1.5s") == 1500);
  CHECK(duration("2m") == 120'000);
  CHECK(duration("1h") == 3'600'000);
  CHECK(duration("7d") == 604'800'000);
  CHECK(duration("0.25h") == 900'000);
  CHECK(duration("0.001s") == 1);
  CHECK(duration("1.50000000000000000000000000000000s") == 1500);
}

TEST_CASE("units: a duration of another form is refused", "[units]") {
  const auto text =
      GENERATE(as<std::string>{}, "", "s", "1", "10", "00", "-1s", "+1s", " 1s", "1s ", "1 s",
               "1.s", ".5s", "1.2.3s", "1,5s", "1S", "1min", "1sec", "1e3s", "0x1s", "1ss", "1s1s",
               "inf", "nan", "1.5ms", "0.0001s", "0.33333333333s");
  CAPTURE(text);
  CHECK_FALSE(parse_duration_ms(text));
}

TEST_CASE("units: a refused duration says what is allowed", "[units]") {
  CHECK(refusal(parse_duration_ms("10")).find("\"10\" has no unit") == 0);
  CHECK(refusal(parse_duration_ms("10")).find("ms, s, m, h, d") != std::string::npos);
  CHECK(refusal(parse_duration_ms("10y")).find("500ms, 1.5s") != std::string::npos);
  CHECK(refusal(parse_duration_ms("1.5ms")).find("finer than one millisecond") !=
        std::string::npos);
  CHECK(refusal(parse_duration_ms("36501d")).find("the most is 36500d") != std::string::npos);
}

TEST_CASE("units: a duration too large to count is refused, whatever its length", "[units]") {
  CHECK(duration("36500d") == int64_t{36'500} * 86'400'000);
  CHECK_FALSE(parse_duration_ms("36500.1d"));
  CHECK_FALSE(parse_duration_ms("9223372036854775807ms"));
  CHECK_FALSE(parse_duration_ms("9223372036854775808ms"));
  CHECK_FALSE(parse_duration_ms("106751991168d"));
  CHECK_FALSE(parse_duration_ms(std::string(5000, '9') + "ms"));
  CHECK_FALSE(parse_duration_ms("1." + std::string(5000, '9') + "s"));
}

TEST_CASE("units: a size is a number of bytes, or one with a unit", "[units]") {
  CHECK(size("0") == 0);
  CHECK(size("512") == 512);
  CHECK(size("512B") == 512);
  CHECK(size("64KiB") == 65'536);
  CHECK(size("10MiB") == 10'485'760);
  CHECK(size("1GiB") == 1'073'741'824);
  CHECK(size("2TiB") == 2'199'023'255'552);
  CHECK(size("10K") == 10'240);
  CHECK(size("10M") == 10'485'760);
  CHECK(size("10KB") == 10'000);
  CHECK(size("10MB") == 10'000'000);
  CHECK(size("10mb") == 10'000'000);
  CHECK(size("1.5KiB") == 1536);
}

TEST_CASE("units: a size of another form is refused", "[units]") {
  const auto text = GENERATE(as<std::string>{}, "", "K", "-1", "+1", " 1", "1 ", "1 K", "1.", ".5K",
                             "1.5", "0.0001KiB", "1KiBs", "1e3", "1_000", "0x10", "8PiB");
  CAPTURE(text);
  CHECK_FALSE(parse_size_bytes(text));
}

TEST_CASE("units: the largest size is the largest integer and no more", "[units]") {
  CHECK(size("9223372036854775807") == std::numeric_limits<int64_t>::max());
  CHECK_FALSE(parse_size_bytes("9223372036854775808"));
  CHECK_FALSE(parse_size_bytes("8388608TiB"));
  CHECK(size("8388607TiB") == int64_t{8'388'607} << 40);
  CHECK_FALSE(parse_size_bytes("8388607.9999999999999999TiB"));
}

TEST_CASE("units: a refusal quotes the text escaped and cut", "[units]") {
  CHECK(refusal(parse_size_bytes("1\x1b[31m")).find("\"1\\x1b[31m\"") == 0);
  CHECK(refusal(parse_size_bytes(std::string(10'000, 'x'))).size() < 400);
}

TEST_CASE("units: durations are shown in their two largest units", "[units]") {
  CHECK(format_duration_ms(0) == "0 ms");
  CHECK(format_duration_ms(350) == "350 ms");
  CHECK(format_duration_ms(999) == "999 ms");
  CHECK(format_duration_ms(1000) == "1 s");
  CHECK(format_duration_ms(1500) == "1.5 s");
  CHECK(format_duration_ms(59'999) == "59.9 s");
  CHECK(format_duration_ms(60'000) == "1 m");
  CHECK(format_duration_ms(123'000) == "2 m 3 s");
  CHECK(format_duration_ms(3'720'000) == "1 h 2 m");
  CHECK(format_duration_ms(3'600'000) == "1 h");
  CHECK(format_duration_ms(86'400'000 * 3 + 4 * 3'600'000) == "3 d 4 h");
  CHECK(format_duration_ms(-1500) == "-1.5 s");
  CHECK(format_duration_ms(std::numeric_limits<int64_t>::min()).substr(0, 4) == "-106");
}

TEST_CASE("units: bytes are shown with one decimal from 1 KiB on", "[units]") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(812) == "812 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1.0 KiB");
  CHECK(format_bytes(10'240) == "10.0 KiB");
  CHECK(format_bytes(1'363'149) == "1.3 MiB");
  CHECK(format_bytes((1u << 20) - 1) == "1.0 MiB");
  CHECK(format_bytes(1ull << 40) == "1.0 TiB");
  CHECK(format_bytes(std::numeric_limits<uint64_t>::max()) == "16.0 EiB");
}

}  // namespace
}  // namespace crawl
