// SPDX-License-Identifier: MIT
#include "archive/cdxj.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/escape.h"
#include "web/url.h"

namespace crawl {

namespace {

// "www.", "www2."
std::string_view without_www(std::string_view host) {
  if (!host.starts_with("www")) return host;
  size_t at = 3;
  while (at < host.size() && host[at] >= '0' && host[at] <= '9') ++at;
  return at + 1 < host.size() && host[at] == '.' ? host.substr(at + 1) : host;
}

std::string reversed_labels(std::string_view host) {
  std::string reversed;
  while (!host.empty()) {
    const size_t dot = host.rfind('.');
    const size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    reversed.append(reversed.empty() ? "" : ",").append(host.substr(begin));
    host = host.substr(0, begin == 0 ? 0 : dot);
  }
  return reversed;
}

std::string sorted_arguments(std::string_view query) {
  std::vector<std::string_view> arguments;
  while (true) {
    const size_t end = std::min(query.find('&'), query.size());
    arguments.push_back(query.substr(0, end));
    if (end == query.size()) break;
    query.remove_prefix(end + 1);
  }
  std::sort(arguments.begin(), arguments.end());
  std::string sorted;
  for (const std::string_view argument : arguments) {
    sorted.append(sorted.empty() ? "?" : "&").append(argument);
  }
  return sorted;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return result;
}

void add(std::string& json, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  json.append(json.size() > 1 ? ", \"" : "\"").append(name).append("\": \"");
  json.append(escape_for_json(value)).append("\"");
}

}  // namespace

std::string surt(std::string_view url) {
  const Result<Url> parsed = Url::parse(lower(url));
  if (!parsed || !parsed->is_http()) return std::string(url);
  const bool ipv6 = parsed->host().starts_with('[');
  std::string key =
      ipv6 ? std::string(parsed->host()) : reversed_labels(without_www(parsed->host()));
  if (parsed->port()) key.append(":").append(std::to_string(*parsed->port()));
  key.append(")").append(parsed->path());
  if (parsed->has_query() && !parsed->query().empty()) key += sorted_arguments(parsed->query());
  return key;
}

std::string cdxj_line(const CdxjEntry& entry) {
  std::string digits;
  for (const char c : iso8601_utc(entry.date_ms)) {
    if (c >= '0' && c <= '9' && digits.size() < 14) digits += c;
  }
  std::string json = "{";
  add(json, "url", entry.url);
  add(json, "mime", entry.mime);
  add(json, "status", entry.status);
  add(json, "digest",
      entry.digest.substr(std::min<size_t>(entry.digest.find(':') + 1, entry.digest.size())));
  add(json, "length", std::to_string(entry.length));
  add(json, "offset", std::to_string(entry.offset));
  add(json, "filename", entry.file);
  return surt(entry.url) + " " + digits + " " + json + "}";
}

}  // namespace crawl
