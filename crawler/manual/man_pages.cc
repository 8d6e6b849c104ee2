// SPDX-License-Identifier: MIT
#include "crawler/manual/man_pages.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "crawler/commands.h"
#include "crawler/help.h"
#include "crawler/manual/roff.h"

namespace crawl {
namespace {

// Parts of crawl(1), by the names of their topics, in the order of man-pages(7).
struct Part {
  const char* topic;
  const char* heading;
};
constexpr Part kParts[] = {
    {"exit-codes", "EXIT STATUS"}, {"environment", "ENVIRONMENT"}, {"files", "FILES"}};

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

ManPage begin_page(const ManualFacts& facts, const std::string& name, char section,
                   const std::string& summary) {
  ManPage page(upper(name), section, facts.day, "crawl " + facts.version);
  page.heading("NAME");
  page.line(escape_for_roff(name) + " \\- " + escape_for_roff(summary));
  return page;
}

std::string bold(std::string_view text) { return "\\fB" + escape_for_roff(text) + "\\fR"; }

std::string italic(std::string_view text) { return "\\fI" + escape_for_roff(text) + "\\fR"; }

std::string page_reference(std::string_view name, char section) {
  return fmt::format("{}({})", bold(name), section);
}

// "crawl why [OPTIONS] URL...": what is typed as it stands is bold.
void synopsis(ManPage& page, const std::string& usage) {
  const size_t end = std::min(usage.find(" ["), usage.size());
  page.new_paragraph();
  page.line(bold(usage.substr(0, end)) + escape_for_roff(usage.substr(end)));
}

// "-d,--db" and FILE
std::string option_term(const ShownOption& option) {
  std::string term;
  for (size_t begin = 0; begin < option.names.size();) {
    const size_t end = std::min(option.names.find(',', begin), option.names.size());
    term += (term.empty() ? "" : ", ") + bold(option.names.substr(begin, end - begin));
    begin = end + 1;
  }
  return option.type.empty() ? term : term + " " + italic(option.type);
}

void options(ManPage& page, const Command& command) {
  page.heading("OPTIONS");
  page.paragraph(
      "What stands in brackets is so unless an option says otherwise. crawl-values(7) says how "
      "times and sizes are written.");
  std::string heading = "Options";
  for (const ShownOption& option : command.options()) {
    if (option.heading != heading) page.subheading(heading = option.heading);
    page.item(option_term(option), option.help);
  }
}

void examples(ManPage& page, std::string_view command) {
  const std::string_view text = examples_of(command);
  if (text.empty()) return;
  page.heading("EXAMPLES");
  page.blocks(text);
}

const Topic* topic_named(std::string_view name) {
  for (const Topic& topic : topics()) {
    if (topic.name == name) return &topic;
  }
  return nullptr;
}

void list_commands(ManPage& page) {
  page.heading("COMMANDS");
  for (const Command& command : commands()) {
    page.item(page_reference("crawl-" + command.name, '1'), command.summary);
  }
}

void list_topics(ManPage& page) {
  page.heading("TOPICS");
  page.paragraph("Each is also shown by crawl help.");
  for (const Topic& topic : topics()) {
    if (topic.section == '1') continue;
    page.item(page_reference("crawl-" + topic.name, topic.section), topic.summary);
  }
}

// crawl(1), and the topics that tell of this command; of a run all of them do.
void see_also(ManPage& page, const Command& command) {
  std::string pages = page_reference("crawl", '1');
  for (const Topic& topic : topics()) {
    const bool tells = topic.text.find("crawl " + command.name) != std::string_view::npos;
    if (topic.section == '1' || !(tells || command.name == "run")) continue;
    pages += ", " + page_reference("crawl-" + topic.name, topic.section);
  }
  page.heading("SEE ALSO");
  page.line(pages);
}

NamedPage program_page(const ManualFacts& facts) {
  const Topic* about = topic_named("overview");
  ManPage page = begin_page(facts, "crawl", '1', about->summary);
  page.heading("SYNOPSIS");
  synopsis(page, command_named("run")->usage);
  synopsis(page, "crawl [COMMAND] [OPTIONS] [ARGUMENTS]");
  synopsis(page, command_named("help")->usage);
  synopsis(page, "crawl --version");
  page.heading("DESCRIPTION");
  page.blocks(about->text);
  list_commands(page);
  list_topics(page);
  for (const Part& part : kParts) {
    page.heading(part.heading);
    page.blocks(topic_named(part.topic)->text);
  }
  examples(page, "run");
  page.heading("SEE ALSO");
  page.line(page_reference("sqlite3", '1') + ", " + page_reference("crontab", '5') + ", " +
            page_reference("systemd.timer", '5'));
  return {"man1/crawl.1", page.text()};
}

NamedPage command_page(const ManualFacts& facts, const Command& command) {
  const std::string name = "crawl-" + command.name;
  ManPage page = begin_page(facts, name, '1', command.summary);
  page.heading("SYNOPSIS");
  synopsis(page, command.usage);
  page.heading("DESCRIPTION");
  page.paragraph(command.description);
  options(page, command);
  examples(page, command.name);
  page.heading("EXIT STATUS");
  page.paragraph("0 where all went well; the others are those of crawl(1).");
  see_also(page, command);
  return {fmt::format("man1/{}.1", name), page.text()};
}

NamedPage topic_page(const ManualFacts& facts, const Topic& topic) {
  const std::string name = "crawl-" + topic.name;
  ManPage page = begin_page(facts, name, topic.section, topic.summary);
  page.heading("DESCRIPTION");
  page.blocks(topic.text);
  page.heading("SEE ALSO");
  page.line(page_reference("crawl", '1'));
  return {fmt::format("man{0}/{1}.{0}", topic.section, name), page.text()};
}

}  // namespace

std::vector<NamedPage> man_pages(const ManualFacts& facts) {
  std::vector<NamedPage> pages = {program_page(facts)};
  for (const Command& command : commands()) pages.push_back(command_page(facts, command));
  for (const Topic& topic : topics()) {
    if (topic.section != '1') pages.push_back(topic_page(facts, topic));
  }
  return pages;
}

}  // namespace crawl
