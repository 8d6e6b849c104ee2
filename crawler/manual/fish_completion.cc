// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "crawler/manual/completion.h"

namespace crawl {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

// "-r": it takes a value; "-F": a file; "-x": no file.
std::string value_of(const Completion& completion) {
  const std::string words = joined_words(completion.words);
  if (completion.is_list) return " -x -a " + quoted("(__fish_append , " + words + ")");
  if (completion.files) return " -r -F" + (words.empty() ? "" : " -a " + quoted(words));
  if (completion.folders) return " -x -a '(__fish_complete_directories)'";
  return words.empty() ? " -x" : " -x -a " + quoted(words);
}

std::string option_line(const Command& command, const ShownOption& option) {
  std::string line = fmt::format("complete -c crawl -n '__crawl_is {}'", command.name);
  for (const std::string& name : spellings(option)) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.type.empty()) line += value_of(completion_of_value(option));
  return line + " -d " + quoted(option.help) + "\n";
}

// Of any position: fish has no notion of it.
std::string argument_lines(const Command& command) {
  std::string lines;
  for (const Completion& argument : completions_of_arguments(command).arguments) {
    if (argument.empty()) continue;
    lines += fmt::format("complete -c crawl -n '__crawl_is {}'", command.name);
    if (argument.files) lines += " -F";
    if (argument.folders) lines += " -a '(__fish_complete_directories)'";
    if (!argument.words.empty()) lines += " -a " + quoted(joined_words(argument.words));
    lines += "\n";
  }
  return lines;
}

constexpr std::string_view kFunctions = R"~(
function __crawl_is -d 'is this the command of the line?'
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] $__crawl_commands
        test $words[2] = $argv[1]
    else
        test $argv[1] = run
    end
end

function __crawl_first -d 'is this the first word of the line?'
    test (count (commandline -opc)) -eq 1
end

complete -c crawl -f
)~";

}  // namespace

std::string fish_completion() {
  std::vector<std::string> names;
  std::string lines;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    lines += fmt::format("complete -c crawl -n __crawl_first -a {} -d {}\n", command.name,
                         quoted(command.summary));
    lines += argument_lines(command);
    for (const ShownOption& option : command.options()) lines += option_line(command, option);
  }
  return fmt::format(
             "# Completion of crawl for fish; generated from its table of commands.\n\n"
             "set -g __crawl_commands {}\n",
             joined_words(names)) +
         std::string(kFunctions) + "\n" + lines;
}

}  // namespace crawl
