// SPDX-License-Identifier: MIT
#pragma once

// The options of one command: declared once, set from the command line (by CLI11) or a
// configuration file, shown by --help. A value's reader stores it or says what is wrong.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crawler/config_file.h"

namespace CLI {
class App;
}

namespace crawl {

// Stores a value and returns "", or returns what is wrong with it: "'5' is not a duration: …". One
// that knows its target can also show what is there: as TOML, "" where nothing is set.
class ValueReader {
 public:
  using Read = std::function<std::string(const std::string&)>;
  using Show = std::function<std::string()>;

  template <typename F,
            typename = std::enable_if_t<std::is_invocable_r_v<std::string, F, const std::string&> &&
                                        !std::is_same_v<std::decay_t<F>, ValueReader>>>
  ValueReader(F read) : read_(std::move(read)) {}
  // Several readers may have one target: then they are spellings of one option.
  ValueReader(const void* target, Read read, Show show, bool adds_up = false)
      : read_(std::move(read)), show_(std::move(show)), target_(target), adds_up_(adds_up) {}

  std::string operator()(const std::string& value) const { return read_(value); }
  bool shows() const { return show_ != nullptr; }
  std::string show() const { return show_(); }
  const void* target() const { return target_; }
  bool adds_up() const { return adds_up_; }  // given twice, both count

 private:
  Read read_;
  Show show_;
  const void* target_ = nullptr;
  bool adds_up_ = false;
};

ValueReader read_text(std::string& target);
ValueReader read_duration(int64_t& target, int64_t ms_min, int64_t ms_max);
ValueReader read_size(int64_t& target, int64_t bytes_min, int64_t bytes_max);
ValueReader read_number(int64_t& target, int64_t min, int64_t max);
ValueReader read_number(int& target, int64_t min, int64_t max);

// ["a", "b"], or "" where there are none.
std::string toml_list(const std::vector<std::string>& values);

// `'value' is not <expected>`.
std::string not_a(const std::string& value, const std::string& expected);

enum class Shown { kYes, kNo };  // kNo: not in --help, never suggested

// What --help, the manual and the shells say of an option. Shells complete its value by `type`:
// FILE and PATH are files, DIR is a folder, of "host|any" either word.
struct ShownOption {
  std::string names;                      // "-d,--db"
  std::string type;                       // "FILE"; "": a flag
  std::string help;                       // "the database [crawl.db]"
  std::string heading;                    // "Options"
  std::vector<std::string> list_of = {};  // its value is a list of these, commas between
};

class OptionSet {
 public:
  // `usage` is what follows "Usage: "; `description` the paragraph under it.
  OptionSet(std::string usage, std::string description);
  ~OptionSet();
  OptionSet(const OptionSet&) = delete;
  OptionSet& operator=(const OptionSet&) = delete;

  // Options declared from here on appear under this heading.
  void heading(std::string heading) { heading_ = std::move(heading); }
  // `names` is "-d,--db"; `type` stands for the value in the help. `reader` is called for each
  // occurrence.
  void value(const std::string& names, const std::string& type, const std::string& help,
             const ValueReader& reader, Shown shown = Shown::kYes);
  void flag(const std::string& names, const std::string& help, bool& target,
            bool when_given = true);
  // One of several flags that exclude each other: `chosen` is called where it is given.
  void choice(const std::string& names, const std::string& help, std::function<void()> chosen);
  void ignored_flag(const std::string& names, const std::string& help);
  // The value of the option declared last is a list of these, commas between.
  void list_of(std::vector<std::string> words);
  // Counts its occurrences.
  void counter(const std::string& names, const std::string& help, int& target);

  struct Parsed {
    std::vector<std::string> positionals;  // and everything after "--"
    bool help = false;
    std::string error;  // "": fine
  };
  Parsed parse(const std::vector<std::string>& words);

  // Sets one option from a configuration file; the answer is "" or what is wrong. `origin`: where
  // it is set, for settings().
  std::string apply(const ConfigEntry& entry, const std::string& origin = "");
  bool knows(const std::string& key) const;  // as a configuration file may have it

  // What is in force.
  struct Setting {
    std::string heading;
    std::string name;
    std::string value;   // TOML; "" : not set
    std::string origin;  // "" : the default
    Shown shown = Shown::kYes;
  };
  std::vector<Setting> settings() const;  // those that can be shown, in the order of declaration

  std::string help() const;
  std::vector<std::string> names() const;  // "--delay" …, those that are shown
  const std::vector<ShownOption>& shown() const { return shown_; }  // --help first

 private:
  struct Entry {
    std::string name;  // "delay"
    bool is_flag = false;
    Shown shown = Shown::kYes;
    ValueReader reader;  // a flag's gets "true" or "false"
    std::string heading = {};
  };
  void add_flag(const std::string& names, const std::string& help, const void* target,
                const std::function<void(int)>& set, ValueReader::Show show);
  void note(const ValueReader& reader);
  const Entry* find(const std::string& name) const;
  std::string flag_with_value(const std::vector<std::string>& words) const;
  std::string unknown_option(const std::string& word) const;

  std::unique_ptr<CLI::App> app_;
  std::string command_;  // "crawl why"
  std::string heading_;
  std::vector<Entry> entries_;
  std::vector<ShownOption> shown_;
  std::string origin_;                                    // of what is being set
  std::unordered_map<const void*, std::string> origins_;  // by target
};

}  // namespace crawl
