// SPDX-License-Identifier: MIT
#include "crawler/run_option_readers.h"

#include <fmt/format.h>
#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>

#include "base/limits.h"
#include "base/suggest.h"
#include "web/credentials.h"
#include "web/proxy.h"

namespace crawl {
namespace {

bool has_control_character(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string one_of(const std::string& value, const std::vector<std::string>& choices) {
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  const std::optional<std::string> meant = nearest(value, choices);
  return not_a(value, "one of " + list) + (meant ? "; did you mean " + *meant + "?" : "");
}

// RFC 9110 §5.1: field-name is a token.
bool is_token(const std::string& text) {
  constexpr const char* kTokenChars =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.find_first_not_of(kTokenChars) == std::string::npos;
}

bool is_media_range(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string type(text.substr(0, slash));
  const std::string subtype(text.substr(slash + 1));
  return is_token(type) && is_token(subtype) && (type != "*" || subtype == "*");
}

}  // namespace

ValueReader read_factor(double& target, double max) {
  const auto read = [&target, max](const std::string& value) -> std::string {
    double number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number, std::chars_format::fixed);
    if (error != std::errc() || stop != end || !(number >= 0 && number <= max)) {
      return not_a(value, "a number from 0 to " + std::to_string(static_cast<int>(max)));
    }
    target = number;
    return "";
  };
  return {&target, read, [&target] { return toml_string(fmt::format("{}", target)); }};
}

ValueReader read_scope(Scope& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    const std::optional<Scope> scope = scope_named(value);
    if (!scope) return one_of(value, {"host", "domain", "prefix", "any"});
    target = *scope;
    return "";
  };
  return {&target, read, [&target] { return toml_string(name(target)); }};
}

ValueReader read_robots_policy(RobotsPolicy& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    if (value != "obey" && value != "ignore") return one_of(value, {"obey", "ignore"});
    target = value == "obey" ? RobotsPolicy::kObey : RobotsPolicy::kIgnore;
    return "";
  };
  return {&target, read,
          [&target] { return toml_string(target == RobotsPolicy::kObey ? "obey" : "ignore"); }};
}

ValueReader read_log_format(LogFormat& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    if (value != "text" && value != "json") return one_of(value, {"text", "json"});
    target = value == "text" ? LogFormat::kText : LogFormat::kJson;
    return "";
  };
  return {&target, read,
          [&target] { return toml_string(target == LogFormat::kText ? "text" : "json"); }};
}

ValueReader read_sandbox(SandboxMode& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    if (value != "on" && value != "require" && value != "off") {
      return one_of(value, {"on", "require", "off"});
    }
    target = value == "on"    ? SandboxMode::kOn
             : value == "off" ? SandboxMode::kOff
                              : SandboxMode::kRequire;
    return "";
  };
  return {&target, read, [&target] {
            return toml_string(target == SandboxMode::kOn    ? "on"
                               : target == SandboxMode::kOff ? "off"
                                                             : "require");
          }};
}

ValueReader read_pattern(std::vector<std::string>& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    const re2::RE2 pattern(value, re2::RE2::Quiet);
    if (!pattern.ok()) {
      return not_a(value, "a regular expression (RE2): " + pattern.error());
    }
    target.push_back(value);
    return "";
  };
  return {&target, read, [&target] { return toml_list(target); }, true};
}

ValueReader read_types(std::vector<std::string>& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    std::vector<std::string> types;
    for (size_t begin = 0; begin <= value.size();) {
      const size_t end = std::min(value.find_first_of(", ", begin), value.size());
      std::string type = value.substr(begin, end - begin);
      begin = end + 1;
      if (type.empty()) continue;
      if (!is_media_range(type))
        return not_a(type, "a media type: write image/*, application/pdf or */*");
      std::transform(type.begin(), type.end(), type.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      types.push_back(std::move(type));
    }
    target = std::move(types);
    return "";
  };
  return {&target, read, [&target] {
            std::string list;
            for (const std::string& type : target) list += (list.empty() ? "" : ",") + type;
            return list.empty() ? "" : toml_string(list);
          }};
}

// One line of a request's header, or of a part of it.
ValueReader read_header_text(std::string& target, size_t bytes_max) {
  const auto read = [&target, bytes_max](const std::string& value) -> std::string {
    if (has_control_character(value)) return not_a(value, "one line of text");
    if (value.size() > bytes_max)
      return "the text is longer than " + std::to_string(bytes_max) + " bytes";
    target = value;
    return "";
  };
  return {&target, read, [&target] { return target.empty() ? "" : toml_string(target); }};
}

ValueReader read_header(std::vector<std::string>& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    const size_t colon = value.find(':');
    // The value is not repeated: it may be a password.
    if (colon == std::string::npos || !is_token(value.substr(0, colon)) ||
        has_control_character(value)) {
      return "the value is not a header line: write 'Name: value'";
    }
    if (value.size() > kMetaBytesMax || target.size() >= 100)
      return "too long, or more than 100 of them";
    target.push_back(value);
    return "";
  };
  return {&target, read,
          [&target] {
            std::vector<std::string> open;
            std::copy_if(target.begin(), target.end(), std::back_inserter(open),
                         [](const std::string& line) { return !is_credential(line); });
            return toml_list(open);
          },
          true};
}

ValueReader read_proxy(std::string& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    if (!value.empty() && (!is_proxy(value) || value.size() > kUrlBytesMax)) {
      return "the value is not a proxy: write http://host:port (or https, socks5, socks5h)";
    }
    target = value;
    return "";
  };
  return {&target, read, [&target] {
            const bool open = !target.empty() && parse_proxy(target)->password().empty();
            return open ? toml_string(target) : "";
          }};
}

ValueReader read_readable_file(std::string& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    if (access(value.c_str(), R_OK) != 0) {
      return not_a(value, std::string("a file that can be read: ") + strerrordesc_np(errno));
    }
    target = value;
    return "";
  };
  return {&target, read, [&target] { return target.empty() ? "" : toml_string(target); }};
}

ValueReader read_path(std::string& target) {
  const auto read = [&target](const std::string& value) -> std::string {
    if (value.empty() || value.find('\0') != std::string::npos) return not_a(value, "a path");
    target = value;
    return "";
  };
  return {&target, read, [&target] { return target.empty() ? "" : toml_string(target); }};
}

}  // namespace crawl
