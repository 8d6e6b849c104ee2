// SPDX-License-Identifier: MIT
#include "crawler/options.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "crawler/command_line.h"
#include "crawler/commands.h"
#include "crawler/config_file.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/crawl-options-XXXXXX";
    const int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    path_ = name;
    REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(fd);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

RunOptions run_of(const std::vector<std::string>& words, const std::string& config = "") {
  CommandLine line = parse_command_line(words, {config});
  if (const auto* error = std::get_if<UsageError>(&line)) FAIL(error->message);
  REQUIRE(std::holds_alternative<RunOptions>(line));
  return std::get<RunOptions>(line);
}

UsageError error_of(const std::vector<std::string>& words, const std::string& config = "") {
  CommandLine line = parse_command_line(words, {config});
  REQUIRE(std::holds_alternative<UsageError>(line));
  const UsageError error = std::get<UsageError>(line);
  return error;
}

TEST_CASE("options: --delay-factor is a decimal number", "[options]") {
  CHECK(run_of({"--delay-factor", "0.5", "s.txt"}).delay_factor == 0.5);
  CHECK(run_of({"--delay-factor", "0", "s.txt"}).delay_factor == 0);
  CHECK(run_of({"--address-concurrency", "3", "s.txt"}).address_concurrency == 3);
  for (const char* bad : {"", "-1", "100.1", "nan", "inf", "1e1", "2x", " 2", "0x1"}) {
    CAPTURE(bad);
    CHECK(
        error_of({"--delay-factor", bad, "s.txt"}).message.find("is not a number from 0 to 100") !=
        std::string::npos);
  }
}

TEST_CASE("options: wget's spellings mean the same", "[options]") {
  const RunOptions o =
      run_of({"-w", "2", "-l", "5", "-t", "4", "-T", "7.5", "-i", "more.txt", "a.txt"});
  CHECK(o.delay_ms == 2000);
  CHECK(o.depth == 5);
  CHECK(o.retries == 3);
  CHECK(o.timeout_ms == 7500);
  CHECK(o.seeds == std::vector<std::string>{"a.txt", "more.txt"});
  CHECK(run_of({"--wait", "500ms", "--input-file=a.txt"}).delay_ms == 500);
  CHECK(run_of({"-i", "a.txt", "-i", "-"}).seeds == std::vector<std::string>{"a.txt", "-"});
  CHECK(run_of({"-l", "inf", "a.txt"}).depth == run_of({"-l", "0", "a.txt"}).depth);
  CHECK(run_of({"-l", "0", "a.txt"}).depth == 1'000'000);
  CHECK(error_of({"-t", "0", "a.txt"}).message.find("a whole number from 1 to 101") !=
        std::string::npos);
  CHECK(error_of({"-w", "2x", "a.txt"}).message.find("is not a duration") != std::string::npos);
  CHECK(error_of({"-i", "", "a.txt"}).message.find("is not a path") != std::string::npos);
}

TEST_CASE("options: the system's configuration, then the user's, then the command line",
          "[options]") {
  const TemporaryFile system("delay = '5s'\ndepth = 3\nretries = 7\ndb = 'system.db'\n");
  const TemporaryFile user("depth = 4\nretries = 8\n");
  const ConfigFiles both = {system.path(), user.path()};
  const CommandLine line = parse_command_line({"--retries", "9", "s.txt"}, both);
  REQUIRE(std::holds_alternative<RunOptions>(line));
  const auto& options = std::get<RunOptions>(line);
  CHECK(options.delay_ms == 5000);
  CHECK(options.depth == 4);
  CHECK(options.retries == 9);
  const CommandLine status = parse_command_line({"status"}, both);
  REQUIRE(std::holds_alternative<StatusOptions>(status));
  CHECK(std::get<StatusOptions>(status).database == "system.db");
  const TemporaryFile wrong("dealy = '5s'\n");
  const CommandLine refused = parse_command_line({"s.txt"}, {wrong.path(), user.path()});
  REQUIRE(std::holds_alternative<UsageError>(refused));
  CHECK(std::get<UsageError>(refused).code == ExitCode::kConfig);
  CHECK(std::get<UsageError>(refused).message.find(wrong.path() + ":1: ") == 0);
}

TEST_CASE("options: seeds alone are a run with the defaults", "[options]") {
  const RunOptions options = run_of({"seeds.txt"});
  CHECK(options.seeds == std::vector<std::string>{"seeds.txt"});
  CHECK(options.database == "crawl.db");
  CHECK(options.delay_ms == 1000);
  CHECK(options.depth == 20);
  CHECK(options.scope == Scope::kHost);
  CHECK(options.robots == RobotsPolicy::kObey);
  CHECK(options.host_concurrency == 1);
  CHECK(options.address_concurrency == 8);
  CHECK(options.delay_factor == 2);
  CHECK(options.keep_body);
  CHECK(options.progress);
  CHECK(run_of({"run", "seeds.txt"}).seeds == options.seeds);
}

TEST_CASE("options: each option reaches its field", "[options]") {
  const RunOptions o = run_of({"-d",
                               "x.db",
                               "-f",
                               "3",
                               "-c",
                               "40",
                               "--host-concurrency",
                               "2",
                               "--delay",
                               "250ms",
                               "--depth=5",
                               "--max-pages",
                               "7",
                               "--max-time",
                               "1h",
                               "--max-bytes",
                               "1GiB",
                               "--scope",
                               "domain",
                               "--max-size",
                               "64KiB",
                               "--timeout",
                               "5s",
                               "--retries",
                               "0",
                               "--retry-wait",
                               "3s",
                               "--max-redirects",
                               "4",
                               "-U",
                               "bot/2 (x)",
                               "--contact",
                               "me",
                               "--robots",
                               "ignore",
                               "--proxy",
                               "socks5h://127.0.0.1:9050",
                               "--revisit",
                               "7d",
                               "--log-format",
                               "json",
                               "--lock-wait",
                               "1m",
                               "--watchdog",
                               "2s",
                               "--test-hook",
                               "h",
                               "--fetcher",
                               "/f",
                               "a",
                               "b"});
  CHECK(o.database == "x.db");
  CHECK(o.fetchers == 3);
  CHECK(o.concurrency == 40);
  CHECK(o.host_concurrency == 2);
  CHECK(o.delay_ms == 250);
  CHECK(o.depth == 5);
  CHECK(o.max_pages == 7);
  CHECK(o.max_time_ms == 3'600'000);
  CHECK(o.max_bytes == int64_t{1} << 30);
  CHECK(o.scope == Scope::kDomain);
  CHECK(o.max_size == 64 << 10);
  CHECK(o.timeout_ms == 5000);
  CHECK(o.retries == 0);
  CHECK(o.retry_wait_ms == 3000);
  CHECK(o.max_redirects == 4);
  CHECK(o.user_agent == "bot/2 (x)");
  CHECK(o.contact == "me");
  CHECK(o.robots == RobotsPolicy::kIgnore);
  CHECK(o.proxy == "socks5h://127.0.0.1:9050");
  CHECK(o.revisit_ms == 7 * 86'400'000LL);
  CHECK(o.log_format == LogFormat::kJson);
  CHECK(o.lock_wait_ms == 60'000);
  CHECK(o.watchdog_ms == 2000);
  CHECK(o.test_hook == "h");
  CHECK(o.fetcher == "/f");
  CHECK(o.seeds == std::vector<std::string>{"a", "b"});
}

TEST_CASE("options: flags", "[options]") {
  const RunOptions o =
      run_of({"--strict", "--http2", "--insecure", "--allow-private", "--no-body", "--no-progress",
              "--follow-nofollow", "--no-sitemaps", "-q", "-vv", "s.txt"});
  CHECK(o.strict);
  CHECK(o.http2);
  CHECK(o.insecure);
  CHECK(o.allow_private);
  CHECK_FALSE(o.keep_body);
  CHECK_FALSE(o.progress);
  CHECK(o.follow_nofollow);
  CHECK(o.quiet);
  CHECK(o.verbosity == 2);
}

TEST_CASE("options: lists take one value each time, so that seeds can follow", "[options]") {
  const RunOptions o = run_of({"--include", "/a{1,3}[bc]", "--include", "[x,y]", "--exclude", "z",
                               "-H", "A: 1, 2", "s.txt", "-H", "B:"});
  CHECK(o.include == std::vector<std::string>{"/a{1,3}[bc]", "[x,y]"});
  CHECK(o.exclude == std::vector<std::string>{"z"});
  CHECK(o.headers == std::vector<std::string>{"A: 1, 2", "B:"});
  CHECK(o.seeds == std::vector<std::string>{"s.txt"});
}

TEST_CASE("options: of an option given twice the last counts", "[options]") {
  CHECK(run_of({"--delay", "1s", "s.txt", "--delay", "2s"}).delay_ms == 2000);
}

TEST_CASE("options: an empty value is a value", "[options]") {
  CHECK(run_of({"--proxy=", "s.txt"}).seeds == std::vector<std::string>{"s.txt"});
  CHECK(run_of({"--contact", "", "s.txt"}).seeds == std::vector<std::string>{"s.txt"});
}

TEST_CASE("options: a dash is stdin, and after two dashes everything is a seed", "[options]") {
  CHECK(run_of({"-"}).seeds == std::vector<std::string>{"-"});
  CHECK(run_of({"--", "--delay"}).seeds == std::vector<std::string>{"--delay"});
}

TEST_CASE("options: a bad value names the option, the value and what is valid", "[options]") {
  const auto message = [](const std::vector<std::string>& words) {
    const UsageError error = error_of(words);
    CHECK(error.code == ExitCode::kUsage);
    return error.message;
  };
  CHECK(message({"--delay", "5", "s.txt"}) ==
        "--delay: '5' is not a duration: write 500ms, 1.5s, 2m, 1h or 7d");
  CHECK(message({"-f", "0", "s.txt"}) == "--fetchers: '0' is not a whole number from 1 to 1024");
  CHECK(message({"-f", "-1", "s.txt"}) == "--fetchers: '-1' is not a whole number from 1 to 1024");
  CHECK(message({"-f", "2x", "s.txt"}) == "--fetchers: '2x' is not a whole number from 1 to 1024");
  CHECK(message({"--scope", "hots", "s.txt"}) ==
        "--scope: 'hots' is not one of host, domain, prefix, any; did you mean host?");
  CHECK(message({"--max-size", "1TiB", "s.txt"}).find("--max-size: '1TiB' is not") == 0);
  CHECK(message({"--include", "(", "s.txt"}).find("--include: '(' is not a regular expression") ==
        0);
  CHECK(message({"--timeout", "0", "s.txt"}).find("--timeout: '0' is not between") == 0);
  CHECK(message({"s.txt", "--delay"}) == "--delay needs a value");
  CHECK(message({"--insecure=x", "s.txt"}) == "--insecure takes no value");
  CHECK(message({"--host-concurrency", "9", "-c", "8", "s.txt"})
            .find("--host-concurrency: 9 is more") == 0);
}

TEST_CASE("options: a header must be one line with a name", "[options]") {
  for (const char* bad : {"x", ": x", "A B: x", "A: x\r\nHost: evil", "A: \x01"}) {
    CAPTURE(bad);
    CHECK(error_of({"-H", bad, "s.txt"}).code == ExitCode::kUsage);
  }
  // It may hold a password.
  CHECK(error_of({"-H", "secret", "s.txt"}).message.find("secret") == std::string::npos);
}

TEST_CASE("options: a user agent is one line that begins with a name", "[options]") {
  CHECK(error_of({"-U", "a\r\nb", "s.txt"}).code == ExitCode::kUsage);
  CHECK(error_of({"-U", "/1.0", "s.txt"}).code == ExitCode::kUsage);
}

TEST_CASE("options: a proxy is a URL with a scheme that is known", "[options]") {
  CHECK(error_of({"--proxy", "ftp://x/", "s.txt"}).code == ExitCode::kUsage);
  CHECK(error_of({"--proxy", "127.0.0.1:3128", "s.txt"}).code == ExitCode::kUsage);
}

TEST_CASE("options: an unknown option gets the nearest one", "[options]") {
  CHECK(error_of({"--dealy", "1s", "s.txt"}).message ==
        "unknown option --dealy; did you mean --delay?");
  CHECK(error_of({"--dealy=1s", "s.txt"}).message ==
        "unknown option --dealy; did you mean --delay?");
  CHECK(error_of({"--zzzzzz", "s.txt"}).message == "unknown option --zzzzzz; see crawl --help");
  CHECK(error_of({"--watchdo", "s.txt"}).message.find("--watchdog") ==
        std::string::npos);  // hidden
  CHECK(error_of({"status", "--jsn"}).message == "unknown option --jsn; did you mean --json?");
}

TEST_CASE("options: an unknown command gets the nearest one", "[options]") {
  CHECK(error_of({"statsu"}).message == "unknown command statsu; did you mean status?");
  CHECK(error_of({"frobnicate"}).code == ExitCode::kUsage);
  CHECK(run_of({"nosuchfile.txt"}).seeds.size() == 1);  // the run will say that it is not there
  CHECK(run_of({"http://example.com/"}).seeds.size() == 1);
}

TEST_CASE("options: no seeds is an error of usage", "[options]") {
  CHECK(error_of({}).code == ExitCode::kUsage);
  CHECK(error_of({"run"}).code == ExitCode::kUsage);
  CHECK(error_of({"--delay", "1s"}).code == ExitCode::kUsage);
}

TEST_CASE("options: the first word chooses the command", "[options]") {
  CHECK(std::holds_alternative<StatusOptions>(parse_command_line({"status", "-d", "x"}, {})));
  CHECK(std::holds_alternative<CheckOptions>(parse_command_line({"check"}, {})));
  CHECK(std::holds_alternative<WhyOptions>(parse_command_line({"why", "http://x/"}, {})));
  CHECK(std::holds_alternative<CatOptions>(parse_command_line({"cat", "--text", "http://x/"}, {})));
  CHECK(std::holds_alternative<UrlOptions>(parse_command_line({"url", "x"}, {})));
  CHECK(std::holds_alternative<RobotsOptions>(parse_command_line({"robots", "f", "/a"}, {})));
  CHECK(std::holds_alternative<ParseOptions>(parse_command_line({"parse", "f"}, {})));
  CHECK(std::holds_alternative<DemoOptions>(parse_command_line({"demo"}, {})));
}

TEST_CASE("options: commands that need words say so", "[options]") {
  for (const char* command : {"why", "cat", "url", "robots", "parse"}) {
    CAPTURE(command);
    CHECK(error_of({command}).code == ExitCode::kUsage);
  }
  CHECK(error_of({"robots", "file"}).code == ExitCode::kUsage);
  CHECK(error_of({"status", "x"}).message == "unexpected argument x");
  CHECK(error_of({"status", "--check", "--json"}).message ==
        "status: --check answers with one line, not with JSON");
  CHECK(error_of({"status", "--max-age", "1h"}).message == "status: --max-age goes with --check");
  CHECK(error_of({"url", "--jsonl", "x"}).message == "unexpected argument x");
}

TEST_CASE("options: a URL in brackets is one URL", "[options]") {
  const CommandLine line = parse_command_line({"url", "[a,b]"}, {});
  REQUIRE(std::holds_alternative<UrlOptions>(line));
  CHECK(std::get<UrlOptions>(line).urls == std::vector<std::string>{"[a,b]"});
}

TEST_CASE("options: help is shown for every command, the version on its own", "[options]") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    const CommandLine line = parse_command_line({command.name, "--help"}, {});
    REQUIRE(std::holds_alternative<ShowText>(line));
    CHECK(std::get<ShowText>(line).text.find("Usage: crawl ") != std::string::npos);
  }
  const CommandLine overview = parse_command_line({"--help"}, {});
  REQUIRE(std::holds_alternative<ShowText>(overview));
  CHECK(std::get<ShowText>(overview).text.find("crawl robots FILE URL...") != std::string::npos);
  CHECK(std::get<ShowText>(overview).text.find("--watchdog") == std::string::npos);
  CHECK(std::holds_alternative<ShowVersion>(parse_command_line({"--version"}, {})));
}

TEST_CASE("options: the command line wins over --config, and that over the user's file",
          "[options]") {
  const TemporaryFile user("delay = \"1m\"\ndepth = 1\nretries = 9\n");
  const TemporaryFile file("delay = \"2m\"\ndepth = 2\n");
  const RunOptions o = run_of({"--config", file.path(), "--delay", "3m", "s.txt"}, user.path());
  CHECK(o.delay_ms == 180'000);
  CHECK(o.depth == 2);
  CHECK(o.retries == 9);
}

TEST_CASE("options: a configuration file sets flags and lists", "[options]") {
  const TemporaryFile file(
      "no-body = true\nhttp2 = false\nmax_pages = 1_000\n"
      "include = ['a{1,2}#', \"b\\\"c\"]\nheader = [\n  \"A: 1, 2\", # two\n  'B: #',\n]\n");
  const RunOptions o = run_of({"--config", file.path(), "--include", "d", "s.txt"});
  CHECK_FALSE(o.keep_body);
  CHECK_FALSE(o.http2);
  CHECK(o.max_pages == 1000);
  CHECK(o.include == std::vector<std::string>{"a{1,2}#", "b\"c", "d"});
  CHECK(o.headers == std::vector<std::string>{"A: 1, 2", "B: #"});
}

TEST_CASE("options: a bad configuration file is an error of its own", "[options]") {
  const UsageError missing = error_of({"--config", "/nonexistent/x.toml", "s.txt"});
  CHECK(missing.code == ExitCode::kConfig);
  CHECK(missing.message.find("/nonexistent/x.toml") != std::string::npos);

  const TemporaryFile key("# one\ndealy = \"1s\"\n");
  const UsageError unknown = error_of({"--config", key.path(), "s.txt"});
  CHECK(unknown.code == ExitCode::kConfig);
  CHECK(unknown.message == key.path() + ":2: unknown key 'dealy'; did you mean 'delay'?");

  const TemporaryFile value("delay = 1\n");
  CHECK(error_of({"--config", value.path(), "s.txt"}).code == ExitCode::kConfig);
  const TemporaryFile nested("config = \"x\"\n");
  CHECK(error_of({"--config", nested.path(), "s.txt"}).code == ExitCode::kConfig);
}

TEST_CASE("options: the user's configuration may be absent but not broken", "[options]") {
  CHECK(run_of({"s.txt"}, "/nonexistent/config.toml").seeds.size() == 1);
  const TemporaryFile broken("delay\n");
  CHECK(error_of({"s.txt"}, broken.path()).code == ExitCode::kConfig);
}

TEST_CASE("options: reading commands use the database that the user configured", "[options]") {
  const TemporaryFile user("db = \"/data/all.db\"\n");
  const CommandLine configured = parse_command_line({"status"}, {user.path()});
  REQUIRE(std::holds_alternative<StatusOptions>(configured));
  CHECK(std::get<StatusOptions>(configured).database == "/data/all.db");
  const CommandLine given = parse_command_line({"status", "-d", "x.db"}, {user.path()});
  CHECK(std::get<StatusOptions>(given).database == "x.db");
}

TEST_CASE("options: where the user's configuration is", "[options]") {
  CHECK(user_config_path("/x", "/home/u") == "/x/crawl/config.toml");
  CHECK(user_config_path(nullptr, "/home/u") == "/home/u/.config/crawl/config.toml");
  CHECK(user_config_path("", "/home/u") == "/home/u/.config/crawl/config.toml");
  CHECK(user_config_path("relative", "/home/u") == "/home/u/.config/crawl/config.toml");
  CHECK(user_config_path(nullptr, nullptr).empty());
}

TEST_CASE("options: the configuration file's mistakes are named with their line", "[config]") {
  const auto problem = [](const char* text) {
    Result<std::vector<ConfigEntry>> parsed = parse_config(text, "c.toml");
    REQUIRE_FALSE(parsed);
    return parsed.error().context;
  };
  CHECK(problem("\n\na") == "c.toml:3: expected key = value");
  CHECK(problem("a = \"x").find("c.toml:1: the string has no closing") == 0);
  CHECK(problem("a = 1s").find("c.toml:1: text values stand in quotes") == 0);
  CHECK(problem("a = 1.5").find("c.toml:1:") == 0);
  CHECK(problem("[section]").find("c.toml:1: tables other than [host.\"NAME\"]") == 0);
  CHECK(problem("a = 1\n[[host.x]]").find("c.toml:2: tables") == 0);
  CHECK(problem("[host]").find("tables") != std::string::npos);
  CHECK(problem("[host.]").find("stands in quotes") != std::string::npos);
  CHECK(problem("[host.example.com]").find("stands in quotes: [host.\"NAME\"]") !=
        std::string::npos);
  CHECK(problem("[host.\"x\"").find("closing ']'") != std::string::npos);
  CHECK(problem("[host.\"x\"] a = 1").find("end of the line after the table") != std::string::npos);
  CHECK(problem("[host.x]\na = 1\na = 2") == "c.toml:3: 'a' is set twice");
  CHECK(problem("[host.x]\n[host.y]\n[host.'x']") == "c.toml:3: the table of 'x' is there twice");
  CHECK(problem("a = 1 b").find("c.toml:1: expected the end of the line") == 0);
  CHECK(problem("a = 1\na = 2") == "c.toml:2: 'a' is set twice");
  CHECK(problem("a = [1, 2").find("closing ']'") != std::string::npos);
  CHECK(problem("a = [1 2]").find("expected ','") != std::string::npos);
  CHECK(problem("a = \"\\d\"").find("unknown escape") != std::string::npos);
  CHECK(problem("a = \"\\ud800\"").find("bad \\u") != std::string::npos);
  CHECK(problem("a = ").find("c.toml:1:") == 0);
}

TEST_CASE("options: tables of the configuration file", "[config]") {
  const auto parsed = parse_config("a = 1\n[ host . \"x y\" ] # c\na = 2\n[host.z]\n", "c.toml");
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 4);
  CHECK((*parsed)[0].host.empty());
  CHECK((*parsed)[1].host == "x y");
  CHECK((*parsed)[1].key.empty());
  CHECK((*parsed)[1].line == 2);
  CHECK((*parsed)[2].host == "x y");
  CHECK((*parsed)[2].values == std::vector<std::string>{"2"});
  CHECK((*parsed)[3].host == "z");
}

TEST_CASE("options: strings of the configuration file", "[config]") {
  const auto value = [](const char* text) {
    Result<std::vector<ConfigEntry>> parsed = parse_config(text, "c.toml");
    REQUIRE(parsed);
    REQUIRE(parsed->size() == 1);
    REQUIRE((*parsed)[0].values.size() == 1);
    return (*parsed)[0].values[0];
  };
  CHECK(value("a = \"x # y\" # z") == "x # y");
  CHECK(value("a='\\d'") == "\\d");
  CHECK(value("a = \"\\t\\\\\\u00e9\\U0001F600\"") == "\t\\é😀");
  CHECK(value("a = \"\"").empty());
  CHECK(value("a = -5\r\n") == "-5");
}

TEST_CASE("options: the user agent names whom to ask", "[options]") {
  RunOptions options;
  const std::string plain = options.effective_user_agent();
  CHECK(plain.starts_with("crawl/"));
  CHECK(plain.find_first_of(" ()") == std::string::npos);
  CHECK(options.robots_agent() == "crawl");
  options.contact = "https://example.com/bot";
  CHECK(options.effective_user_agent() == plain + " (+https://example.com/bot)");
  options.user_agent = "mybot (x)";
  CHECK(options.effective_user_agent() == "mybot (x)");
  CHECK(options.robots_agent() == "mybot");
}

TEST_CASE("options: what is stored of them has no secrets", "[options]") {
  RunOptions options;
  options.seeds = {"https://user:secret1@example.com/", "seeds.txt"};
  options.headers = {"Authorization: secret2"};
  options.proxy = "http://me:secret3@proxy.example:3128";
  options.include = {"\xff"};
  const std::string text = options.to_json();
  CHECK(text.find("secret") == std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  REQUIRE(json.is_object());
  CHECK(json["seeds"][0] == "https://example.com/");
  CHECK(json["headers"][0] == "Authorization");
  CHECK(json["proxy"] == "http://proxy.example:3128/");
  CHECK(json["delay_ms"] == 1000);
  CHECK(json["delay_factor"] == 2);
  CHECK(json["address_concurrency"] == 8);
}

}  // namespace
}  // namespace crawl
