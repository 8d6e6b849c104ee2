// SPDX-License-Identifier: MIT
#pragma once

// URLs by the WHATWG URL Standard (https://url.spec.whatwg.org/): parse, resolve, serialise. All
// schemes are parsed; which ones may be fetched is the caller's decision (is_http()).
//
// A Url is its serialisation (`href`) and the offsets of its parts. Parsing is one pass over the
// input; an ASCII http URL costs no allocation beyond the href's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

class Url {
 public:
  // The basic URL parser (§4.4) with the API's string input: leading and trailing C0 controls and
  // spaces, and all tabs and newlines, are removed; the input is UTF-8 (invalid bytes become
  // U+FFFD). kInvalid: failure, `context` says what is wrong in words a person understands.
  static Result<Url> parse(std::string_view input);
  static Result<Url> parse(std::string_view input, const Url& base);

  // §4.5
  const std::string& href() const { return href_; }
  std::string_view scheme() const;  // "https", no colon
  std::string_view username() const;
  std::string_view password() const;
  std::string_view host() const;  // serialised: "example.com", "[::1]"; "" when null or empty
  std::optional<uint16_t> port() const;  // nullopt when it is the scheme's default
  uint16_t effective_port() const;       // with the scheme's default; 0 when there is none
  std::string_view path() const;
  std::string_view query() const;     // without "?"
  std::string_view fragment() const;  // without "#"
  bool has_query() const;
  bool has_fragment() const;
  bool has_opaque_path() const;
  bool has_credentials() const;

  bool is_http() const;  // http or https
  // "host" or "host:port" where the port is not the default: the key of politeness, robots and
  // scope.
  std::string authority() const;
  // "https://example.com:8080" (§4.7 for special schemes).
  std::string origin() const;

  // The form a crawl stores and compares: without fragment and credentials.
  Url canonical() const&;
  Url canonical() &&;

 private:
  friend class UrlParser;
  enum class SchemeKind : uint8_t { kOther, kHttp, kHttps, kWs, kWss, kFtp, kFile };
  static constexpr uint32_t kNone = UINT32_MAX;

  static SchemeKind scheme_kind(std::string_view scheme);
  static uint16_t default_port(SchemeKind kind);  // 0: none
  size_t path_end() const;
  size_t query_end() const;
  void drop_fragment_and_credentials();

  // scheme ":" ["//" [username [":" password] "@"] host [":" port]] path ["?" query] ["#"
  // fragment], where "/." stands before a path that would else read as a host. Without a host all
  // offsets from username_end_ to host_end_ are behind the first ":".
  std::string href_;
  uint32_t scheme_end_ = 0;    // index of ':'
  uint32_t username_end_ = 0;  // index of ':' or '@' behind it, or of the host
  uint32_t host_start_ = 0;
  uint32_t host_end_ = 0;
  uint32_t path_start_ = 0;
  uint32_t query_start_ = kNone;     // index of '?'
  uint32_t fragment_start_ = kNone;  // index of '#'
  uint16_t port_ = 0;
  bool has_port_ = false;
  bool has_host_ = false;
  bool opaque_path_ = false;
  SchemeKind kind_ = SchemeKind::kOther;
};

// True when `href` is a canonical http(s) URL: parsing it and serialising canonical() gives it
// back.
bool is_canonical_http_url(std::string_view href);

// What stands for a URL that is longer than kUrlBytesMax: its first kShortenedBytes bytes, cut
// between characters, and "#too-long:" with 16 hexadecimal digits of the XXH3-64 of the whole.
// Different long URLs have different stand-ins; none is a canonical URL, since it has a fragment.
inline constexpr size_t kShortenedBytes = 1000;
std::string shortened_url(std::string_view href);
bool is_shortened_url(std::string_view text);

// Ports that the Fetch Standard forbids (§2.9 "bad port"): 25, 6000, …
bool is_bad_port(uint16_t port);

// As people write: "example.com:8080/x" is a host and a port, not a URL of the scheme
// "example.com"; "user:pw@host" has no scheme either.
bool has_scheme(std::string_view word);

}  // namespace crawl
