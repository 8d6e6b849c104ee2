// SPDX-License-Identifier: MIT
// crawl-serve DATABASE ADDRESS PORT TOKEN-FILE: what `crawl serve` becomes. Its arguments are not
// for people; an empty TOKEN-FILE is none.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/exit_code.h"
#include "base/log.h"
#include "base/secret_file.h"
#include "serve/http_server.h"
#include "serve/site.h"

namespace crawl {
namespace {

constexpr size_t kTokenBytesMin = 16;
constexpr size_t kTokenBytesMax = 512;

ExitCode fail(ExitCode code, const std::string& text) {
  complain(text);
  return code;
}

// Visible ASCII: it goes into a header and a cookie.
bool is_token(const std::string& text) {
  const bool visible = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != ';' && c != ',' && c != '"' && c != '\\';
  });
  return text.size() >= kTokenBytesMin && text.size() <= kTokenBytesMax && visible;
}

Result<std::string> read_token(const std::string& path) {
  std::vector<std::string> warnings;
  Result<std::string> text = read_secret_file(path, kTokenBytesMax + 2, warnings);
  for (const std::string& warning : warnings) complain(warning);
  if (text) text = secret_line(std::move(*text), path);
  if (!text || is_token(*text)) return text;
  return Error{Errc::kInvalid, 0,
               path +
                   ": a token is a line of at least 16 letters and digits, like that of "
                   "openssl rand -hex 32"};
}

ExitCode code_for(const Error& error) {
  if (error.code == Errc::kNotFound) return ExitCode::kNoInput;
  return error.code == Errc::kInvalid ? ExitCode::kUsage : ExitCode::kCannotCreate;
}

ExitCode serve(const std::string& database, HttpServer::Options options,
               const std::string& token_file) {
  if (!token_file.empty()) {
    Result<std::string> token = read_token(token_file);
    if (!token) {
      return fail(token.error().code == Errc::kInvalid ? ExitCode::kConfig : ExitCode::kNoInput,
                  token.error().message());
    }
    options.token = std::move(*token);
  }
  if (Result<Database> there = Database::open_reader(database); !there) {
    const bool missing = there.error().code == Errc::kNotFound;
    return fail(missing ? ExitCode::kNoInput : ExitCode::kIo, there.error().message());
  }
  // Before threads are started, which inherit it.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Site site(database);
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(
      options, [&site](const HttpRequest& request) { return site.answer(request); });
  if (!server) return fail(code_for(server.error()), server.error().message());
  complain("serving " + database + " at " + (*server)->url() +
           (options.token.empty() ? "" : "?token=…") + " until Ctrl-C");
  int number = 0;
  sigwait(&signals, &number);
  site.stop();
  // An answer that takes long is not waited for: nothing is lost where everything only reads.
  std::signal(SIGALRM, [](int) { _exit(0); });
  ::alarm(3);
  return ExitCode::kDone;
}

}  // namespace
}  // namespace crawl

int main(int argc, char** argv) {
  if (argc != 5) {
    crawl::complain("this is a part of crawl: crawl serve starts it");
    return static_cast<int>(crawl::ExitCode::kUsage);
  }
  crawl::HttpServer::Options options;
  options.address = argv[2];
  options.port = static_cast<uint16_t>(std::strtoul(argv[3], nullptr, 10));
  return static_cast<int>(crawl::serve(argv[1], std::move(options), argv[4]));
}
