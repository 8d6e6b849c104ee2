// SPDX-License-Identifier: MIT
#include "crawler/option_set.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "base/units.h"
#include "base/suggest.h"

namespace crawl {
namespace {

// "Usage: …" as given, rather than derived from the options.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) { column_width(30); }
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: " + usage_ + "\n";
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? "" : " " + option->get_type_name();
  }

 private:
  std::string usage_;
};

std::string long_name(const std::string& names) {
  const size_t dashes = names.find("--");
  return dashes == std::string::npos ? names : names.substr(dashes + 2);
}

// CLI11 takes the word that follows "--name=" as the value; an empty value is meant.
std::vector<std::string> with_empty_values(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  for (const std::string& word : words) {
    if (word.starts_with("--") && word.size() > 3 && word.find('=') == word.size() - 1) {
      result.push_back(word.substr(0, word.size() - 1));
      result.emplace_back();
    } else {
      result.push_back(word);
    }
  }
  return result;
}

// The largest unit that says it in whole numbers.
template <typename Units>
std::string whole_units(int64_t value, const Units& units) {
  for (const auto& [size, name] : units) {
    if (value % size == 0) return std::to_string(value / size) + name;
  }
  return std::to_string(value);
}

using Unit = std::pair<int64_t, const char*>;

std::string shown_duration(int64_t ms) {
  static constexpr std::array<Unit, 5> kUnits = {
      Unit{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}, {1, "ms"}};
  return ms == 0 ? "0s" : whole_units(ms, kUnits);
}

std::string shown_size(int64_t bytes) {
  static constexpr std::array<Unit, 4> kUnits = {
      Unit{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, ""}};
  return bytes == 0 ? "0" : whole_units(bytes, kUnits);
}

// CLI11's messages begin with the option's name and a colon.
std::string option_in(const std::string& message) { return message.substr(0, message.find(':')); }

}  // namespace

std::string not_a(const std::string& value, const std::string& expected) {
  return "'" + value + "' is not " + expected;
}

ValueReader read_text(std::string& target) {
  const auto read = [&target](const std::string& value) {
    if (value.find('\0') != std::string::npos) return not_a(value, "text: it holds a NUL byte");
    target = value;
    return std::string();
  };
  return {&target, read, [&target] { return target.empty() ? "" : toml_string(target); }};
}

ValueReader read_duration(int64_t& target, int64_t ms_min, int64_t ms_max) {
  const auto read = [&target, ms_min, ms_max](const std::string& value) -> std::string {
    Result<int64_t> ms = parse_duration_ms(value);
    if (!ms) return not_a(value, "a duration: write 500ms, 1.5s, 2m, 1h or 7d");
    if (*ms < ms_min || *ms > ms_max) {
      return not_a(value,
                   "between " + format_duration_ms(ms_min) + " and " + format_duration_ms(ms_max));
    }
    target = *ms;
    return "";
  };
  return {&target, read, [&target] { return toml_string(shown_duration(target)); }};
}

ValueReader read_size(int64_t& target, int64_t bytes_min, int64_t bytes_max) {
  const auto read = [&target, bytes_min, bytes_max](const std::string& value) -> std::string {
    Result<int64_t> bytes = parse_size_bytes(value);
    if (!bytes) return not_a(value, "a size: write 512, 64KiB, 10MiB or 1GiB");
    if (*bytes < bytes_min || *bytes > bytes_max) {
      return not_a(value, "between " + format_bytes(static_cast<uint64_t>(bytes_min)) + " and " +
                              format_bytes(static_cast<uint64_t>(bytes_max)));
    }
    target = *bytes;
    return "";
  };
  return {&target, read, [&target] { return toml_string(shown_size(target)); }};
}

ValueReader read_number(int64_t& target, int64_t min, int64_t max) {
  const auto read = [&target, min, max](const std::string& value) -> std::string {
    int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || stop != end || number < min || number > max) {
      return not_a(value,
                   "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    target = number;
    return "";
  };
  // A default may stand for something that depends.
  return {&target, read, [&target, min] { return target < min ? "" : std::to_string(target); }};
}

ValueReader read_number(int& target, int64_t min, int64_t max) {
  const auto read = [&target, min, max](const std::string& value) {
    int64_t number = 0;
    std::string problem = read_number(number, min, max)(value);
    if (problem.empty()) target = static_cast<int>(number);
    return problem;
  };
  return {&target, read, [&target, min] { return target < min ? "" : std::to_string(target); }};
}

std::string toml_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + toml_string(value);
  return list.empty() ? "" : "[" + list + "]";
}

OptionSet::OptionSet(std::string usage, std::string description)
    : app_(std::make_unique<CLI::App>(std::move(description), "crawl")),
      command_(usage.substr(0, usage.find(" ["))),
      heading_("Options") {
  app_->formatter(std::make_shared<HelpFormatter>(std::move(usage)));
  app_->set_help_flag("-h,--help", "print this help")->group(heading_);
  shown_.push_back({"-h,--help", "", "print this help", heading_});
  // Words that are no option of ours come back in order; a list option would take too many of them.
  app_->allow_extras();
}

OptionSet::~OptionSet() = default;

void OptionSet::value(const std::string& names, const std::string& type, const std::string& help,
                      const ValueReader& reader, Shown shown) {
  // One without a long name is never suggested.
  const bool has_name = names.find("--") != std::string::npos;
  entries_.push_back({long_name(names), false, has_name ? shown : Shown::kNo, reader, heading_});
  if (shown == Shown::kYes) shown_.push_back({names, type, help, heading_});
  app_->add_option(names, CLI::callback_t([](const CLI::results_t&) { return true; }), help)
      ->type_name(type)
      ->group(shown == Shown::kYes ? heading_ : "")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->check([this, reader](const std::string& value) {
        note(reader);
        return reader(value);
      });
}

void OptionSet::flag(const std::string& names, const std::string& help, bool& target,
                     bool when_given) {
  // "false" in a file undoes what an earlier file has said.
  add_flag(
      names, help, &target,
      [&target, when_given](int count) { target = count > 0 ? when_given : !when_given; },
      [&target, when_given] { return target == when_given ? "true" : "false"; });
}

void OptionSet::choice(const std::string& names, const std::string& help,
                       std::function<void()> chosen) {
  const auto set = [chosen = std::move(chosen)](int count) {
    if (count > 0) chosen();
  };
  add_flag(names, help, nullptr, set, nullptr);
}

void OptionSet::ignored_flag(const std::string& names, const std::string& help) {
  add_flag(
      names, help, nullptr, [](int) {}, nullptr);
}

void OptionSet::list_of(std::vector<std::string> words) {
  shown_.back().list_of = std::move(words);
}

void OptionSet::counter(const std::string& names, const std::string& help, int& target) {
  add_flag(
      names, help, &target, [&target](int count) { target = count == 0 ? 0 : target + count; },
      [&target]() -> std::string {
        if (target < 2) return target == 1 ? "true" : "false";
        return "[true, true]";
      });
}

void OptionSet::add_flag(const std::string& names, const std::string& help, const void* target,
                         const std::function<void(int)>& set, ValueReader::Show show) {
  const auto reader = [set](const std::string& value) -> std::string {
    if (value != "true" && value != "false") return not_a(value, "true or false");
    set(value == "true" ? 1 : 0);
    return "";
  };
  const ValueReader tracked(target, reader, std::move(show));
  entries_.push_back({long_name(names), true, Shown::kYes, tracked, heading_});
  shown_.push_back({names, "", help, heading_});
  app_->add_flag_function(
          names,
          [this, set, tracked](int64_t count) {
            note(tracked);
            set(static_cast<int>(count));
          },
          help)
      ->group(heading_);
}

std::string OptionSet::unknown_option(const std::string& word) const {
  const std::string option = word.substr(0, word.find('='));
  std::string message = "unknown option " + option;
  const std::optional<std::string> meant = nearest(option, names());
  return message + (meant ? "; did you mean " + *meant + "?" : "; see " + command_ + " --help");
}

std::string OptionSet::flag_with_value(const std::vector<std::string>& words) const {
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos) continue;
    const std::string option = word.substr(2, equals - 2);
    const Entry* entry = find(option);
    if (option == "help" || (entry != nullptr && entry->is_flag))
      return "--" + option + " takes no value";
  }
  return "";
}

OptionSet::Parsed OptionSet::parse(const std::vector<std::string>& words) {
  origin_ = "command line";
  Parsed parsed;
  const auto end_of_options = std::find(words.begin(), words.end(), "--");
  parsed.error = flag_with_value({words.begin(), end_of_options});
  if (!parsed.error.empty()) return parsed;
  std::vector<std::string> arguments = with_empty_values({words.begin(), end_of_options});
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app_->parse(arguments);
  } catch (const CLI::CallForHelp&) {
    parsed.help = true;
    return parsed;
  } catch (const CLI::ArgumentMismatch& error) {
    parsed.error = option_in(error.what()) + " needs a value";
    return parsed;
  } catch (const CLI::ParseError& error) {
    parsed.error = error.what();
    return parsed;
  }
  for (const std::string& word : app_->remaining()) {
    if (word.size() > 1 && word.front() == '-') {
      parsed.error = unknown_option(word);
      return parsed;
    }
    parsed.positionals.push_back(word);
  }
  if (end_of_options != words.end()) {
    parsed.positionals.insert(parsed.positionals.end(), end_of_options + 1, words.end());
  }
  return parsed;
}

const OptionSet::Entry* OptionSet::find(const std::string& name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& e) { return e.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

void OptionSet::note(const ValueReader& reader) {
  if (reader.target() == nullptr) return;
  std::string& origin = origins_[reader.target()];
  const bool further = reader.adds_up() && !origin.empty() && !origin.ends_with(origin_);
  origin = further ? origin + ", " + origin_ : origin_;
}

bool OptionSet::knows(const std::string& key) const {
  std::string name = key;
  std::replace(name.begin(), name.end(), '_', '-');
  return find(name) != nullptr && name != "config";
}

std::vector<OptionSet::Setting> OptionSet::settings() const {
  std::vector<Setting> result;
  for (const Entry& entry : entries_) {
    if (!entry.reader.shows()) continue;
    const auto origin = origins_.find(entry.reader.target());
    result.push_back({entry.heading, entry.name, entry.reader.show(),
                      origin == origins_.end() ? "" : origin->second, entry.shown});
  }
  return result;
}

std::string OptionSet::apply(const ConfigEntry& config, const std::string& origin) {
  origin_ = origin;
  std::string key = config.key;
  std::replace(key.begin(), key.end(), '_', '-');
  const Entry* entry = find(key);
  if (entry == nullptr || key == "config") {
    const std::optional<std::string> meant = nearest("--" + key, names());
    return "unknown key '" + config.key + "'" +
           (meant ? "; did you mean '" + meant->substr(2) + "'?" : "; see crawl --help");
  }
  note(entry->reader);
  for (const std::string& value : config.values) {
    const std::string problem = entry->reader(value);
    if (!problem.empty()) return config.key + ": " + problem;
  }
  return "";
}

std::string OptionSet::help() const { return app_->help(); }

std::vector<std::string> OptionSet::names() const {
  std::vector<std::string> result = {"--help"};
  for (const Entry& entry : entries_) {
    if (entry.shown == Shown::kYes) result.push_back("--" + entry.name);
  }
  return result;
}

}  // namespace crawl
