// SPDX-License-Identifier: MIT
#include "fetcher/worker.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "fetcher/ascii.h"
#include "fetcher/test_hook.h"
#include "fetcher/text_bounds.h"

namespace crawl {

namespace {

// How long the loop sleeps at most: backs up the wake messages, and keeps the heartbeat alive.
constexpr int kNapMs = 500;
// Bodies that wait to be parsed are memory: past this many, no new job is taken.
constexpr size_t kWaitingMax = 8;

FetchSettings fetch_settings(const Configure& configure) {
  FetchSettings settings;
  settings.user_agent = configure.user_agent;
  for (const Header& header : configure.headers) settings.headers.emplace_back(header.line);
  settings.insecure = configure.insecure;
  settings.http2 = configure.http2;
  settings.timeout_ms = configure.timeout_ms;
  settings.connect_timeout_ms = configure.connect_timeout_ms;
  settings.stall_timeout_ms = configure.stall_timeout_ms;
  settings.body_bytes_max = configure.body_bytes_max;
  settings.decode_ratio_max = configure.decode_ratio_max;
  settings.types = configure.types;
  return settings;
}

// Memory that no honest page needs: the parser's arena, what libraries hold, and sixteen of the
// largest bodies, with the text made of them.
SandboxOrder sandbox_order(const Configure& configure) {
  constexpr uint64_t kLibraryBytes = 512u << 20;
  constexpr uint64_t kBodies = 16;
  const uint64_t body_bytes = std::max<uint64_t>(
      std::min<uint64_t>(configure.body_bytes_max, kBodyBytesCeiling), kSitemapBytesMax);
  SandboxOrder order;
  order.mode = configure.sandbox;
  order.brokered = configure.brokered;
  order.data_bytes_max = configure.parse_arena_bytes_max + kLibraryBytes + kBodies * body_bytes;
  return order;
}

}  // namespace

Worker::Worker(EventLoop& loop, std::unique_ptr<Channel> channel,
               std::unique_ptr<SharedQueue> queue, Options options)
    : loop_(loop),
      channel_(std::move(channel)),
      queue_(std::move(queue)),
      options_(std::move(options)) {
  channel_->on_message([this](std::string_view bytes) { received(bytes); });
  channel_->on_disconnect([this](std::optional<Error> error) {
    if (error) return end(kExitProtocol, error->message());
    end(kExitDone, "");
  });
}

Worker::~Worker() = default;

int Worker::run() {
  Hello hello;
  hello.pid = static_cast<int32_t>(::getpid());
  if (!channel_->send(hello)) return kExitDone;
  while (!exit_code_) {
    queue_->beat();
    if (state_ == State::kServing) serve_once();
    if (exit_code_) break;
    const int timeout_ms = state_ == State::kServing ? sleep_ms() : kNapMs;
    queue_->blame(0, Phase::kIdle);
    if (auto ran = loop_.run_once(timeout_ms); !ran) end(kExitFailed, ran.error().message());
  }
  return *exit_code_;
}

void Worker::end(int exit_code, std::string_view why) {
  if (exit_code_) return;
  exit_code_ = exit_code;
  if (why.empty() || !channel_->connected()) return;
  const std::string text = bounded_line(why, kMetaBytesMax);
  Log log;
  log.text = text;
  (void)channel_->send(log).has_value();
}

// --- control messages
// -------------------------------------------------------------------------------

void Worker::received(std::string_view bytes) {
  static constexpr std::array<Handler, 3> kHandlers = {{
      {MessageType::kConfigure, State::kGreeting, &Worker::configure},
      {MessageType::kListenerTaken, State::kSealed, &Worker::listener_taken},
      {MessageType::kWake, State::kServing, &Worker::wake},
  }};
  if (exit_code_) return;
  for (const Handler& handler : kHandlers) {
    if (message_type(bytes) == handler.type && state_ == handler.allowed) {
      return (this->*handler.handle)(bytes);
    }
  }
  end(kExitProtocol, "a control message that is not expected now");
}

// That the loop turned is all that was wanted.
void Worker::wake(std::string_view /*bytes*/) {}

void Worker::configure(std::string_view bytes) {
  const auto message = decode_message<Configure>(bytes);
  if (!message) return end(kExitProtocol, "a Configure message that cannot be read");
  if (auto loaded = load(*message); !loaded) return end(kExitFailed, loaded.error().message());
  // Nothing from the web has been seen so far; from here on no file is opened.
  auto sandbox = options_.enter_sandbox(sandbox_order(*message));
  if (!sandbox) return end(kExitFailed, "sandbox: " + sandbox.error().message());
  sandbox_ = std::move(*sandbox);
  if (!sandbox_.listener) return begin_serving();
  Listener listener;
  listener.fd = sandbox_.listener.fd();
  if (!channel_->send(listener)) return end(kExitDone, "");
  state_ = State::kSealed;
}

void Worker::listener_taken(std::string_view bytes) {
  if (!decode_message<ListenerTaken>(bytes)) return end(kExitProtocol, "a message too long");
  sandbox_.listener.reset();
  begin_serving();
}

void Worker::begin_serving() {
  Ready ready;
  ready.sandbox = utf8_prefix(sandbox_.layers, kShortBytesMax);
  ready.missing = utf8_prefix(sandbox_.missing, kShortBytesMax);
  if (!channel_->send(ready)) return end(kExitDone, "");
  state_ = State::kServing;
}

Result<void> Worker::load(const Configure& configure) {
  install_test_hook(configure.test_hook);
  Document::Options options;
  options.arena_bytes_max = configure.parse_arena_bytes_max;
  options.cpu_ms_max = configure.parse_cpu_ms_max;
  options.keep_body = configure.keep_body;
  options.body_bytes_max = configure.body_bytes_max;
  options.decode_ratio_max = configure.decode_ratio_max;
  options.types = configure.types;
  auto document = Document::create(options);
  if (!document) return document.error();
  document_ = std::move(*document);

  auto resolver = Resolver::create(loop_, {});
  if (!resolver) return resolver.error();
  resolver_ = std::move(*resolver);

  CaStore ca = configure.insecure ? CaStore() : CaStore::load(configure.ca_file);
  if (!configure.insecure && !ca.usable()) {
    Log log;
    log.text = ca.problem();
    (void)channel_->send(log).has_value();
  }
  auto pool = TransferPool::create(loop_, *resolver_, std::move(ca), fetch_settings(configure));
  if (!pool) return pool.error();
  pool_ = std::move(*pool);
  pool_->on_activity([this](uint64_t lease) { queue_->blame(lease, Phase::kTransfer); });
  pool_->on_done([this](std::unique_ptr<HttpTransfer> transfer) {
    waiting_.emplace_back(std::move(transfer));
  });
  const Answerer::Settings settings{configure.generation, std::string(configure.robots_agent),
                                    configure.body_bytes_max, configure.decode_ratio_max};
  answerer_ = std::make_unique<Answerer>(*document_, loop_.clock(), settings,
                                         [this](uint64_t lease, std::string_view url, Phase phase) {
                                           queue_->blame(lease, phase);
                                           run_test_hook(url, phase);
                                         });
  return {};
}

// --- jobs and results
// -------------------------------------------------------------------------------

void Worker::serve_once() {
  take_jobs();
  // One page per round: parsing takes longer than anything else, and sockets want service in
  // between.
  if (!exit_code_ && answer_.empty()) {
    const int64_t begun_ms = loop_.clock().monotonic_ms();
    answer_next();
    pool_->was_away(loop_.clock().monotonic_ms() - begun_ms);
  }
  if (!exit_code_ && !answer_.empty()) flush_answer();
}

bool Worker::may_take_jobs() const {
  return answer_.empty() && waiting_.size() < kWaitingMax && !pool_->is_full();
}

void Worker::take_jobs() {
  RingReader& jobs = queue_->jobs_reader();
  while (!exit_code_ && may_take_jobs()) {
    auto read = jobs.read(job_bytes_);
    if (!read) return end(kExitProtocol, "jobs ring: " + read.error().message());
    if (*read == RingReader::Read::kEmpty) break;
    take_job(job_bytes_);
  }
  // Also after the parts of a job that has not come whole: they have made space for the rest.
  if (jobs.producer_needs_wake()) send_wake();
}

void Worker::take_job(const std::string& bytes) {
  if (message_type(bytes) == MessageType::kParseJob) {
    waiting_.emplace_back(bytes);
    return;
  }
  const auto job = decode_message<FetchJob>(bytes);
  if (!job || job->lease == 0) return end(kExitProtocol, "a job that cannot be read");
  start_fetch(*job);
}

void Worker::start_fetch(const FetchJob& job) {
  queue_->blame(job.lease, Phase::kTransfer);
  FetchRequest request;
  request.lease = job.lease;
  request.kind = job.kind;
  request.url = job.url;
  request.policy = job.allow_private ? AddressPolicy::kAny : AddressPolicy::kPublicOnly;
  request.proxy = job.proxy;
  for (const Header& header : job.headers) request.headers.emplace_back(header.line);
  request.etag = job.etag;
  request.last_modified = job.last_modified;
  auto started = pool_->start(std::move(request));
  if (started) return;
  if (started.error().code == Errc::kExists) return end(kExitProtocol, started.error().message());
  ReadyAnswer failure{job.lease, {}};
  answerer_->answer_failure(job, Outcome::kProtocolError, started.error().message(), failure.bytes);
  waiting_.emplace_back(std::move(failure));
}

void Worker::answer_next() {
  if (waiting_.empty()) return;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  answer_sent_ = 0;
  if (auto* transfer = std::get_if<std::unique_ptr<HttpTransfer>>(&next)) {
    answer_lease_ = (*transfer)->request().lease;
    answerer_->answer(**transfer, answer_);
    pool_->recycle(std::move(*transfer));
  } else if (auto* bytes = std::get_if<std::string>(&next)) {
    const auto job = decode_message<ParseJob>(*bytes);
    if (!job || job->lease == 0) return end(kExitProtocol, "a job that cannot be read");
    answer_lease_ = job->lease;
    answerer_->answer(*job, answer_);
  } else if (auto* failure = std::get_if<ReadyAnswer>(&next)) {
    answer_lease_ = failure->lease;
    answer_ = std::move(failure->bytes);
  }
}

void Worker::flush_answer() {
  queue_->blame(answer_lease_, Phase::kSend);
  RingWriter& results = queue_->results_writer();
  auto written = results.write(answer_, answer_sent_);
  if (!written) return end(kExitProtocol, "results ring: " + written.error().message());
  if (*written) {
    // A page of many megabytes must not hold on to its memory.
    constexpr size_t kKeptBytes = 1u << 20;
    answer_.clear();
    if (answer_.capacity() > kKeptBytes) answer_.shrink_to_fit();
  }
  if (results.consumer_needs_wake()) send_wake();
}

void Worker::send_wake() {
  if (!channel_->send(Wake())) end(kExitDone, "");
}

// --- sleeping
// ---------------------------------------------------------------------------------------

int Worker::sleep_ms() {
  if (!answer_.empty()) return sleep_after(queue_->results_writer().prepare_to_sleep());
  if (!waiting_.empty()) return 0;
  return sleep_after(queue_->jobs_reader().prepare_to_sleep());
}

int Worker::sleep_after(const Result<bool>& prepared) {
  if (!prepared) {
    end(kExitProtocol, prepared.error().message());
    return 0;
  }
  return *prepared ? kNapMs : 0;
}

}  // namespace crawl
