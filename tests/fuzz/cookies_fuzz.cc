// SPDX-License-Identifier: MIT
// Cookie files. Any bytes: cookies, or one line that quotes nothing of them. What is sent is one
// line, bounded, and each part of it stands in the file in a line for that host.

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "web/cookies.h"
#include "web/host.h"

namespace {

using namespace crawl;

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\t\0", 4)) == std::string_view::npos;
}

// A line of the file has the host, or one above it, for its domain.
bool is_meant(std::string_view text, const std::string& host) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (line.starts_with("#HttpOnly_")) line.remove_prefix(10);
    if (line.starts_with('.')) line.remove_prefix(1);
    const auto domain = parse_special_host(line.substr(0, line.find('\t')));
    if (domain && (*domain == host || host.ends_with("." + *domain))) return true;
  }
  return false;
}

void check_request(const CookieJar& jar, const std::string& text, const Url& url, int64_t now_s) {
  const std::string value = jar.header_value(url, now_s);
  CRAWL_CHECK(is_one_line(value) && value.size() <= CookieJar::kHeaderBytesMax);
  CRAWL_CHECK(value.empty() || is_meant(text, std::string(url.host())));
  for (size_t at = 0; !value.empty() && at <= value.size();) {
    const size_t end = std::min(value.find("; ", at), value.size());
    const std::string pair = value.substr(at, end - at);
    at = end + 2;
    // A nameless value may hold '=', and a value "; " may not be.
    const size_t equals = pair.find('=');
    CRAWL_CHECK(text.find(pair.substr(equals == std::string::npos ? 0 : equals + 1)) !=
                std::string::npos);
    if (equals != std::string::npos) CRAWL_CHECK(text.find(pair.substr(0, equals)) != text.npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider chance(data, size);
  const bool secure = chance.ConsumeBool();
  const int64_t now_s = chance.ConsumeIntegral<int32_t>();
  const std::string path = chance.ConsumeRandomLengthString(20);
  const std::string text = chance.ConsumeRemainingBytesAsString();
  const auto jar = CookieJar::parse(text, "c.txt");
  if (!jar) {
    const std::string problem = jar.error().message();
    CRAWL_CHECK(problem.starts_with("c.txt:") && is_one_line(problem) && problem.size() < 120);
    return 0;
  }
  CRAWL_CHECK(jar->size() <= CookieJar::kCookiesMax && jar->expired(now_s) <= jar->size());
  for (const std::string host :
       {"a.example.com", "example.com", "127.0.0.1", "localhost", "com", "nobody.invalid"}) {
    const auto url = Url::parse((secure ? "https://" : "http://") + host + "/" + path);
    if (!url) continue;
    check_request(*jar, text, *url, now_s);
    // What goes over http goes over https as well.
    if (!secure && !jar->header_value(*url, now_s).empty()) {
      const auto safe = Url::parse("https" + url->href().substr(4));
      CRAWL_CHECK(!safe || !jar->header_value(*safe, now_s).empty());
    }
  }
  return 0;
}
