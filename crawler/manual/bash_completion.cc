// SPDX-License-Identifier: MIT
// Needs bash 4 alone; bash-completion only has to find the script.
#include <fmt/format.h>

#include "crawler/manual/completion.h"

namespace crawl {
namespace {

// What _crawl_complete takes: "files", "folders", "words A B", "list A B", or "any".
std::string kind_of(const Completion& completion) {
  const std::string words = joined_words(completion.words);
  if (completion.is_list) return "list " + words;
  if (completion.files) return words.empty() ? "files" : "files " + words;
  if (completion.folders) return words.empty() ? "folders" : "folders " + words;
  return words.empty() ? "any" : "words " + words;
}

std::string joined_with(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string option_names(const Command& command) {
  std::vector<std::string> names;
  for (const ShownOption& option : command.options()) {
    for (std::string& name : spellings(option)) names.push_back(std::move(name));
  }
  return fmt::format("    {}) echo '{}' ;;\n", command.name, joined_words(names));
}

std::string values(const Command& command) {
  std::string cases;
  for (const ShownOption& option : command.options()) {
    if (option.type.empty()) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : spellings(option)) {
      patterns.push_back(fmt::format("'{} {}'", command.name, name));
    }
    cases += fmt::format("    {}) echo '{}' ;;\n", joined_with(patterns, " | "),
                         kind_of(completion_of_value(option)));
  }
  return cases;
}

std::string arguments(const Command& command) {
  const ArgumentCompletions all = completions_of_arguments(command);
  std::string cases;
  for (size_t i = 0; i < all.arguments.size(); ++i) {
    const bool last = i + 1 == all.arguments.size();
    const std::string position = last && all.repeats ? "*" : std::to_string(i + 1);
    cases += fmt::format("    '{} '{}) echo '{}' ;;\n", command.name, position,
                         kind_of(all.arguments[i]));
  }
  return cases;
}

constexpr std::string_view kFunctions = R"~(
# KIND [WORD...] of what is being typed
_crawl_complete() {
  local kind=$1 cur=$2 prefix=''
  shift 2
  case $kind in
    words) COMPREPLY=($(compgen -W "$*" -- "$cur")) ;;
    list)
      [[ $cur == *,* ]] && prefix=${cur%,*},
      COMPREPLY=($(compgen -P "$prefix" -W "$*" -- "${cur##*,}"))
      compopt -o nospace 2>/dev/null
      ;;
    files | folders)
      local how=-f
      [[ $kind == folders ]] && how=-d
      mapfile -t COMPREPLY < <(compgen "$how" -- "$cur")  # a name may have spaces
      compopt -o filenames 2>/dev/null
      (($#)) && COMPREPLY+=($(compgen -W "$*" -- "$cur"))
      ;;
  esac
  return 0
}

_crawl() {
  local cur=${COMP_WORDS[COMP_CWORD]} command=run first=1 i word option='' position=1 ended=''
  COMPREPLY=()
  if [[ " $(_crawl_commands) " == *" ${COMP_WORDS[1]} "* ]] && ((COMP_CWORD > 1)); then
    command=${COMP_WORDS[1]} first=2
  fi
  # bash parts words at '=' and ':', too. `option`: whose value the next word is.
  for ((i = first; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = && -n $option ]]; then
      continue
    elif [[ $word == : ]]; then
      ((i++))
    elif [[ -n $option ]]; then
      option=''
    elif [[ $word == -- && -z $ended ]]; then
      ended=yes
    elif [[ $word == -?* && -z $ended ]]; then
      [[ -n $(_crawl_value "$command" "$word") ]] && option=$word
    else
      ((position++))
    fi
  done
  [[ $cur == = ]] && cur=''
  if [[ -n $option ]]; then
    set -- $(set -f; _crawl_value "$command" "$option")
    _crawl_complete "$1" "$cur" "${@:2}"
  elif [[ $cur == -* && -z $ended ]]; then
    _crawl_complete words "$cur" $(_crawl_options "$command")
  else
    set -- $(set -f; _crawl_argument "$command" "$position")
    _crawl_complete "${1:-any}" "$cur" "${@:2}"
    if ((COMP_CWORD == 1)); then
      COMPREPLY+=($(compgen -W "$(_crawl_commands)" -- "$cur"))
    fi
  fi
}

complete -F _crawl crawl
)~";

}  // namespace

std::string bash_completion() {
  std::vector<std::string> names;
  std::string options, of_values, of_arguments;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    options += option_names(command);
    of_values += values(command);
    of_arguments += arguments(command);
  }
  return fmt::format(
      "# Completion of crawl for bash; generated from its table of commands.\n\n"
      "_crawl_commands() {{ echo '{}'; }}\n\n"
      "_crawl_options() {{  # COMMAND\n  case $1 in\n{}  esac\n}}\n\n"
      "# What the value of an option may be; nothing: it takes none.\n"
      "_crawl_value() {{  # COMMAND OPTION\n  case \"$1 $2\" in\n{}  esac\n}}\n\n"
      "_crawl_argument() {{  # COMMAND POSITION\n  case \"$1 $2\" in\n{}  esac\n}}\n{}",
      joined_words(names), options, of_values, of_arguments, kFunctions);
}

}  // namespace crawl
