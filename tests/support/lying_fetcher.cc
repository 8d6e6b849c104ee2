// SPDX-License-Identifier: MIT
#include "tests/support/lying_fetcher.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/support/lying_encoder.h"
#include "web/url.h"

namespace crawl::test {

namespace {

constexpr int kNapMs = 50;
constexpr int kHonestPages = 10;  // that the page at / of each host links to

std::string name_of(const std::string& program) { return program.substr(program.rfind('/') + 1); }

// How many instances of this program there were before, in all runs.
off_t born_before(const std::string& program) {
  const UniqueFd file(
      ::open((program + ".born").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!file || ::write(file.fd(), "x", 1) != 1) std::abort();
  return ::lseek(file.fd(), 0, SEEK_CUR) - 1;
}

std::string birth_lie(const std::string& program) {
  const std::string name = name_of(program);
  if (name == "lying_fetcher") return {};
  if (name.compare(0, 4, "all_") == 0) return name.substr(4);
  return born_before(program) == 0 ? std::string() : name;
}

uint64_t number_after(std::string_view text, std::string_view key) {
  const size_t at = text.find(key);
  if (at == std::string_view::npos) return 0;
  return std::strtoull(std::string(text.substr(at + key.size())).c_str(), nullptr, 10);
}

}  // namespace

uint64_t hash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

LyingFetcher::LyingFetcher(std::string program)
    : program_(std::move(program)), memory_fd_(::dup(kChildFirstExtraFd)) {
  auto queue = SharedQueue::open(UniqueFd(kChildFirstExtraFd));
  if (!queue) std::abort();
  queue_ = std::move(*queue);
  memory_ = std::make_unique<RawSegment>(memory_fd_.fd());
  random_.seed(static_cast<uint64_t>(::getpid()));
  birth_lie_ = birth_lie(program_);
}

int LyingFetcher::run() {
  greet();
  serve();
  return 0;
}

void LyingFetcher::greet() {
  if (birth_lie_.empty() || !lie_at_birth(*this, birth_lie_, false)) {
    Hello hello;
    hello.pid = ::getpid();
    send(hello);
  }
  while (!configured_) read_pipe();
  if (birth_lie_.empty() || !lie_at_birth(*this, birth_lie_, true)) send(Ready{"invented", ""});
}

void LyingFetcher::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(kChildControlWriteFd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd writable{kChildControlWriteFd, POLLOUT, 0};
      ::poll(&writable, 1, kNapMs);
      queue_->beat();
    } else if (errno != EINTR) {
      ::_exit(0);
    }
  }
}

void LyingFetcher::send_frame(std::string_view message) {
  std::string frame;
  Encoder(frame).text(message, 0);  // u32 length and bytes: what a frame is
  send_bytes(frame);
}

void LyingFetcher::publish(std::string_view message) {
  size_t sent = 0;
  for (;;) {
    const auto written = results().write(message, sent);
    if (!written) ::_exit(9);
    if (results().consumer_needs_wake()) send(Wake{});
    if (*written) break;
    if (const auto sleep = results().prepare_to_sleep(); sleep && *sleep) nap();
  }
  head_ = memory_->get<uint64_t>(kResultsHeadAt);
}

void LyingFetcher::publish_raw(uint32_t length_word, std::string_view bytes, uint64_t advance) {
  const size_t data = kDataAt + SharedQueue::Options().jobs_bytes;
  const size_t mask = SharedQueue::Options().results_bytes - 1;
  memory_->put<uint32_t>(data + (head_ & mask), length_word);
  for (size_t i = 0; i < bytes.size(); ++i) {
    memory_->put<char>(data + ((head_ + 4 + i) & mask), bytes[i]);
  }
  head_ += advance;
  memory_->put<uint64_t>(kResultsHeadAt, head_);
  send(Wake{});
}

bool LyingFetcher::has_room(size_t bytes) {
  const uint64_t used = head_ - memory_->get<uint64_t>(kResultsTailAt);
  return used + bytes <= SharedQueue::Options().results_bytes;
}

void LyingFetcher::wait_until_read() {
  while (memory_->get<uint64_t>(kResultsTailAt) != head_) {
    ::usleep(200);
    queue_->beat();
  }
}

// --- the truth

PageResult LyingFetcher::page(const FetchJob& job) {
  url_ = job.url;
  title_ = "page " + url_;
  const auto url = Url::parse(url_);
  const size_t host_hash = std::hash<std::string>()(url ? std::string(url->host()) : url_);
  // Public, and of this host alone.
  address_ = "9." + std::to_string(host_hash % 250 + 1) + '.' +
             std::to_string(host_hash / 250 % 250 + 1) + '.' +
             std::to_string(host_hash / 62'500 % 250 + 1) + ":80";
  PageResult result;
  result.transfer.lease = job.lease;
  result.transfer.generation = generation_;
  result.transfer.outcome = Outcome::kOk;
  result.transfer.status = 200;
  result.transfer.address = address_;
  result.transfer.elapsed_ms = 1;
  result.transfer.wire_bytes = title_.size();
  result.content_type = "text/html";
  result.document = DocumentKind::kHtml;
  result.parse_status = ParseStatus::kOk;
  result.charset = "UTF-8";
  result.charset_source = CharsetSource::kHttp;
  result.title = title_;
  result.text = title_;
  result.body_bytes = title_.size();
  result.content_hash = result.text_hash = hash(title_);
  first_link_ = url_ + '1';
  if (url && url->path() == "/")
    result.links.push_back({first_link_, LinkKind::kAnchor, "", "one"});
  return result;
}

RobotsResult LyingFetcher::robots(const FetchJob& job) {
  RobotsResult result;
  result.transfer = page(job).transfer;
  result.transfer.outcome = Outcome::kHttpError;
  result.transfer.status = 404;
  result.transfer.detail = "HTTP status 404";
  return result;
}

void LyingFetcher::answer(const FetchJob& job) {
  ++answered_;
  queue_->blame(job.lease, Phase::kSend);
  if (job.kind == JobKind::kRobots) {
    publish(robots(job));
  } else {
    PageResult result = page(job);
    std::vector<std::string> links;
    const std::string root = url_;
    for (int i = 1; i <= kHonestPages; ++i) links.push_back(root + std::to_string(i));
    if (!result.links.empty()) {
      result.links.clear();
      for (const std::string& link : links)
        result.links.push_back({link, LinkKind::kAnchor, {}, {}});
    }
    publish(result);
  }
  queue_->blame(0, Phase::kIdle);
}

// --- jobs

// Each kind once in a run, so that the page can be had in the end.
bool LyingFetcher::lies_about(const FetchJob& job, std::string& kind) {
  constexpr std::string_view kDomain = ".lie.example";
  const auto url = Url::parse(job.url);
  const std::string host(url ? url->host() : "");
  const size_t at = host.find(kDomain);
  if (at == std::string::npos) return false;
  kind = host.substr(0, std::min(at, host.find('-')));
  if ((kind.compare(0, 6, "robots") == 0) != (job.kind == JobKind::kRobots)) return false;
  // Who dies before a first answer is born again ever more slowly.
  if (always_ || (answered_ == 0 && job.kind != JobKind::kRobots)) return always_;
  if (often_ && job.kind != JobKind::kRobots) return random_() % 2 == 0;
  const std::string mark = program_ + '.' + host;
  return UniqueFd(::open(mark.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)).fd() >= 0;
}

bool LyingFetcher::take_jobs() {
  const auto read = queue_->jobs_reader().read(job_bytes_);
  if (!read) ::_exit(9);
  if (*read == RingReader::Read::kEmpty) return false;
  if (queue_->jobs_reader().producer_needs_wake()) send(Wake{});
  const auto job = decode_message<FetchJob>(job_bytes_);
  if (!job) ::_exit(9);
  std::string kind;
  if (lies_about(*job, kind)) {
    queue_->blame(job->lease, Phase::kParse);
    if (!tell_lie(*this, kind, *job)) ::_exit(8);
  } else {
    answer(*job);
  }
  return true;
}

void LyingFetcher::serve() {
  for (;;) {
    if (take_jobs()) continue;
    const auto sleep = queue_->jobs_reader().prepare_to_sleep();
    if (!sleep) ::_exit(9);
    if (*sleep) nap();
  }
}

void LyingFetcher::nap() {
  if (!frozen_) queue_->beat();
  read_pipe();
}

void LyingFetcher::nap_for_ever() {
  for (;;) nap();
}

void LyingFetcher::live_on_without(int fd) {
  ::close(fd);
  for (;;) {
    ::usleep(1000 * kNapMs);
    queue_->beat();
  }
}

void LyingFetcher::read_pipe() {
  pollfd readable{kChildControlReadFd, POLLIN, 0};
  ::poll(&readable, 1, kNapMs);
  char bytes[64 * 1024];
  const ssize_t n = ::read(kChildControlReadFd, bytes, sizeof bytes);
  if (n == 0) ::_exit(0);  // the coordinator has hung up
  if (n > 0) inbox_.append(bytes, static_cast<size_t>(n));
  while (inbox_.size() >= 4) {
    uint32_t size = 0;
    Decoder(inbox_).number(size);
    if (inbox_.size() - 4 < size) return;
    on_frame(std::string_view(inbox_).substr(4, size));
    inbox_.erase(0, 4 + size);
  }
}

void LyingFetcher::on_frame(std::string_view frame) {
  const auto configure = decode_message<Configure>(frame);
  if (!configure) return;
  configured_ = true;
  generation_ = configure->generation;
  brokered_ = configure->brokered;
  always_ = configure->test_hook.find("always") != std::string_view::npos;
  often_ = configure->test_hook.find("often") != std::string_view::npos;
  random_.seed(number_after(configure->test_hook, "seed=") * 1'000'003 + generation_);
}

void LyingFetcher::keep_doing(const std::function<void()>& task) {
  std::thread([task] {
    for (;;) task();
  }).detach();
}

}  // namespace crawl::test

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  char program[4096];
  const ssize_t length = ::readlink("/proc/self/exe", program, sizeof program);
  if (length <= 0) return 70;
  crawl::test::LyingFetcher fetcher(std::string(program, static_cast<size_t>(length)));
  return fetcher.run();
}
