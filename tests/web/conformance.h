// SPDX-License-Identifier: MIT
#pragma once

// The web-platform-tests data that the URL and host tests read where it is present.

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/support/catch.h"

namespace crawl {

// Whether the escape "\uXXXX" at `i` is a surrogate of the given half ("89ab" or "cdef").
inline bool is_surrogate_escape(const std::string& json, size_t i, const std::string& half) {
  return i + 6 <= json.size() && json[i] == '\\' && json[i + 1] == 'u' &&
         (json[i + 2] | 0x20) == 'd' &&
         half.find(static_cast<char>(std::tolower(json[i + 3]))) != std::string::npos;
}

// The data holds lone surrogates, which JSON libraries refuse and which a scalar value string, the
// input of the URL parser, has as U+FFFD.
inline std::string without_lone_surrogates(const std::string& json) {
  std::string out;
  for (size_t i = 0; i < json.size();) {
    size_t length = json[i] == '\\' ? 2 : 1;
    if (is_surrogate_escape(json, i, "89ab") && is_surrogate_escape(json, i + 6, "cdef")) {
      length = 12;
    } else if (is_surrogate_escape(json, i, "89abcdef")) {
      out += "\\ufffd";
      i += 6;
      continue;
    }
    out.append(json, i, length);
    i += length;
  }
  return out;
}

inline std::string conformance_path(const std::string& name) {
  const char* directory = std::getenv("CRAWL_CONFORMANCE_DIR");
  return (directory != nullptr ? directory : CRAWL_SOURCE_DIR "/../shared/conformance") +
         ("/" + name);
}

// The file's contents, or nullopt (and a message) where the data is absent.
inline std::optional<nlohmann::json> conformance_data(const std::string& name) {
  const std::string path = conformance_path(name);
  std::ifstream file(path);
  if (!file) {
    WARN("skipped: no " << path);
    return std::nullopt;
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return nlohmann::json::parse(without_lone_surrogates(text));
}

}  // namespace crawl
