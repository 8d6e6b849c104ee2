// SPDX-License-Identifier: MIT
// HostSections: from what the tables say to what a host gets. Files and the environment are read.

#include <algorithm>
#include <functional>

#include "base/base64.h"
#include "base/limits.h"
#include "base/units.h"
#include "crawler/host_sections.h"
#include "web/credentials.h"
#include "web/host.h"
#include "web/proxy.h"

namespace crawl {

namespace {

constexpr size_t kSecretBytesMax = 8 * 1024;
constexpr size_t kHeaderFileBytesMax = 64 * 1024;
constexpr size_t kCookieFileBytesMax = 8u << 20;

using Keys = HostSections::Keys;
using Written = HostSections::Written;

const Written* find(const Keys& keys, const std::string& key) {
  const auto found = keys.find(key);
  return found == keys.end() ? nullptr : &found->second;
}

std::string at(const Written& written, const std::string& key, const std::string& what) {
  return written.place() + ": " + key + ": " + what;
}

// Of `one-file` and `one-env`, exactly one. "" or what is wrong.
std::string exactly_one(const Keys& keys, const std::string& one, const Written& auth) {
  const bool file = keys.count(one + "-file") > 0;
  const bool variable = keys.count(one + "-env") > 0;
  if (file != variable) return "";
  return at(auth, "auth",
            file ? one + "-file and " + one + "-env are both given"
                 : "where is the secret? give " + one + "-file or " + one + "-env");
}

std::string misplaced(const Keys& keys, const std::vector<std::string>& names,
                      const std::string& what) {
  for (const std::string& name : names) {
    if (const Written* written = find(keys, name)) return at(*written, name, what);
  }
  return "";
}

// Hosts below a public suffix belong to different people.
bool is_open_to_many(const std::string& name) {
  if (!name.starts_with("*.")) return false;
  const std::string host = name.substr(2, name.rfind(':') - 2);
  return is_public_suffix(host) && !is_private_host_name(host);
}

}  // namespace

std::string HostSections::load(const Environment& environment) {
  warnings_.clear();
  for (auto& [name, section] : sections_) {
    std::string problem = load_section(name, section, environment);
    if (!problem.empty()) return problem;
  }
  std::sort(warnings_.begin(), warnings_.end());
  warnings_.erase(std::unique(warnings_.begin(), warnings_.end()), warnings_.end());
  return "";
}

Result<std::string> HostSections::read_file(const Written& written, size_t bytes_max) {
  return read_secret_file(written.values[0], bytes_max, warnings_);
}

namespace {

struct Loader {
  const Keys& keys;
  const Environment& environment;
  std::function<Result<std::string>(const Written&, size_t)> read_file;
  HostSettings& settings;

  std::string headers() const;
  std::string authorization() const;
  std::string cookies() const;
  std::string proxy() const;

 private:
  std::string take_header(const Written& written, const std::string& key, const std::string& line,
                          bool secret) const;
  std::string secret(const std::string& one, std::string& value) const;
};

std::string Loader::take_header(const Written& written, const std::string& key,
                                const std::string& line, bool secret) const {
  std::vector<HeaderLine>& lines = *settings.headers;
  std::string problem = check_header_line(line);
  if (!problem.empty()) return at(written, key, problem);
  if (lines.size() == 100) return at(written, key, "more than 100 of them");
  lines.push_back({line, secret || is_credential(line)});
  return "";
}

std::string Loader::headers() const {
  const Written* plain = find(keys, "header");
  const Written* file = find(keys, "header-file");
  if (plain == nullptr && file == nullptr) return "";
  settings.headers.emplace();
  for (size_t i = 0; plain != nullptr && i < plain->values.size(); ++i) {
    const std::string& text = plain->values[i];
    const auto line = with_environment(text, environment);
    if (!line) return at(*plain, "header", line.error().message());
    std::string problem = take_header(*plain, "header", *line, names_environment(text));
    if (!problem.empty()) return problem;
  }
  if (file == nullptr) return "";
  const auto text = read_file(*file, kHeaderFileBytesMax);
  if (!text) return at(*file, "header-file", text.error().message());
  int number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    ++number;
    std::string line(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    const std::string problem = take_header(*file, "header-file", line, true);
    if (!problem.empty()) return problem + " (line " + std::to_string(number) + " of the file)";
  }
  return "";
}

// Where exactly one of the two keys is there.
std::string Loader::secret(const std::string& one, std::string& value) const {
  if (const Written* variable = find(keys, one + "-env")) {
    auto text = secret_of_environment(variable->values[0], environment);
    if (!text) return at(*variable, one + "-env", text.error().message());
    value = std::move(*text);
    return "";
  }
  const Written& file = *find(keys, one + "-file");
  auto text = read_file(file, kSecretBytesMax);
  if (text) text = secret_line(std::move(*text), file.values[0]);
  if (!text) return at(file, one + "-file", text.error().message());
  value = std::move(*text);
  return "";
}

std::string Loader::authorization() const {
  const Written* auth = find(keys, "auth");
  if (auth == nullptr) {
    return misplaced(keys, {"user", "password-file", "password-env", "token-file", "token-env"},
                     "auth = \"basic\" or auth = \"bearer\" belongs to it");
  }
  const bool basic = auth->values[0] == "basic";
  std::string value;
  if (!basic) {
    std::string problem = misplaced(keys, {"user", "password-file", "password-env"},
                                    "auth = \"bearer\" has a token-file or a token-env");
    if (problem.empty()) problem = exactly_one(keys, "token", *auth);
    if (problem.empty()) problem = secret("token", value);
    if (problem.empty()) settings.authorization = "Bearer " + value;
    return problem;
  }
  const Written* user = find(keys, "user");
  if (user == nullptr) return at(*auth, "auth", "who is it? give user = \"NAME\"");
  std::string problem = misplaced(keys, {"token-file", "token-env"},
                                  "auth = \"basic\" has a password-file or a password-env");
  if (problem.empty()) problem = exactly_one(keys, "password", *auth);
  if (problem.empty()) problem = secret("password", value);
  if (problem.empty())
    settings.authorization = "Basic " + encode_base64(user->values[0] + ":" + value);
  return problem;
}

std::string Loader::cookies() const {
  const Written* file = find(keys, "cookies");
  if (file == nullptr) return "";
  const auto text = read_file(*file, kCookieFileBytesMax);
  if (!text) return at(*file, "cookies", text.error().message());
  auto jar = CookieJar::parse(*text, file->values[0]);
  if (!jar) return at(*file, "cookies", jar.error().message());
  settings.cookies = std::make_shared<const CookieJar>(std::move(*jar));
  return "";
}

std::string Loader::proxy() const {
  const Written* written = find(keys, "proxy");
  if (written == nullptr) return "";
  auto text = url_with_environment(written->values[0], environment);
  if (!text) return at(*written, "proxy", text.error().message());
  if (!text->empty() && (!is_proxy(*text) || text->size() > kUrlBytesMax)) {
    return at(*written, "proxy",
              "the value is not a proxy: write http://host:port (or https, socks5, socks5h)");
  }
  settings.proxy = std::move(*text);
  return "";
}

bool has_secrets(const HostSettings& settings) {
  const auto& headers = settings.headers;
  return settings.authorization || settings.cookies ||
         (headers && std::any_of(headers->begin(), headers->end(),
                                 [](const HeaderLine& header) { return header.secret; }));
}

}  // namespace

std::string HostSections::load_section(const std::string& name, Section& section,
                                       const Environment& environment) {
  const Keys& keys = section.keys;
  HostSettings settings;
  const Loader loader{
      keys, environment,
      [this](const Written& written, size_t bytes_max) { return read_file(written, bytes_max); },
      settings};
  if (const Written* delay = find(keys, "delay")) {
    settings.delay_ms = *parse_duration_ms(delay->values[0]);
  }
  if (const Written* flag = find(keys, "over-http")) {
    settings.over_http = flag->values[0] == "true";
  }
  std::string problem = loader.headers();
  if (problem.empty()) problem = loader.authorization();
  if (problem.empty()) problem = loader.cookies();
  if (problem.empty()) problem = loader.proxy();
  if (problem.empty() && has_secrets(settings) && is_open_to_many(name)) {
    problem = keys.begin()->second.place() + ": the hosts of '" + name +
              "' belong to different people: secrets are for a host, or for those below one";
  }
  if (problem.empty()) section.settings = std::move(settings);
  return problem;
}

}  // namespace crawl
