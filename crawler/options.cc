// SPDX-License-Identifier: MIT
#include "crawler/options.h"

#include <nlohmann/json.hpp>

#include "web/credentials.h"
#include "web/url.h"

namespace crawl {
namespace {

using Json = nlohmann::ordered_json;

// What is stored for everyone who reads the database must not carry a password.
std::string without_credentials(const std::string& text) {
  Result<Url> url = Url::parse(text);
  if (!url || !url->has_credentials()) return text;
  return url->canonical().href();
}

Json header_names(const std::vector<std::string>& headers) {
  Json names = Json::array();
  for (const std::string& line : headers) names.push_back(line.substr(0, line.find(':')));
  return names;
}

Json seeds_json(const std::vector<std::string>& seeds) {
  Json shown = Json::array();
  for (const std::string& seed : seeds) shown.push_back(without_credentials(seed));
  return shown;
}

// A proxy may be written in forms that are no URL to us; then all that is safe to say is that there
// is one.
std::string shown_proxy(const std::string& proxy) {
  if (proxy.empty() || proxy.find('@') == std::string::npos) return proxy;
  Result<Url> url = Url::parse(proxy);
  return url ? url->canonical().href() : "(set)";
}

// Names and kinds; what is secret stays where it is.
Json hosts_json(const HostSections& hosts) {
  Json all = Json::object();
  for (const auto& [name, section] : hosts.sections()) {
    const HostSettings& own = section.settings;
    Json& json = all[name] = Json::object();
    if (own.delay_ms) json["delay_ms"] = *own.delay_ms;
    if (own.headers) {
      json["headers"] = Json::array();
      for (const HeaderLine& header : *own.headers) {
        json["headers"].push_back(header_name(header.line));
      }
    }
    if (own.authorization) json["auth"] = section.keys.at("auth").values[0];
    if (own.cookies) json["cookies"] = own.cookies->size();
    if (own.proxy) json["proxy"] = shown_proxy(*own.proxy);
    if (own.over_http) json["over_http"] = *own.over_http;
  }
  return all;
}

}  // namespace

std::string RunOptions::effective_user_agent() const {
  if (!user_agent.empty()) return user_agent;
  std::string agent = "crawl/" CRAWL_VERSION;
  if (!contact.empty()) agent += " (+" + contact + ")";
  return agent;
}

std::string RunOptions::robots_agent() const {
  const std::string agent = effective_user_agent();
  return agent.substr(0, agent.find_first_of("/ "));
}

std::string RunOptions::kept_types() const {
  if (types.empty()) return assets ? "*/*" : "";
  std::string list;
  for (const std::string& type : types) list += (list.empty() ? "" : " ") + type;
  return list;
}

std::string RunOptions::deciding_json() const {
  const Json all = Json::parse(to_json());
  Json json;
  for (const char* key : {"depth", "scope", "include", "exclude", "robots", "follow_nofollow",
                          "sitemaps", "assets", "canonicalize", "traps", "max_domain_hosts",
                          "max_host_urls", "max_prefix_urls", "max_query_urls"}) {
    json[key] = all.at(key);
  }
  return json.dump();
}

std::string RunOptions::to_json() const {
  Json json;
  json["version"] = CRAWL_VERSION;
  json["seeds"] = seeds_json(seeds);
  json["strict"] = strict;
  json["fetchers"] = fetchers;
  json["concurrency"] = concurrency;
  json["host_concurrency"] = host_concurrency;
  json["address_concurrency"] = address_concurrency;
  json["delay_ms"] = delay_ms;
  json["delay_factor"] = delay_factor;
  json["depth"] = depth;
  json["max_pages"] = max_pages;
  json["max_time_ms"] = max_time_ms;
  json["max_bytes"] = max_bytes;
  json["scope"] = name(scope);
  json["include"] = include;
  json["exclude"] = exclude;
  json["max_size"] = max_size;
  json["timeout_ms"] = timeout_ms;
  json["retries"] = retries;
  json["retry_wait_ms"] = retry_wait_ms;
  json["host_patience_ms"] = host_patience_ms;
  json["outage_patience_ms"] = outage_patience_ms;
  json["max_redirects"] = max_redirects;
  json["user_agent"] = effective_user_agent();
  json["headers"] = header_names(headers);
  if (!hosts.empty()) json["hosts"] = hosts_json(hosts);
  json["robots"] = robots == RobotsPolicy::kObey ? "obey" : "ignore";
  json["follow_nofollow"] = follow_nofollow;
  json["http2"] = http2;
  json["proxy"] = shown_proxy(proxy);
  json["ca_file"] = ca_file;
  json["insecure"] = insecure;
  json["allow_private"] = allow_private;
  json["keep_body"] = keep_body;
  json["keep_versions"] = keep_versions;
  json["warc"] = warc;
  json["types"] = types;
  json["sitemaps"] = sitemaps;
  json["assets"] = assets;
  json["canonicalize"] = canonical_options_text(canonicalize);
  json["traps"] = traps.enabled;
  json["max_domain_hosts"] = traps.domain_hosts_max;
  json["max_host_urls"] = traps.host_urls_max;
  json["max_prefix_urls"] = traps.prefix_urls_max;
  json["max_query_urls"] = traps.query_urls_max;
  json["revisit_ms"] = revisit_ms;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace crawl
