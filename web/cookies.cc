// SPDX-License-Identifier: MIT
#include "web/cookies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/ascii.h"
#include "web/host.h"

namespace crawl {

namespace {

using Fields = std::array<std::string_view, 7>;
constexpr std::string_view kHttpOnly = "#HttpOnly_";

// How many there are; at most one more than fit.
size_t split(std::string_view line, Fields& fields) {
  for (size_t count = 0; count < fields.size(); ++count) {
    const size_t tab = line.find('\t');
    fields[count] = line.substr(0, tab);
    if (tab == std::string_view::npos) return count + 1;
    line.remove_prefix(tab + 1);
  }
  return fields.size() + 1;
}

std::optional<bool> truth(std::string_view word) {
  if (equals_ignoring_case(word, "true")) return true;
  if (equals_ignoring_case(word, "false")) return false;
  return std::nullopt;
}

// Exporters write 0, -1 or nothing for the end of the session, and some write fractions.
std::optional<int64_t> expiry(std::string_view word) {
  if (word.empty()) return 0;
  int64_t seconds = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, seconds);
  const std::string_view rest(stop, static_cast<size_t>(end - stop));
  const bool fraction =
      rest.empty() || (rest[0] == '.' && rest.find_first_not_of("0123456789", 1) == rest.npos);
  if (error != std::errc() || !fraction) return std::nullopt;
  return std::max<int64_t>(seconds, 0);
}

// RFC 6265 §4.1.1 forbids more; servers set, and browsers send, whatever is not one of these.
bool may_be_sent(std::string_view text, std::string_view separators) {
  return std::none_of(text.begin(), text.end(), [&](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
           separators.find(c) != std::string_view::npos;
  });
}

// What is wrong with the line, or nothing, and then it is in `cookie`.
std::string read_cookie(std::string_view line, Cookie& cookie) {
  Fields fields;
  const size_t count = split(line, fields);
  if (count == 1 && line.find(' ') != std::string_view::npos) {
    return "the fields are not separated by tabs";
  }
  // An editor may have taken the tab before an empty value.
  if (count < 6 || count > 7) {
    return "expected 7 fields with tabs between them, found " +
           (count > 7 ? std::string("more") : std::to_string(count));
  }
  const auto below = truth(fields[1]);
  const auto secure = truth(fields[3]);
  const auto expires = expiry(fields[4]);
  if (!below) return "the second field (hosts below it) is neither TRUE nor FALSE";
  if (!secure) return "the fourth field (https only) is neither TRUE nor FALSE";
  if (!expires) return "the fifth field (expires) is not a number of seconds since 1970";
  if (!may_be_sent(fields[5], ";=") || !may_be_sent(fields[6], ";")) {
    return "the name or the value has a character that no cookie can have";
  }
  if (fields[5].empty() && fields[6].empty()) return "it has neither a name nor a value";
  std::string_view domain = fields[0];
  if (domain.starts_with('.')) domain.remove_prefix(1);
  const auto host = parse_special_host(domain);
  if (domain.empty() || !host) return "the first field is not a domain";
  cookie.domain = *host;
  // A whole public suffix, or an address, has no hosts below it (RFC 6265 §5.3).
  cookie.host_only = !*below || IpAddress::parse(*host) || is_public_suffix(*host);
  cookie.path = fields[2].starts_with('/') ? fields[2] : "/";
  cookie.secure = *secure;
  cookie.expires_s = *expires;
  cookie.name = fields[5];
  cookie.value = fields[6];
  return "";
}

Error wrong(std::string_view source, int line, const std::string& what) {
  return Error{Errc::kInvalid, 0, std::string(source) + ":" + std::to_string(line) + ": " + what};
}

}  // namespace

bool cookie_path_matches(std::string_view request_path, std::string_view cookie_path) {
  if (!request_path.starts_with(cookie_path)) return false;
  return request_path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         request_path[cookie_path.size()] == '/';
}

Result<CookieJar> CookieJar::parse(std::string_view text, std::string_view source) {
  CookieJar jar;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t first = text.find_first_not_of(" \t\r\n");
  const std::string_view begin = text.substr(std::min(first, text.size()));
  const bool has_tab = begin.substr(0, begin.find('\n')).find('\t') != std::string_view::npos;
  if (!has_tab && (begin.starts_with('[') || begin.starts_with('{'))) {
    return wrong(source, 1, "this is JSON: export the cookies in Netscape's format (cookies.txt)");
  }
  int number = 0;
  while (!text.empty()) {
    ++number;
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(kHttpOnly)) {
      line.remove_prefix(kHttpOnly.size());
    } else if (line.starts_with('#') || line.find_first_not_of(" \t") == std::string_view::npos) {
      continue;
    }
    Cookie cookie;
    const std::string problem = read_cookie(line, cookie);
    if (!problem.empty()) return wrong(source, number, problem);
    if (jar.size_ == kCookiesMax) return wrong(source, number, "more than 10000 cookies");
    jar.add(std::move(cookie));
  }
  return jar;
}

// The last of a name counts (§5.3, step 11), in the first one's place.
void CookieJar::add(Cookie cookie) {
  std::vector<Cookie>& known = by_domain_[cookie.domain];
  const auto same = std::find_if(known.begin(), known.end(), [&](const Cookie& one) {
    return one.name == cookie.name && one.path == cookie.path && one.host_only == cookie.host_only;
  });
  if (same != known.end()) {
    *same = std::move(cookie);
    return;
  }
  known.push_back(std::move(cookie));
  ++size_;
}

std::string CookieJar::header_value(const Url& url, int64_t now_s) const {
  const bool secure = url.scheme() == "https";
  std::vector<const Cookie*> chosen;
  const std::string host(url.host());
  for (size_t dot = 0; dot != std::string::npos && dot < host.size();) {
    const auto found = by_domain_.find(host.substr(dot));
    for (size_t i = 0; found != by_domain_.end() && i < found->second.size(); ++i) {
      const Cookie& one = found->second[i];
      const bool lives = one.expires_s == 0 || one.expires_s > now_s;
      if ((dot == 0 || !one.host_only) && lives && (secure || !one.secure) &&
          cookie_path_matches(url.path(), one.path)) {
        chosen.push_back(&one);
      }
    }
    const size_t next = host.find('.', dot);
    dot = next == std::string::npos ? next : next + 1;
  }
  // §5.4, step 2: longer paths first, else in the order of the file.
  std::stable_sort(chosen.begin(), chosen.end(), [](const Cookie* a, const Cookie* b) {
    return a->path.size() > b->path.size();
  });
  std::string value;
  for (const Cookie* one : chosen) {
    const std::string pair = one->name.empty() ? one->value : one->name + "=" + one->value;
    if (value.size() + pair.size() + 2 > kHeaderBytesMax) continue;
    value += (value.empty() ? "" : "; ") + pair;
  }
  return value;
}

size_t CookieJar::expired(int64_t now_s) const {
  size_t count = 0;
  for (const auto& [domain, cookies] : by_domain_) {
    for (const Cookie& one : cookies) count += one.expires_s != 0 && one.expires_s <= now_s ? 1 : 0;
  }
  return count;
}

}  // namespace crawl
