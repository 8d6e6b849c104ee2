// SPDX-License-Identifier: MIT
#include "crawler/host_sections.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include "base/limits.h"
#include "base/suggest.h"
#include "crawler/option_set.h"
#include "crawler/run_option_readers.h"
#include "web/credentials.h"
#include "web/host.h"
#include "web/proxy.h"
#include "web/url.h"

namespace crawl {

namespace {

using Values = std::vector<std::string>;

constexpr int64_t kDayMs = 24 * 3'600'000;

// Keys of one group come from one file, and from one table.
enum class Group : uint8_t { kNone, kHeaders, kAuth };

struct Key {
  std::string name;
  std::string (*check)(const std::string& value);
  Group group = Group::kNone;
  bool is_list = false;
  bool is_path = false;
  bool is_flag = false;
};

std::string check_delay(const std::string& value) {
  int64_t ms = 0;
  return read_duration(ms, 0, kDayMs)(value);
}

std::string check_path(const std::string& value) {
  const bool sound = !value.empty() && value.find('\0') == std::string::npos;
  return sound ? "" : not_a(value, "a path");
}

std::string check_auth(const std::string& value) {
  return value == "basic" || value == "bearer" ? "" : not_a(value, "one of basic, bearer");
}

// RFC 7617 §2: the first colon ends the user's name.
std::string check_user(const std::string& value) {
  const bool sound = std::none_of(value.begin(), value.end(), [](char c) {
    return c == ':' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  return sound && !value.empty() ? "" : not_a(value, "a user's name");
}

std::string check_variable(const std::string& value) {
  return is_environment_name(value) ? ""
                                    : not_a(value, "the name of a variable of the environment");
}

std::string check_flag(const std::string& value) {
  return value == "true" || value == "false" ? "" : not_a(value, "true or false");
}

// What stands in quotes is not repeated: it may be a secret all the same.
std::string check_header(const std::string& value) {
  if (names_environment(value)) return "";
  if (std::string problem = check_header_line(value); !problem.empty()) return problem;
  if (!is_credential(value)) return "";
  const std::string name(header_name(value));
  return "a secret does not stand in this file: write \"" + name +
         ": ${NAME}\" and put it into the environment, or into a file for header-file";
}

std::string check_proxy(const std::string& value) {
  if (names_environment(value) || value.empty()) return "";
  if (!is_proxy(value)) {
    return "the value is not a proxy: write http://host:port (or https, socks5, socks5h)";
  }
  if (parse_proxy(value)->password().empty()) return "";
  return "a secret does not stand in this file: write ${NAME} in place of the password and put it "
         "into the environment";
}

const std::vector<Key>& known_keys() {
  static const std::vector<Key> kKeys = {
      {"delay", check_delay},
      {"header", check_header, Group::kHeaders, true},
      {"header-file", check_path, Group::kHeaders, false, true},
      {"auth", check_auth, Group::kAuth},
      {"user", check_user, Group::kAuth},
      {"password-file", check_path, Group::kAuth, false, true},
      {"password-env", check_variable, Group::kAuth},
      {"token-file", check_path, Group::kAuth, false, true},
      {"token-env", check_variable, Group::kAuth},
      {"cookies", check_path, Group::kNone, false, true},
      {"proxy", check_proxy},
      {"over-http", check_flag, Group::kNone, false, false, true},
  };
  return kKeys;
}

const Key* find_key(const std::string& name) {
  const std::vector<Key>& keys = known_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

std::string unknown_key(const std::string& name) {
  static constexpr std::array<std::string_view, 2> kSecrets = {"password", "token"};
  if (std::find(kSecrets.begin(), kSecrets.end(), name) != kSecrets.end()) {
    return "a secret does not stand in this file: give " + name + "-file = \"PATH\" or " + name +
           "-env = \"NAME\"";
  }
  std::vector<std::string> names;
  std::string list;
  for (const Key& key : known_keys()) {
    names.push_back(key.name);
    list += (list.empty() ? "" : ", ") + key.name;
  }
  const std::optional<std::string> meant = nearest(name, names);
  return "unknown key '" + name + "' of a host" +
         (meant ? "; did you mean '" + *meant + "'?" : ": there are " + list);
}

// Relative to the file that names it.
std::string resolved(const std::string& path, const std::string& file) {
  std::error_code failed;
  const auto whole =
      std::filesystem::absolute(std::filesystem::path(file).parent_path() / path, failed);
  return failed ? path : whole.lexically_normal().string();
}

// `keys` without the group's, where `keep` does not want them.
void drop_group(HostSections::Keys& keys, Group group,
                const std::function<bool(const HostSections::Written&)>& keep) {
  for (auto each = keys.begin(); each != keys.end();) {
    const bool drop = find_key(each->first)->group == group && !keep(each->second);
    each = drop ? keys.erase(each) : std::next(each);
  }
}

}  // namespace

Result<std::string> host_pattern(const std::string& name) {
  const auto wrong = [&](const std::string& what) {
    return Error{Errc::kInvalid, 0, "'" + name + "' " + what};
  };
  if (name.find("://") != std::string::npos || name.find_first_of("/@?#") != std::string::npos) {
    return wrong("is more than a host: write example.com, example.com:8080 or *.example.com");
  }
  if (name == "*") return wrong("is not a host: what holds for all stands before the tables");
  const bool below = name.starts_with("*.");
  const std::string rest = below ? name.substr(2) : name;
  const auto url = Url::parse("http://" + rest + "/");
  if (!url || rest.find('*') != std::string::npos || url->path() != "/") {
    return wrong("is not a host: write example.com, example.com:8080 or *.example.com");
  }
  if (below && IpAddress::parse(url->host())) return wrong("is an address, which has none below");
  if (rest.ends_with(":80") || rest.ends_with(":443")) {
    return wrong("names a usual port: without it http and https are meant");
  }
  return (below ? "*." : "") + url->authority();
}

std::string check_header_line(const std::string& line) {
  std::vector<std::string> lines;
  return read_header(lines)(line);
}

void HostSettings::override_with(const HostSettings& other) {
  if (other.delay_ms) delay_ms = other.delay_ms;
  if (other.headers) headers = other.headers;
  if (other.authorization) authorization = other.authorization;
  if (other.cookies) cookies = other.cookies;
  if (other.proxy) proxy = other.proxy;
  if (other.over_http) over_http = other.over_http;
}

bool HostSections::knows(const std::string& key) { return find_key(key) != nullptr; }

std::string HostSections::apply(const ConfigEntry& entry, const std::string& file) {
  const auto name = host_pattern(entry.host);
  if (!name) return name.error().message();
  if (entry.key.empty()) {
    sections_[*name];
    return "";
  }
  std::string key_name = entry.key;
  std::replace(key_name.begin(), key_name.end(), '_', '-');
  const Key* key = find_key(key_name);
  if (key == nullptr) return unknown_key(key_name);
  if (!key->is_list && entry.values.size() != 1) return entry.key + ": one value is expected";
  for (const std::string& value : entry.values) {
    const std::string problem = key->check(value);
    if (!problem.empty()) return entry.key + ": " + problem;
  }
  Keys& keys = sections_[*name].keys;
  if (key->group != Group::kNone) {
    drop_group(keys, key->group, [&](const Written& one) { return one.file == file; });
  }
  Written& written = keys[key_name] = Written{entry.values, file, entry.line};
  if (key->is_path) written.values[0] = resolved(written.values[0], file);
  return "";
}

// The least specific first.
std::vector<const HostSections::Section*> HostSections::that_apply(
    std::string_view authority) const {
  std::vector<const Section*> result;
  const auto add = [&](const std::string& name) {
    const auto found = sections_.find(name);
    if (found != sections_.end()) result.push_back(&found->second);
  };
  if (sections_.empty()) return result;
  const std::string whole(authority);
  const std::string host = whole.substr(0, whole.starts_with('[') ? 0 : whole.rfind(':'));
  if (!IpAddress::parse(host)) {
    for (size_t dot = host.rfind('.'); dot != std::string::npos && dot > 0;
         dot = host.rfind('.', dot - 1)) {
      add("*" + whole.substr(dot));
    }
  }
  add(whole);
  return result;
}

std::vector<std::string> HostSections::beside(const std::vector<Seed>& seeds) const {
  const auto host_of = [](const std::string& authority) {
    const size_t colon = authority.rfind(':');
    return authority.substr(0, authority.ends_with(']') ? std::string::npos : colon);
  };
  std::multimap<std::string, std::string> named;  // NAME by host
  for (const auto& [name, section] : sections_) named.emplace(host_of(name), name);
  std::map<std::string, std::string> meant;  // a seed's authority by NAME
  for (const Seed& seed : seeds) {
    const std::string authority = seed.url.authority();
    const auto [begin, end] = named.equal_range(host_of(authority));
    for (auto each = begin; each != end; ++each) {
      std::string& other = meant[each->second];
      if (each->second == authority || other.empty()) other = authority;
    }
  }
  std::vector<std::string> lines;
  for (const auto& [name, authority] : meant) {
    if (name == authority) continue;
    lines.push_back("the table [host." + toml_string(name) +
                    "] is for no seed: of this host there is " + authority);
  }
  return lines;
}

HostSettings HostSections::settings(std::string_view authority) const {
  HostSettings merged;
  for (const Section* section : that_apply(authority)) merged.override_with(section->settings);
  return merged;
}

HostSections::Keys HostSections::keys(std::string_view authority) const {
  Keys merged;
  for (const Section* section : that_apply(authority)) {
    for (const Group group : {Group::kHeaders, Group::kAuth}) {
      const bool has = std::any_of(section->keys.begin(), section->keys.end(), [&](const auto& k) {
        return find_key(k.first)->group == group;
      });
      if (has) drop_group(merged, group, [](const Written&) { return false; });
    }
    for (const auto& [key, written] : section->keys) merged[key] = written;
  }
  return merged;
}

std::string HostSections::line(const std::string& key, const Written& written) {
  const Key* known = find_key(key);
  if (known->is_flag) return key + " = " + written.values[0];
  if (!known->is_list) return key + " = " + toml_string(written.values[0]);
  std::string list;
  for (const std::string& value : written.values) {
    list += (list.empty() ? "" : ", ") + toml_string(value);
  }
  return key + " = [" + list + "]";
}

}  // namespace crawl
