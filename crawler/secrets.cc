// SPDX-License-Identifier: MIT
#include "crawler/secrets.h"

#include <algorithm>

#include "base/ascii.h"
#include "web/percent.h"

namespace crawl {

namespace {

Error invalid(std::string what) { return Error{Errc::kInvalid, 0, std::move(what)}; }

bool has_control_character(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

bool is_environment_name(const std::string& name) {
  return !name.empty() && !is_ascii_digit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_ascii_letter(c) || is_ascii_digit(c) || c == '_'; });
}

Result<std::string> secret_of_environment(const std::string& name, const Environment& environment) {
  if (!is_environment_name(name)) return invalid("'" + name + "' is not a variable's name");
  const char* value = environment(name.c_str());
  if (value == nullptr) return invalid("the environment has no variable " + name);
  const std::string text = value;
  if (text.empty()) return invalid("the environment's variable " + name + " is empty");
  if (has_control_character(text)) {
    return invalid("the environment's variable " + name + " is not one line of text");
  }
  return text;
}

namespace {

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (c == '%') {
      encoded += "%25";
    } else {
      append_percent_encoded({&c, 1}, kUserinfoSet, encoded);
    }
  }
  return encoded;
}

// `encoded_from`: where values begin to be percent-encoded.
Result<std::string> expand(const std::string& text, const Environment& environment,
                           size_t encoded_from) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find("${", at);
    result.append(text, at, begin - at);
    if (begin == std::string::npos) break;
    const size_t end = text.find('}', begin);
    if (end == std::string::npos) return invalid("a ${ has no closing }");
    auto value = secret_of_environment(text.substr(begin + 2, end - begin - 2), environment);
    if (!value) return value;
    result += begin >= encoded_from ? percent_encoded(*value) : *value;
    at = end + 1;
  }
  return result;
}

}  // namespace

Result<std::string> with_environment(const std::string& text, const Environment& environment) {
  return expand(text, environment, std::string::npos);
}

Result<std::string> url_with_environment(const std::string& url, const Environment& environment) {
  return expand(url, environment, url.find("://"));
}

}  // namespace crawl
