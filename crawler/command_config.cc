// SPDX-License-Identifier: MIT
// `crawl config`: the options in force and where each comes from, as a file that sets them.

#include <algorithm>

#include "base/escape.h"
#include "crawler/configured.h"
#include "web/credentials.h"
#include "web/proxy.h"

namespace crawl {

namespace {

constexpr size_t kCommentColumn = 44;

// "value  # where it comes from"
std::string with_origin(std::string line, const std::string& origin) {
  line.resize(std::max(line.size() + 1, kCommentColumn), ' ');
  // A path may hold a line's end.
  return line + "# " + (origin.empty() ? "default" : escape_for_terminal(origin)) + "\n";
}

std::string secret(const std::string& what, const std::string& origin) {
  return with_origin("# " + what + ": (set)", origin);
}

// What cannot stand in a file.
std::string secrets_of(const OptionSet::Setting& setting, const RunOptions& options) {
  std::string text;
  if (setting.name == "proxy" && !options.proxy.empty() && setting.value.empty()) {
    text += secret("proxy " + parse_proxy(options.proxy)->canonical().href() + " with a password",
                   setting.origin);
  }
  for (const std::string& line : options.headers) {
    if (setting.name != "header" || !is_credential(line)) continue;
    text += secret("header " + std::string(header_name(line)), setting.origin);
  }
  return text;
}

std::string options_text(const Configured& configured) {
  std::string text;
  std::string heading;
  for (const OptionSet::Setting& setting : configured.settings) {
    const std::string secrets = secrets_of(setting, configured.options);
    if (setting.shown == Shown::kNo && setting.origin.empty()) continue;
    if (setting.heading != heading) {
      heading = setting.heading;
      text += (text.empty() ? "# " : "\n# ") + heading + "\n";
    }
    text += secrets;
    if (!setting.value.empty()) {
      text += with_origin(setting.name + " = " + setting.value, setting.origin);
    } else if (secrets.empty()) {
      text += with_origin("# " + setting.name + " is not set", setting.origin);
    }
  }
  return text;
}

// A secret is named by its place, which the line has; that it could be read is all that is added.
std::string origin_of(const std::string& key, const HostSections::Written& written,
                      const HostSettings& settings) {
  std::string origin = written.place();
  const bool elsewhere = key.ends_with("-file") || key.ends_with("-env") ||
                         (key == "proxy" && names_environment(written.values[0]));
  if (elsewhere) origin = "(set), " + origin;
  if (key == "cookies") {
    origin = "(set: " + std::to_string(settings.cookies->size()) + "), " + origin;
  }
  if (key == "header" &&
      written.values.end() !=
          std::find_if(written.values.begin(), written.values.end(), names_environment)) {
    origin = "(set), " + origin;
  }
  return origin;
}

std::string table(const std::string& name, const HostSections::Keys& keys,
                  const HostSettings& settings) {
  std::string text = "\n[host." + toml_string(name) + "]\n";
  for (const auto& [key, written] : keys) {
    text += with_origin(HostSections::line(key, written), origin_of(key, written, settings));
  }
  return text;
}

std::string text_for(const Configured& configured) {
  const HostSections& hosts = configured.options.hosts;
  if (!configured.host.empty()) {
    HostSections::Keys keys = hosts.keys(configured.host);
    std::string text = table(configured.host, keys, hosts.settings(configured.host)).substr(1);
    for (const OptionSet::Setting& setting : configured.settings) {
      const bool for_hosts = setting.name == "delay" || setting.name == "proxy";
      if (!for_hosts || keys.count(setting.name) > 0) continue;
      text += secrets_of(setting, configured.options);
      if (setting.value.empty()) continue;
      text += with_origin(setting.name + " = " + setting.value, setting.origin);
    }
    return text;
  }
  std::string text = options_text(configured);
  for (const auto& [name, section] : hosts.sections()) {
    text += table(name, section.keys, section.settings);
  }
  return text;
}

}  // namespace

void declare_config_options(OptionSet& set, Configured& target) {
  set.value("--host", "HOST", "what holds for this host",
            [&target](const std::string& value) -> std::string {
              const auto host = host_pattern(value);
              if (!host) return host.error().message();
              target.host = *host;
              return "";
            });
}

CommandLine parse_config_command(const std::vector<std::string>& words, const ConfigFiles& config,
                                 const std::string& line, const std::string& text) {
  Configured configured;
  const HelpHead head = {"config", line, text};
  auto other = read_configured(words, config, declare_config_options, head, configured);
  if (other) return *other;
  const std::vector<std::string>& seeds = configured.options.seeds;
  if (!seeds.empty()) return UsageError{ExitCode::kUsage, "unexpected argument " + seeds.front()};
  std::string warnings;
  for (const std::string& warning : configured.options.hosts.warnings()) {
    warnings += "# warning: " + escape_for_terminal(warning) + "\n";
  }
  return ShowText{warnings + text_for(configured)};
}

}  // namespace crawl
