// SPDX-License-Identifier: MIT
#pragma once

// One HTTP request and its response on a pooled libcurl easy handle. Every limit is counted here,
// in the callbacks: libcurl's own do not hold in the versions we run on.

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "web/address_guard.h"
#include "fetcher/ca_store.h"
#include "fetcher/content_plan.h"
#include "fetcher/request_headers.h"
#include "fetcher/resolver.h"
#include "fetcher/response_head.h"
#include "fetcher/verdict.h"
#include "ipc/messages.h"
#include "web/url.h"

namespace crawl {

// What holds for all transfers of a fetcher; see Configure in ipc/messages.h.
struct FetchSettings {
  std::string user_agent;
  std::vector<std::string> headers;
  bool insecure = false;
  bool http2 = false;
  uint32_t timeout_ms = 30'000;
  uint32_t connect_timeout_ms = 10'000;
  uint32_t stall_timeout_ms = 20'000;
  uint64_t body_bytes_max = 10u << 20;
  uint32_t decode_ratio_max = 200;
  std::string types = {};  // whose bodies are kept unread
};

struct FetchRequest {
  uint64_t lease = 0;
  JobKind kind = JobKind::kPage;
  std::string url;  // canonical http(s)
  AddressPolicy policy = AddressPolicy::kPublicOnly;
  std::string proxy = {};                 // "" : none
  std::vector<std::string> headers = {};  // of this request alone
  std::string etag;
  std::string last_modified;
};

// How it ended; the fields of `Transfer` in ipc/messages.h.
struct FetchReport {
  Outcome outcome = Outcome::kNone;
  int status = 0;
  std::string detail;
  std::string address;
  std::string location;
  int64_t elapsed_ms = 0;
  uint64_t wire_bytes = 0;
  int64_t retry_after_ms = -1;
  Reach reach = Reach::kUnclear;
  bool name_answered = false;
};

class HttpTransfer {
 public:
  // What all transfers share; everything named must outlive them.
  struct Context {
    const FetchSettings& settings;
    const RequestHeaders& headers;
    const CaStore& ca;
    const Clock& clock;
    std::function<void(uint64_t lease)> on_activity;  // before our callbacks run for a job
    int64_t away_ms = 0;  // time in which nobody looked at the sockets; counts against no transfer
    // What the bodies of all transfers hold. Past held_bytes_max they wait, but for `going`;
    // is_holding: so it was when the loop's last turn ended.
    uint64_t held_bytes = 0;
    uint64_t held_bytes_max = 16u << 20;
    const HttpTransfer* going = nullptr;
    bool is_holding = false;
    bool some_wait = false;  // also where a turn has ended in which that was over again
    bool is_full() const { return held_bytes > held_bytes_max; }
  };

  static Result<std::unique_ptr<HttpTransfer>> create(Context& context);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // Starts the clock for `request`; whatever an earlier request left is forgotten. `proxy`: the
  // request's, parsed; null where it has none.
  void begin(FetchRequest request, Url url, std::unique_ptr<Url> proxy);
  // Sets up the handle to be added to a multi. `pins` are CURLOPT_RESOLVE entries; without any, the
  // host must be a literal address.
  void prepare(Slist pins);

  // A name server was asked: what that tells of the network.
  void note_lookup(LookupAnswer answer);

  // Exactly one of these two ends a request, with the handle in no multi. report() is whole
  // afterwards.
  void conclude(CURLcode code);
  void fail(Outcome outcome, std::string_view detail);

  // True, at most once per request, when it should be sent again on a fresh connection.
  bool take_retry(CURLcode code);
  // To be called between two responses, with the handle in no multi. False: it takes no further
  // one.
  bool renew();

  // When to look at the deadlines next, and what has passed by then: kNone when nothing has.
  int64_t next_deadline_ms();
  Verdict overdue();

  CURL* easy() const { return easy_; }
  const FetchRequest& request() const { return request_; }
  const Url& url() const { return *url_; }
  const Url* proxy() const { return proxy_.get(); }
  const ResponseHead& head() const { return head_; }
  const FetchReport& report() const { return report_; }
  std::string_view body() const { return body_; }
  bool truncated() const { return truncated_; }
  // The essence of the body's type as far as it is known: the computed one where the first bytes
  // were needed, else the header's; "" when there is none.
  const std::string& content_type() const { return content_type_; }
  // Lets go of a large body's memory.
  void drop_body();
  // Lets go of what only this request was to know. With the handle in no multi.
  void forget_secrets();
  // To be called when the loop's turn ends. A transfer that has to wait reads no more; up to the
  // time that it has altogether, that counts for nothing. True when it reads again: its deadline is
  // another then.
  bool share_memory();

 private:
  // Why our callbacks stopped libcurl.
  enum class Stop : uint8_t {
    kNone,
    kEnough,
    kTooLarge,
    kHeaders,
    kBomb,
    kCodings,
    kUnasked,
    kLengths,
    kLater
  };
  enum class BodyUse : uint8_t { kKeep, kSniff, kDrain };

  explicit HttpTransfer(Context& context) : context_(context) {}

  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_prereq(void* self, char* remote_ip, char* local_ip, int remote_port,
                       int local_port);
  static int on_resolver_start(void* resolver, void* reserved, void* self);

  Result<void> set_constant_options();
  Slist own_headers() const;
  void set_proxy();
  void set_tls_options();
  // No longer than the coordinator has patience with whoever reads other pages first.
  static constexpr int64_t kExcusedMsMax = 60'000;
  int64_t excused_ms() const {
    return std::min(context_.away_ms - away_at_begin_ms_, kExcusedMsMax);
  }
  int64_t now_ms() const { return context_.clock.monotonic_ms() - excused_ms(); }
  void touch();
  void count_body();
  bool must_wait() const { return context_.is_full() && context_.going != this; }
  void hold();
  bool take_header(std::string_view line);
  bool take_body(std::string_view data);
  bool head_finished();
  bool use_by(std::string_view first_bytes);
  bool refuse_or_drain();
  bool stop(Stop reason);
  bool is_bomb(uint64_t slack) const;
  bool in_handshake() const;
  uint64_t wire_bytes() const;
  bool address_refused(const IpAddress& address, uint16_t port);
  Ending ending(CURLcode code) const;
  void close_report();
  void judge(CURLcode code);
  void judge_stop();
  void judge_response();
  void judge_redirect();
  void set(Outcome outcome, std::string_view detail);

  Context& context_;
  CURL* easy_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
  Slist own_headers_;  // of a request that has some, else the shared ones are sent
  Slist pins_;

  FetchRequest request_;
  std::unique_ptr<Url> url_;
  std::unique_ptr<Url> proxy_;
  ResponseHead head_;
  FetchReport report_;
  std::optional<ContentPlanner> planner_;  // of a page whose header has come
  std::string raw_type_;                   // what it looks at
  std::string content_type_;
  std::string body_;
  std::string connected_;  // endpoint last tried or used
  std::string refused_;    // endpoint that the policy forbade
  uint64_t body_max_ = 0;
  uint64_t counted_ = 0;  // of Context::held_bytes
  uint64_t decoded_ = 0;
  uint64_t wire_seen_ = 0;
  int64_t away_at_begin_ms_ = 0;
  int64_t begun_ms_ = 0;  // by now_ms()
  int64_t active_ms_ = 0;
  int64_t held_at_ms_ = 0;
  int64_t spared_ms_ = 0;  // of the time that it was held
  Stop stop_ = Stop::kNone;
  BodyUse use_ = BodyUse::kKeep;
  bool is_held_ = false;
  bool prepared_ = false;  // libcurl's figures are of this request
  bool truncated_ = false;
  bool retried_ = false;
};

}  // namespace crawl
