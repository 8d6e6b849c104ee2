// SPDX-License-Identifier: MIT
#pragma once

// What the configuration says of single hosts, in tables [host."NAME"]. NAME is a host as the
// database spells it (hosts.host: with its port where that is not the default), or "*.NAME" for all
// hosts below one. Of tables that apply, the most specific one wins, key by key: the host's own,
// then the longest. In one table the later file wins. `header` and `header-file` count as one key,
// and so do `auth` and what belongs to it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawler/config_file.h"
#include "crawler/secrets.h"
#include "seeds/reader.h"
#include "web/cookies.h"

namespace crawl {

struct HeaderLine {
  std::string line;  // "Name: value"
  bool secret = false;
};

// What holds for a host; unset: as for all hosts.
struct HostSettings {
  std::optional<int64_t> delay_ms;
  std::optional<std::vector<HeaderLine>> headers;
  std::optional<std::string> authorization;  // the header's value
  std::shared_ptr<const CookieJar> cookies;
  std::optional<std::string> proxy;  // "" : none, even where all others have one
  std::optional<bool> over_http;     // secrets go over http too

  // What `other` sets wins.
  void override_with(const HostSettings& other);
};

class HostSections {
 public:
  // A key as a file has it.
  struct Written {
    std::vector<std::string> values;
    std::string file;
    int line = 0;

    std::string place() const { return file + ":" + std::to_string(line); }
  };
  using Keys = std::map<std::string, Written>;
  struct Section {
    Keys keys;
    HostSettings settings;  // of load()
  };

  // Takes one line of a table. "" or what is wrong with it.
  std::string apply(const ConfigEntry& entry, const std::string& file);
  static bool knows(const std::string& key);

  // After the last line: reads the secrets. "" or what is wrong: "config.toml:7: …".
  std::string load(const Environment& environment);
  // Of load(): secrets that everybody may read.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Tables that are for none of the seeds, which have the host with another port: a line for each.
  std::vector<std::string> beside(const std::vector<Seed>& seeds) const;

  bool empty() const { return sections_.empty(); }
  // "host" or "host:port"
  HostSettings settings(std::string_view authority) const;
  Keys keys(std::string_view authority) const;
  const std::map<std::string, Section>& sections() const { return sections_; }  // by NAME

  // `key = value` as a file has it; paths are absolute then.
  static std::string line(const std::string& key, const Written& written);

 private:
  std::vector<const Section*> that_apply(std::string_view authority) const;
  std::string load_section(const std::string& name, Section& section,
                           const Environment& environment);
  Result<std::string> read_file(const Written& written, size_t bytes_max);

  std::map<std::string, Section> sections_;
  std::vector<std::string> warnings_;
};

// The NAME of a table in its one spelling.
Result<std::string> host_pattern(const std::string& name);

// A header line, checked: "" or what is wrong with it, which never repeats its value.
std::string check_header_line(const std::string& line);

}  // namespace crawl
