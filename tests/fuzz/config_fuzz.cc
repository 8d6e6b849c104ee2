// SPDX-License-Identifier: MIT
// Configuration files. Any bytes: entries with sound keys, or one line that is safe to show, also
// when the options they set refuse a value. And what is written as TOML reads back the same.

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/escape.h"
#include "crawler/config_file.h"
#include "crawler/option_set.h"
#include "crawler/run_options.h"

namespace {

using namespace crawl;

// It quotes what is wrong, and is escaped as a whole where it is shown.
void check_line(const std::string& text) {
  CRAWL_CHECK(!text.empty());
  const std::string shown = escape_for_terminal(text);
  CRAWL_CHECK(!shown.empty() && shown.find('\n') == std::string::npos);
  CRAWL_CHECK(escape_for_terminal(shown) == shown);
}

// No file is there to be read. What is printed of the tables reads back as the same.
void check_hosts(HostSections& hosts) {
  const std::string problem =
      hosts.load([](const char* name) { return *name < 'N' ? "x" : nullptr; });
  if (!problem.empty()) check_line(problem);
  HostSections again;
  for (const auto& [name, section] : hosts.sections()) {
    std::string text = "[host." + toml_string(name) + "]\n";
    for (const auto& [key, written] : section.keys) text += HostSections::line(key, written) + "\n";
    const auto entries = parse_config(text, "again");
    CRAWL_CHECK(entries.has_value());
    for (const ConfigEntry& entry : *entries) CRAWL_CHECK(again.apply(entry, "/c.toml").empty());
    CRAWL_CHECK(again.sections().count(name) == 1);
    CRAWL_CHECK(again.sections().at(name).keys.size() == section.keys.size());
  }
}

void check_any_bytes(std::string_view text) {
  static RunOptions options;
  static std::string config_file;
  static OptionSet set("crawl", "");
  [[maybe_unused]] static const bool declared =
      (declare_run_options(set, options, config_file), true);
  const auto entries = parse_config(text, "crawl.toml");
  if (!entries) {
    CRAWL_CHECK(entries.error().code == Errc::kInvalid);
    return check_line(entries.error().message());
  }
  options = RunOptions();
  int line = 0;
  for (const ConfigEntry& entry : *entries) {
    CRAWL_CHECK((!entry.key.empty() || !entry.host.empty()) && entry.line > line);
    line = entry.line;
    const std::string problem =
        entry.host.empty() ? set.apply(entry) : options.hosts.apply(entry, "/dev/null/c.toml");
    if (!problem.empty()) check_line(problem);
  }
  check_hosts(options.hosts);
  const std::string problem = check_run_options(options);
  if (!problem.empty()) check_line(problem);
}

// A basic string, its bytes escaped or not as chance has it.
std::string quoted(const std::string& value, FuzzedDataProvider& chance) {
  const bool plain = value.find_first_of("'\n") == std::string::npos;
  if (plain && chance.ConsumeBool()) return "'" + value + "'";
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text.append(1, '\\').append(1, c);
    } else if (c == '\n' || (byte < 0x80 && chance.ConsumeBool())) {
      constexpr std::string_view kHex = "0123456789abcdefABCDEF";
      const size_t upper = chance.ConsumeBool() && (byte & 0xF) > 9 ? 6 : 0;
      text.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[(byte & 0xF) + upper]);
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string space(FuzzedDataProvider& chance, bool many_lines) {
  static constexpr std::string_view kSpaces[] = {"", " ", "\t ", "\r"};
  static constexpr std::string_view kLines[] = {"", "\n", " # \"[\n", "\n#\n\n "};
  return std::string(many_lines ? chance.PickValueInArray(kLines)
                                : chance.PickValueInArray(kSpaces));
}

std::string array(const std::vector<std::string>& values, FuzzedDataProvider& chance) {
  std::string text = "[";
  for (const std::string& value : values) {
    text += space(chance, true) + quoted(value, chance) + space(chance, true);
    if (&value != &values.back() || chance.ConsumeBool()) text += ",";
  }
  return text + space(chance, true) + "]";
}

void check_round_trip(FuzzedDataProvider& chance) {
  std::vector<ConfigEntry> written;
  std::string text;
  const int entries = chance.ConsumeIntegralInRange(0, 5);
  for (int i = 0; i < entries; ++i) {
    ConfigEntry entry{"key-" + std::to_string(i), {}, 0};
    const bool is_array = chance.ConsumeBool();
    const int values = is_array ? chance.ConsumeIntegralInRange(0, 4) : 1;
    for (int k = 0; k < values; ++k) entry.values.push_back(chance.ConsumeRandomLengthString(20));
    text += space(chance, true) + entry.key + space(chance, false) + "=" + space(chance, false);
    text += is_array ? array(entry.values, chance) : quoted(entry.values[0], chance);
    text += space(chance, false) + (chance.ConsumeBool() ? "# 'end" : "") + "\n";
    written.push_back(std::move(entry));
  }
  const auto read = parse_config(text, "crawl.toml");
  CRAWL_CHECK(read.has_value() && read->size() == written.size());
  for (size_t i = 0; i < written.size(); ++i) {
    CRAWL_CHECK((*read)[i].key == written[i].key && (*read)[i].values == written[i].values);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_any_bytes({reinterpret_cast<const char*>(data), size});
  FuzzedDataProvider chance(data, size);
  check_round_trip(chance);
  return 0;
}
