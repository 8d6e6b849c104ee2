// SPDX-License-Identifier: MIT
// `crawl config`, and what configuration files say of secrets.

#include <cstdlib>
#include <string>
#include <vector>

#include "crawler/command_line.h"
#include "crawler/config_file.h"
#include "tests/support/catch.h"
#include "tests/support/scratch_folder.h"

namespace crawl {
namespace {

using test::ScratchFolder;
using Words = std::vector<std::string>;

std::string text_of(const Words& words, const ConfigFiles& files = {}) {
  const CommandLine line = parse_command_line(words, files);
  if (const auto* error = std::get_if<UsageError>(&line)) FAIL(error->message);
  REQUIRE(std::holds_alternative<ShowText>(line));
  return std::get<ShowText>(line).text;
}

UsageError error_of(const Words& words, const ConfigFiles& files = {}) {
  const CommandLine line = parse_command_line(words, files);
  REQUIRE(std::holds_alternative<UsageError>(line));
  return std::get<UsageError>(line);
}

// The line that begins with `begin`, its spaces folded.
std::string line_of(const std::string& text, const std::string& begin) {
  const size_t at = ("\n" + text).find("\n" + begin);
  if (at == std::string::npos) return "";
  std::string line;
  for (const char c : text.substr(at, text.find('\n', at) - at)) {
    if (c != ' ' || line.empty() || line.back() != ' ') line += c;
  }
  return line;
}

// Without what stands behind '#'.
std::string values_of(const std::string& text) {
  const auto entries = parse_config(text, "c.toml");
  if (!entries) FAIL(entries.error().message());
  std::string values;
  for (const ConfigEntry& entry : *entries) {
    values += entry.host + " " + entry.key;
    for (const std::string& value : entry.values) values += " <" + value + ">";
    values += "\n";
  }
  return values;
}

TEST_CASE("config command: each value with the place where it comes from", "[config_command]") {
  ScratchFolder folder;
  const std::string system =
      folder.write("system.toml", "\ndelay = '5s'\nexclude = 'a'\ndepth = 3\n");
  const std::string user = folder.write("user.toml", "exclude = 'b'\ndepth = 4\nno-body = true\n");
  const std::string file = folder.write("file.toml", "no-body = false\ndb = \"x\\ty.db\"\n");
  const std::string text =
      text_of({"config", "--config", file, "--exclude", "c", "-w", "7", "-q"}, {system, user});
  CHECK(line_of(text, "delay =") == "delay = \"7s\" # command line");
  CHECK(line_of(text, "depth") == "depth = 4 # " + user + ":2");
  CHECK(line_of(text, "exclude") ==
        "exclude = [\"a\", \"b\", \"c\"] # " + system + ":3, " + user + ":1, command line");
  CHECK(line_of(text, "no-body") == "no-body = false # " + file + ":1");
  CHECK(line_of(text, "db") == "db = \"x\\u0009y.db\" # " + file + ":2");
  CHECK(line_of(text, "quiet") == "quiet = true # command line");
  CHECK(line_of(text, "retries") == "retries = 2 # default");
  CHECK(line_of(text, "max-size") == "max-size = \"10MiB\" # default");
  CHECK(line_of(text, "# fetchers") == "# fetchers is not set # default");
  CHECK(text.find("watchdog") == std::string::npos);
}

TEST_CASE("config command: what it prints is a file that says the same", "[config_command]") {
  ScratchFolder folder;
  folder.write("secret", "hunter2\n");
  const std::string file = folder.write(
      "c.toml",
      "[host.\"example.com\"]\nauth = 'basic'\nuser = 'me'\npassword-file = 'secret'\n"
      "header = ['Accept-Language: de', 'X: \"\\']\nproxy = ''\n[host.\"*.example.com:81\"]\n"
      "delay = '1500ms'\nover-http = false\n");
  const Words words = {"config",
                       "--config",
                       file,
                       "--delay-factor",
                       "0.25",
                       "--include",
                       "\\d#\xE2\x80\xAE\"",
                       "--types",
                       "image/*,a/b",
                       "-vv",
                       "--max-size",
                       "12345",
                       "--retry-wait",
                       "90s",
                       "-H",
                       "X-A: 'b\\",
                       "--proxy",
                       "http://p:1",
                       "-f",
                       "3",
                       "--canonicalize",
                       "all",
                       "--scope",
                       "any",
                       "--contact",
                       "me@example.com",
                       "--watchdog",
                       "2s",
                       "-i",
                       "seeds.txt"};
  const std::string once = text_of(words);
  const std::string twice = text_of({"config", "--config", folder.write("again.toml", once)});
  CHECK(values_of(once) == values_of(twice));
  CHECK(line_of(once, "watchdog") == "watchdog = \"2s\" # command line");
  CHECK(line_of(once, "verbose") == "verbose = [true, true] # command line");
  CHECK(once.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(once.find("hunter2") == std::string::npos);
}

TEST_CASE("config command: secrets are set, and that is all", "[config_command]") {
  ScratchFolder folder;
  folder.write("secret", "hunter2\n");
  folder.write("cookies.txt", "example.com\tFALSE\t/\tTRUE\t0\ta\thunter2\n");
  REQUIRE(::setenv("CRAWL_TEST_KEY", "hunter2", 1) == 0);
  const std::string file = folder.write(
      "c.toml",
      "proxy = 'http://me:${CRAWL_TEST_KEY}@p:1'\n[host.\"example.com\"]\nauth = 'bearer'\n"
      "token-file = 'secret'\nheader = 'X-Key: ${CRAWL_TEST_KEY}'\ncookies = 'cookies.txt'\n");
  const Words words = {"config", "--config", file, "-H", "X-Api-Key: hunter2"};
  const std::string text = text_of(words);
  const CommandLine run = parse_command_line({"--config", file, "s.txt"}, {});
  ::unsetenv("CRAWL_TEST_KEY");
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(line_of(text, "# proxy") == "# proxy http://p:1/ with a password: (set) # " + file + ":1");
  CHECK(line_of(text, "# header") == "# header X-Api-Key: (set) # command line");
  CHECK(line_of(text, "token-file").find("# (set), " + file + ":4") != std::string::npos);
  CHECK(line_of(text, "header =") ==
        "header = [\"X-Key: ${CRAWL_TEST_KEY}\"] # (set), " + file + ":5");
  CHECK(line_of(text, "cookies").find("# (set: 1), " + file + ":6") != std::string::npos);
  CHECK(text.starts_with("# warning: "));
  REQUIRE(std::holds_alternative<RunOptions>(run));
  const auto& options = std::get<RunOptions>(run);
  CHECK(options.proxy == "http://me:hunter2@p:1");
  CHECK(options.to_json().find("hunter2") == std::string::npos);
  CHECK(options.to_json().find("\"X-Key\"") != std::string::npos);
  CHECK(options.to_json().find("\"auth\":\"bearer\"") != std::string::npos);
}

TEST_CASE("config command: what holds for one host", "[config_command]") {
  ScratchFolder folder;
  const std::string file =
      folder.write("c.toml",
                   "delay = '2s'\n[host.\"*.example.com\"]\ndelay = '3s'\nover-http = true\n"
                   "[host.\"www.example.com\"]\ndelay = '4s'\n");
  const std::string own = text_of({"config", "--config", file, "--host", "WWW.example.com"});
  CHECK(values_of(own) ==
        "www.example.com \nwww.example.com delay <4s>\nwww.example.com over-http <true>\n");
  CHECK(line_of(own, "delay") == "delay = \"4s\" # " + file + ":6");
  CHECK(line_of(own, "over-http") == "over-http = true # " + file + ":4");
  const std::string other = text_of({"config", "--config", file, "--host", "example.org"});
  CHECK(line_of(other, "delay") == "delay = \"2s\" # " + file + ":1");
}

TEST_CASE("config command: its mistakes are those of a run", "[config_command]") {
  ScratchFolder folder;
  CHECK(error_of({"config", "s.txt"}).message == "unexpected argument s.txt");
  CHECK(error_of({"config", "--hots", "x"}).message ==
        "unknown option --hots; did you mean --host?");
  CHECK(error_of({"config", "--host", "http://x/"}).code == ExitCode::kUsage);
  CHECK(error_of({"config", "--delay", "1"}).code == ExitCode::kUsage);
  CHECK(error_of({"config", "--config", folder.path("none")}).code == ExitCode::kConfig);
  const std::string late = folder.write("late.toml", "[host.\"h\"]\ndelay = '1s'\nexclude = 'x'\n");
  const UsageError error = error_of({"config", "--config", late});
  CHECK(error.code == ExitCode::kConfig);
  CHECK(error.message ==
        late + ":3: 'exclude' is for all hosts: such options stand before the first table");
  const std::string unset =
      folder.write("unset.toml", "[host.\"h\"]\nauth = 'bearer'\ntoken-env = 'CRAWL_TEST_NONE'\n");
  CHECK(error_of({"--config", unset, "s.txt"}).message ==
        unset + ":3: token-env: the environment has no variable CRAWL_TEST_NONE");
}

TEST_CASE("config command: secrets for all hosts do not stand in a file", "[config_command]") {
  ScratchFolder folder;
  for (const char* text :
       {"\nheader = ['A: b', 'Authorization: hunter2']\n", "\nproxy = 'http://me:hunter2@p:1'\n"}) {
    const std::string file = folder.write("c.toml", text);
    const UsageError error = error_of({"--config", file, "s.txt"});
    CHECK(error.code == ExitCode::kConfig);
    CHECK(error.message.find(file + ":2: ") == 0);
    CHECK(error.message.find("a secret does not stand in this file") != std::string::npos);
    CHECK(error.message.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("config command: whoever reads a database need not have the secrets",
          "[config_command]") {
  ScratchFolder folder;
  const std::string file = folder.write(
      "c.toml",
      "db = 'all.db'\nproxy = 'http://me:${CRAWL_TEST_NONE}@p:1'\n[host.\"h\"]\nauth = 'bearer'\n"
      "token-file = 'gone'\n");
  const CommandLine status = parse_command_line({"status"}, {file});
  REQUIRE(std::holds_alternative<StatusOptions>(status));
  CHECK(std::get<StatusOptions>(status).database == "all.db");
  CHECK(error_of({"s.txt"}, {file}).code == ExitCode::kConfig);
}

}  // namespace
}  // namespace crawl
