// SPDX-License-Identifier: MIT
#include "base/units.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>
#include <span>

#include "base/ascii.h"
#include "base/escape.h"

namespace crawl {

namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};

constexpr std::array<Unit, 5> kDurations = {
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

// Lower case: sizes are compared without regard to case ("10mb" can mean one thing only).
constexpr std::array<Unit, 14> kSizes = {{{"", 1},
                                          {"b", 1},
                                          {"k", int64_t{1} << 10},
                                          {"kib", int64_t{1} << 10},
                                          {"kb", 1'000},
                                          {"m", int64_t{1} << 20},
                                          {"mib", int64_t{1} << 20},
                                          {"mb", 1'000'000},
                                          {"g", int64_t{1} << 30},
                                          {"gib", int64_t{1} << 30},
                                          {"gb", 1'000'000'000},
                                          {"t", int64_t{1} << 40},
                                          {"tib", int64_t{1} << 40},
                                          {"tb", 1'000'000'000'000}}};

constexpr std::string_view kDurationForms =
    "write a number and a unit (ms, s, m, h, d), as in 500ms, 1.5s, 2m or 7d";
constexpr std::string_view kSizeForms =
    "write a number of bytes, or one with a unit (K, M, G, T, KiB, MiB, GiB, TiB; KB, MB, GB, TB "
    "are "
    "powers of 1000), as in 512, 64KiB or 10MiB";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
  return out;
}

Error refuse(std::string_view text, std::string_view what, std::string_view forms) {
  constexpr size_t kShownMax = 60;
  std::string shown = escape_for_terminal(text.substr(0, kShownMax));
  if (text.size() > kShownMax) shown += "…";
  return Error{Errc::kInvalid, 0,
               "\"" + shown + "\" " + std::string(what) + ": " + std::string(forms)};
}

// "12.5GiB" → 12, "5", "GiB". The fraction is kept as digits: binary floating point would be
// inexact.
struct Quantity {
  std::string_view whole;
  std::string_view fraction;
  std::string_view unit;
};

std::optional<Quantity> split(std::string_view text) {
  const auto digits = [](std::string_view from) {
    return from.substr(
        0, static_cast<size_t>(std::find_if_not(from.begin(), from.end(), is_ascii_digit) -
                               from.begin()));
  };
  Quantity parts;
  parts.whole = digits(text);
  if (parts.whole.empty()) return std::nullopt;
  text.remove_prefix(parts.whole.size());
  if (text.starts_with('.')) {
    parts.fraction = digits(text.substr(1));
    if (parts.fraction.empty()) return std::nullopt;
    text.remove_prefix(1 + parts.fraction.size());
  }
  parts.unit = text;
  return parts;
}

enum class Scaled { kOk, kTooLarge, kTooFine };

// value = quantity × factor, exactly.
Scaled scale(const Quantity& quantity, int64_t factor, int64_t& value) {
  int64_t number = 0;
  for (const char digit : quantity.whole) {
    if (__builtin_mul_overflow(number, 10, &number)) return Scaled::kTooLarge;
    if (__builtin_add_overflow(number, digit - '0', &number)) return Scaled::kTooLarge;
  }
  if (__builtin_mul_overflow(number, factor, &value)) return Scaled::kTooLarge;
  // Each digit is worth a tenth of the last one; what does not come out even is carried along.
  std::string_view fraction = quantity.fraction;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  int64_t numerator = 0;
  int64_t denominator = 1;
  for (const char digit : fraction) {
    if (denominator > factor) return Scaled::kTooFine;
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  int64_t product = 0;
  if (__builtin_mul_overflow(numerator, factor, &product)) return Scaled::kTooFine;
  if (product % denominator != 0) return Scaled::kTooFine;
  if (__builtin_add_overflow(value, product / denominator, &value)) return Scaled::kTooLarge;
  return Scaled::kOk;
}

struct Grammar {
  std::span<const Unit> units;
  std::string_view forms;
  std::string_view smallest;  // what cannot be split
  int64_t max;
  std::string_view max_text;
};

Result<int64_t> parse(std::string_view text, const Quantity& quantity, std::string_view unit_name,
                      const Grammar& grammar) {
  const auto unit = std::find_if(grammar.units.begin(), grammar.units.end(),
                                 [&](const Unit& known) { return known.name == unit_name; });
  if (unit == grammar.units.end()) return refuse(text, "has no unit known here", grammar.forms);
  int64_t value = 0;
  const Scaled scaled = scale(quantity, unit->factor, value);
  if (scaled == Scaled::kTooFine) {
    return refuse(text, "is finer than one " + std::string(grammar.smallest), grammar.forms);
  }
  if (scaled == Scaled::kTooLarge || value > grammar.max) {
    return refuse(text, "is too large", "the most is " + std::string(grammar.max_text));
  }
  return value;
}

}  // namespace

Result<int64_t> parse_duration_ms(std::string_view text) {
  if (text == "0") return int64_t{0};
  const auto quantity = split(text);
  if (!quantity) return refuse(text, "is not a duration", kDurationForms);
  if (quantity->unit.empty()) return refuse(text, "has no unit", kDurationForms);
  constexpr int64_t kMax = int64_t{36'500} * 86'400'000;  // so that no sum with a clock overflows
  return parse(text, *quantity, quantity->unit,
               Grammar{kDurations, kDurationForms, "millisecond", kMax, "36500d"});
}

Result<int64_t> parse_size_bytes(std::string_view text) {
  const auto quantity = split(text);
  if (!quantity) return refuse(text, "is not a size", kSizeForms);
  return parse(text, *quantity, lower(quantity->unit),
               Grammar{kSizes, kSizeForms, "byte", std::numeric_limits<int64_t>::max(),
                       "9223372036854775807 bytes"});
}

std::string format_duration_ms(int64_t ms) {
  const std::string sign = ms < 0 ? "-" : "";
  const uint64_t magnitude =
      ms < 0 ? uint64_t{0} - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  if (magnitude < 1000) return sign + std::to_string(magnitude) + " ms";
  const uint64_t seconds = magnitude / 1000;
  if (seconds < 60) {
    const uint64_t tenths = magnitude % 1000 / 100;
    std::string text = sign + std::to_string(seconds);
    if (tenths != 0) text.append(1, '.').append(std::to_string(tenths));
    return text + " s";
  }
  struct Pair {
    uint64_t seconds;
    std::string_view name;
    uint64_t rest_seconds;
    std::string_view rest_name;
  };
  constexpr std::array<Pair, 3> kPairs = {
      {{86'400, " d", 3'600, " h"}, {3'600, " h", 60, " m"}, {60, " m", 1, " s"}}};
  const auto pair = std::find_if(kPairs.begin(), kPairs.end(),
                                 [&](const Pair& each) { return seconds >= each.seconds; });
  std::string text = sign + std::to_string(seconds / pair->seconds) + std::string(pair->name);
  const uint64_t rest = seconds % pair->seconds / pair->rest_seconds;
  if (rest != 0) text.append(1, ' ').append(std::to_string(rest)).append(pair->rest_name);
  return text;
}

std::string format_bytes(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 6> kNames = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t i = 0;
  // What one decimal would show as 1024.0 belongs to the next unit.
  for (; value >= 1023.95 && i + 1 < kNames.size(); ++i) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kNames[i]);
  return text.data();
}

}  // namespace crawl
