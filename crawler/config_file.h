// SPDX-License-Identifier: MIT
#pragma once

// The configuration file: the part of TOML 1.0 that a list of options needs. `key = value` lines
// with basic ("…", with escapes) and literal ('…') strings, integers, booleans, and arrays of
// these, over several lines where wanted; comments; of tables [host."NAME"] alone, which holds for
// one host. CLI11's own reader cuts values at '#' and ',' even inside quotes, which regular
// expressions and header values have.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crawl {

struct ConfigEntry {
  std::string key;                  // "" : the line that begins a table
  std::vector<std::string> values;  // one, or an array's
  int line = 0;
  std::string host = {};  // of the table that it stands in; "" : none
};

// kNotFound: no such file; kInvalid: "crawl.toml:3: …" in `context`; kIo: cannot be read.
Result<std::vector<ConfigEntry>> read_config_file(const std::string& path);
// `source` names the text in errors.
Result<std::vector<ConfigEntry>> parse_config(std::string_view text, std::string_view source);

// The text as a basic string, with its quotes: parse_config() reads it back as it was, and it is
// safe to show.
std::string toml_string(std::string_view text);

}  // namespace crawl
