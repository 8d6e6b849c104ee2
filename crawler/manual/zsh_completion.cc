// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "crawler/manual/completion.h"

namespace crawl {
namespace {

// In single quotes, within a specification whose parts end at brackets and colons.
std::string quoted(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result;
}

std::string action_of(const Completion& completion) {
  const std::string words = joined_words(completion.words);
  if (completion.is_list) return "_values -s , word " + words;
  if (completion.files && !words.empty()) {
    return fmt::format("_alternative \"words\\:word\\:({})\" \"files\\:file\\:_files\"", words);
  }
  if (completion.files) return "_files";
  if (completion.folders) return "_files -/";
  return words.empty() ? "" : fmt::format("({})", words);
}

// An action that calls a function with words needs them as an array: "{…}" is evaluated.
std::string braced(const std::string& action) {
  return action.starts_with("_values") || action.starts_with("_alternative") ? "{" + action + "}"
                                                                             : action;
}

// "(-d --db)"{-d,--db}"[the database]:FILE:_files". An option with a value may come again: many add
// up.
std::string option_lines(const ShownOption& option) {
  const std::vector<std::string> names = spellings(option);
  std::string value;
  if (!option.type.empty()) {
    value =
        fmt::format(":{}:{}", quoted(option.type), braced(action_of(completion_of_value(option))));
  }
  std::string lines;
  for (const std::string& name : names) {
    const std::string before =
        option.type.empty() ? fmt::format("({})", joined_words(names)) : std::string("*");
    // "--delay=": the value may also be the next word. A short option's may follow at once.
    const char* after = option.type.empty() ? "" : name.starts_with("--") ? "=" : "+";
    lines += fmt::format("    '{}{}{}[{}]{}'\n", before, name, after, quoted(option.help), value);
  }
  return lines;
}

std::string argument_lines(const Command& command) {
  const ArgumentCompletions all = completions_of_arguments(command);
  std::string lines;
  for (size_t i = 0; i < all.arguments.size(); ++i) {
    const bool last = i + 1 == all.arguments.size();
    const std::string position = last && all.repeats ? "*" : std::to_string(i + 1);
    // Without any action, _arguments would show a message, and complete no option there.
    const std::string action =
        all.arguments[i].empty() ? "{true}" : braced(action_of(all.arguments[i]));
    lines += fmt::format("    '{}:argument:{}'\n", position, action);
  }
  return lines;
}

std::string function_of(const Command& command) {
  std::string text = fmt::format("_crawl_{}() {{\n  local -a of=(\n", command.name);
  for (const ShownOption& option : command.options()) text += option_lines(option);
  text += argument_lines(command);
  return text + "  )\n  _arguments -s -S : $of\n}\n\n";
}

constexpr std::string_view kMain = R"~(
  local curcontext=$curcontext ret=1
  local -a names=(${commands%%:*})
  if (( CURRENT > 2 )) && (( ${names[(Ie)$words[2]]} )); then
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    _crawl_$command
    return
  fi
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands && ret=0
  fi
  _crawl_run && ret=0
  return ret
}

_crawl "$@"
)~";

}  // namespace

std::string zsh_completion() {
  std::string text =
      "#compdef crawl\n# Completion of crawl for zsh; generated from its table of commands.\n\n";
  std::string list;
  for (const Command& command : commands()) {
    text += function_of(command);
    list += fmt::format("    '{}:{}'\n", command.name, quoted(command.summary));
  }
  return fmt::format("{}_crawl() {{\n  local -a commands=(\n{}  ){}", text, list, kMain);
}

}  // namespace crawl
