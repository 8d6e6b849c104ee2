// SPDX-License-Identifier: MIT
#include "web/host.h"

#include <libpsl.h>

#include <algorithm>

#include "base/escape.h"
#include "web/host_parser.h"
#include "web/ip_address.h"
#include "web/percent.h"

namespace crawl {
namespace {

HostFault append_bracketed(std::string_view input, std::string& out) {
  if (input.back() != ']') return "the IPv6 address has no closing bracket";
  const auto address = parse_ipv6(input.substr(1, input.size() - 2));
  if (!address) return "the IPv6 address is malformed";
  out.push_back('[');
  append_ipv6(*address, out);
  out.push_back(']');
  return nullptr;
}

// Appends an ASCII host without "%", lower-cased. The caller looks at the bits of all its bytes,
// which it returns.
uint8_t append_plain(std::string_view input, std::string& out) {
  const size_t start = out.size();
  out.append(input);
  uint8_t seen = 0;
  for (const char c : input) seen = static_cast<uint8_t>(seen | host_byte(c));
  if ((seen & kUpperCase) != 0) {
    for (size_t i = start; i < out.size(); ++i) {
      if ((host_byte(out[i]) & kUpperCase) != 0) out[i] = static_cast<char>(out[i] | 0x20);
    }
  }
  return seen;
}

constexpr std::string_view kPrivateSuffixes[] = {
    "localhost",                                                  // RFC 6761
    "local",                                                      // RFC 6762
    "intranet",    "internal", "private", "corp", "home", "lan",  // RFC 6762, appendix G
    "home.arpa",                                                  // RFC 8375
    "test",                                                       // RFC 6761
    "localdomain",                                                // what resolvers append by habit
};

// Compiled into libpsl and immutable: nothing to load, nothing to free.
const psl_ctx_t* suffixes() {
  static const psl_ctx_t* const kSuffixes = psl_builtin();
  return kSuffixes;
}

}  // namespace

HostFault append_special_host(std::string_view input, std::string& out) {
  if (input.front() == '[') return append_bracketed(input, out);
  const size_t start = out.size();
  const uint8_t seen = append_plain(input, out);
  if ((seen & kNotPlain) != 0) {
    out.resize(start);
    if (HostFault fault = append_ascii_domain(to_valid_utf8(percent_decode(input)), out)) {
      return fault;
    }
  } else if ((seen & kForbiddenDomain) != 0) {
    return "the host holds a forbidden character";
  }
  const std::string_view host = std::string_view(out).substr(start);
  if (!ends_in_number(host)) return nullptr;
  const std::optional<uint32_t> address = parse_ipv4_host(host);
  if (!address) return "the host ends in a number but is no IPv4 address";
  out.resize(start);
  append_ipv4(*address, out);
  return nullptr;
}

HostFault append_opaque_host(std::string_view input, std::string& out) {
  if (input.front() == '[') return append_bracketed(input, out);
  for (const char c : input) {
    if ((host_byte(c) & kForbiddenHost) != 0) return "the host holds a forbidden character";
  }
  append_percent_encoded(input, kC0ControlSet, out);
  return nullptr;
}

Result<std::string> parse_special_host(std::string_view input) {
  std::string out;
  if (input.empty()) return Error{Errc::kInvalid, 0, "the host is missing"};
  if (HostFault fault = append_special_host(input, out)) return Error{Errc::kInvalid, 0, fault};
  return out;
}

Result<std::string> parse_opaque_host(std::string_view input) {
  std::string out;
  if (input.empty()) return out;
  if (HostFault fault = append_opaque_host(to_valid_utf8(input), out)) {
    return Error{Errc::kInvalid, 0, fault};
  }
  return out;
}

namespace {

// `suffix` itself, or a name below it.
bool is_under(std::string_view host, std::string_view suffix) {
  if (!host.ends_with(suffix)) return false;
  return host.size() == suffix.size() || host[host.size() - suffix.size() - 1] == '.';
}

}  // namespace

bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return is_under(host, "localhost");
}

bool is_private_host_name(std::string_view host) {
  if (const std::optional<IpAddress> address = IpAddress::parse(host)) {
    return !is_public_address(*address);
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.find('.') == std::string_view::npos) return true;
  return std::any_of(std::begin(kPrivateSuffixes), std::end(kPrivateSuffixes),
                     [host](std::string_view suffix) { return is_under(host, suffix); });
}

std::string registrable_domain(std::string_view host) {
  std::string whole(host);
  if (suffixes() == nullptr || IpAddress::parse(host)) return whole;
  std::string name(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
  const char* domain = psl_registrable_domain(suffixes(), name.c_str());
  if (domain == nullptr) return whole;
  return whole.substr(static_cast<size_t>(domain - name.c_str()));
}

bool is_public_suffix(std::string_view host) {
  if (suffixes() == nullptr || host.empty() || IpAddress::parse(host)) return false;
  const std::string name(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
  return psl_is_public_suffix(suffixes(), name.c_str()) != 0;
}

}  // namespace crawl
