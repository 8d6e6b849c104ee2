// SPDX-License-Identifier: MIT
#include <deque>
#include <list>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/limits.h"
#include "base/log.h"
#include "crawler/line_service.h"
#include "crawler/parse_client.h"
#include "crawler/part_commands.h"
#include "web/robots.h"
#include "web/url.h"

namespace crawl {
namespace {

using Json = nlohmann::ordered_json;

// The rules of one (robots.txt, agent), once a fetcher has read it, and who waits for them.
struct Reading {
  bool ready = false;
  Result<RobotsRules> rules = Error{};
  std::vector<std::function<void(const Result<RobotsRules>&)>> waiting;
};

Result<RobotsRules> rules_of(const ParseAnswer& answer) {
  if (!answer.error.empty()) return Error{Errc::kClosed, 0, answer.error};
  const std::optional<RobotsResult> result = decode_message<RobotsResult>(*answer.message);
  if (!result) return Error{Errc::kCorrupt, 0, "the parser's answer is malformed"};
  return RobotsRules::deserialize(result->rules);
}

// Reads robots.txt files in fetchers; the last few are remembered, since questions come in groups.
class RobotsReader {
 public:
  explicit RobotsReader(ParseClient& client) : client_(client) {}

  void read(const std::string& robots, const std::string& agent,
            std::function<void(const Result<RobotsRules>&)> then) {
    const std::string key = agent + '\0' + robots;
    const auto found = readings_.find(key);
    if (found != readings_.end()) {
      Reading& reading = *found->second;
      if (reading.ready) return then(reading.rules);
      reading.waiting.push_back(std::move(then));
      return;
    }
    auto reading = std::make_shared<Reading>();
    reading->waiting.push_back(std::move(then));
    remember(key, reading);
    ParseRequest request;
    request.kind = JobKind::kRobots;
    request.robots_agent = agent;
    request.bytes = robots.substr(0, kRobotsBytesMax + 1);  // no more of it is ever looked at
    client_.submit(std::move(request), [reading](const ParseAnswer& answer) {
      reading->rules = rules_of(answer);
      reading->ready = true;
      for (const auto& waiter : reading->waiting) waiter(reading->rules);
      reading->waiting.clear();
    });
  }

 private:
  static constexpr size_t kRemembered = 64;

  void remember(const std::string& key, std::shared_ptr<Reading> reading) {
    if (order_.size() >= kRemembered) {
      readings_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(key);
    readings_.emplace(key, std::move(reading));
  }

  ParseClient& client_;
  std::unordered_map<std::string, std::shared_ptr<Reading>> readings_;
  std::list<std::string> order_;
};

// "/a/b?c" of a URL, or of a path alone, written as the URL Standard writes it.
Result<std::string> path_and_query(const std::string& input) {
  Result<Url> base = Url::parse("http://host.invalid/");
  if (!base) return base.error();
  Result<Url> url = input.starts_with('/') ? Url::parse(input, *base) : Url::parse(input);
  if (!url) return url.error();
  if (!url->is_http()) return Error{Errc::kInvalid, 0, "not an http or https URL"};
  std::string result(url->path());
  if (url->has_query()) result.append("?").append(url->query());
  return result;
}

Result<std::string> required_member(const nlohmann::json& object, const char* name) {
  Result<std::optional<std::string>> member = string_member(object, name);
  if (!member) return member.error();
  if (!*member) return Error{Errc::kInvalid, 0, std::string("there is no \"") + name + "\""};
  return std::move(**member);
}

ShownText error_line(const Error& error) { return dump_line(Json{{"error", error.message()}}); }

void answer_line(RobotsReader& reader, const std::string& default_agent, std::string_view line,
                 const SlotPtr& slot) {
  Result<nlohmann::json> object = parse_json_object(line);
  if (!object) return slot->fill(error_line(object.error()));
  Result<std::string> robots = required_member(*object, "robots");
  if (!robots) return slot->fill(error_line(robots.error()));
  Result<std::string> url = required_member(*object, "url");
  if (!url) return slot->fill(error_line(url.error()));
  Result<std::optional<std::string>> agent = string_member(*object, "agent");
  if (!agent) return slot->fill(error_line(agent.error()));
  if (*agent && (*agent)->size() > kShortBytesMax) {
    return slot->fill(error_line(Error{Errc::kInvalid, 0, "the agent is too long"}));
  }
  Result<std::string> path = path_and_query(*url);
  if (!path) return slot->fill(error_line(path.error()));
  const auto decide = [slot, wanted = *path](const Result<RobotsRules>& rules) {
    if (!rules) return slot->fill(error_line(rules.error()));
    slot->fill(dump_line(Json{{"allowed", rules.value().decide(wanted).allowed}}));
  };
  reader.read(*robots, agent->value_or(default_agent), decide);
}

ShownText verdict(const RobotsRules& rules, const std::string& url, const std::string& path) {
  const RobotsDecision decision = rules.decide(path);
  std::string line = (decision.allowed ? "allowed " : "denied  ") + url;
  if (decision.rule == nullptr) {
    line += "  (no rule matches)";
  } else {
    line += decision.rule->allow ? "  (Allow: " : "  (Disallow: ";
    line += decision.rule->pattern + ")";
  }
  ShownText text;
  text.line(line);
  return text;
}

ExitCode print_verdicts(const RobotsRules& rules, const std::vector<std::string>& urls) {
  Output output;
  ExitCode code = ExitCode::kDone;
  for (const std::string& url : urls) {
    const Result<std::string> path = path_and_query(url);
    if (!path) {
      output.flush();
      complain(url + ": " + path.error().message());
      code = ExitCode::kNoSeeds;
    } else if (!output.write(verdict(rules, url, path.value()))) {
      return ExitCode::kIo;
    }
  }
  return output.flush() ? code : ExitCode::kIo;
}

ExitCode test_file(ParseClient& client, const RobotsOptions& options) {
  Result<std::string> robots = read_document(options.file, kBodyBytesCeiling);
  if (!robots) {
    complain(robots.error().message());
    return robots.error().code == Errc::kIo ? ExitCode::kIo : ExitCode::kNoInput;
  }
  std::optional<Result<RobotsRules>> rules;
  RobotsReader reader(client);
  reader.read(*robots, options.agent, [&](const Result<RobotsRules>& read) { rules = read; });
  while (!rules) {
    Result<void> turned = client.turn(-1);
    if (!turned) return report_parser_failure(turned.error());
  }
  if (!*rules) return report_parser_failure(rules->error());
  return print_verdicts(rules->value(), options.urls);
}

}  // namespace

ExitCode command_robots(const RobotsOptions& options) {
  ParseClient::Options client_options;
  client_options.fetcher = options.fetcher;
  client_options.fetchers = options.fetchers;
  client_options.watchdog_ms = options.watchdog_ms;
  Result<std::unique_ptr<ParseClient>> client = ParseClient::create(client_options);
  if (!client) return report_parser_failure(client.error());
  if (!options.jsonl) return test_file(**client, options);
  RobotsReader reader(**client);
  return serve_lines(**client, [&](std::string_view line, const SlotPtr& slot) {
    answer_line(reader, options.agent, line, slot);
  });
}

}  // namespace crawl
