// SPDX-License-Identifier: MIT
#include "fetcher/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "web/mime_sniff.h"
#include "web/proxy.h"

namespace crawl {

namespace {

constexpr long kReadBufferBytes = 32 * 1024;
constexpr uint64_t kDrainBytesMax = 64 * 1024;  // less is read to the end, to keep the connection
constexpr uint64_t kBombFloorBytes = 1u << 20;
constexpr size_t kBurstBytesMax = 256 * 1024;
constexpr size_t kBodyKeptBytesMax = 256 * 1024;  // capacity that stays with a pooled handle

uint64_t body_bytes_max(JobKind kind, const FetchSettings& settings) {
  switch (kind) {
    case JobKind::kRobots:
    case JobKind::kLookUp:
      return kRobotsBytesMax;
    case JobKind::kSitemap:
      return kSitemapBytesMax;
    case JobKind::kPage:
      break;
  }
  return std::min<uint64_t>(settings.body_bytes_max, kBodyBytesCeiling);
}

// libcurl 7.83 to 8.1.0 keeps a pointer to the last header field of a response in the handle, and
// follows it, long freed, when the next response begins with a folded line (curl issue 11101).
bool remembers_header() {
  static const unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
  return version >= 0x075300 && version <= 0x080100;
}

}  // namespace

Result<std::unique_ptr<HttpTransfer>> HttpTransfer::create(Context& context) {
  std::unique_ptr<HttpTransfer> self(new HttpTransfer(context));
  self->easy_ = curl_easy_init();
  if (self->easy_ == nullptr) return Error{Errc::kIo, 0, "curl_easy_init"};
  if (auto set = self->set_constant_options(); !set) return set.error();
  return self;
}

HttpTransfer::~HttpTransfer() {
  context_.held_bytes -= counted_;
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
}

Result<void> HttpTransfer::set_constant_options() {
  const FetchSettings& settings = context_.settings;
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500  // 7.85.0
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION,
                   settings.http2 ? long{CURL_HTTP_VERSION_2TLS} : long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, kAcceptedCodings);
  curl_easy_setopt(easy_, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kReadBufferBytes);
  curl_easy_setopt(easy_, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings.connect_timeout_ms));
  // Set even when empty: otherwise libcurl reads the environment.
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, settings.user_agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, on_prereq);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy_, CURLOPT_RESOLVER_START_FUNCTION, on_resolver_start);
  curl_easy_setopt(easy_, CURLOPT_RESOLVER_START_DATA, this);
  set_tls_options();
  return context_.ca.apply(easy_);
}

void HttpTransfer::set_tls_options() {
  const bool verify = !context_.settings.insecure;
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
}

void HttpTransfer::begin(FetchRequest request, Url url, std::unique_ptr<Url> proxy) {
  request_ = std::move(request);
  url_ = std::make_unique<Url>(std::move(url));
  proxy_ = std::move(proxy);
  head_.clear();
  report_ = {};
  drop_body();
  connected_.clear();
  refused_.clear();
  body_max_ = body_bytes_max(request_.kind, context_.settings);
  planner_.reset();
  content_type_.clear();
  decoded_ = wire_seen_ = 0;
  away_at_begin_ms_ = context_.away_ms;
  begun_ms_ = active_ms_ = now_ms();
  stop_ = Stop::kNone;
  use_ = BodyUse::kKeep;
  spared_ms_ = 0;
  is_held_ = prepared_ = truncated_ = retried_ = false;
}

void HttpTransfer::drop_body() {
  body_.clear();
  if (body_.capacity() > kBodyKeptBytesMax) body_.shrink_to_fit();
  count_body();
}

// A decoder keeps up to as much again, to refer back to.
void HttpTransfer::count_body() {
  const uint64_t bytes = body_.size() * (head_.has_content_coding() ? 2 : 1);
  context_.held_bytes += bytes - counted_;
  counted_ = bytes;
}

// Null where the request has none.
Slist HttpTransfer::own_headers() const {
  const bool has_etag = !request_.etag.empty() && is_safe_field_value(request_.etag);
  const bool has_date =
      !request_.last_modified.empty() && is_safe_field_value(request_.last_modified);
  if (!has_etag && !has_date && request_.headers.empty()) return nullptr;
  Slist headers = context_.headers.with(request_.headers);
  if (has_etag) append_line(headers, "If-None-Match: " + request_.etag);
  if (has_date) append_line(headers, "If-Modified-Since: " + request_.last_modified);
  return headers;
}

void HttpTransfer::prepare(Slist pins) {
  Slist own = own_headers();
  const Slist& headers = own == nullptr ? context_.headers.shared() : own;
  error_[0] = '\0';
  active_ms_ = now_ms();
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  set_proxy();
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy_, CURLOPT_RESOLVE, pins.get());
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, retried_ ? 1L : 0L);
  own_headers_ = std::move(own);
  pins_ = std::move(pins);
  prepared_ = true;
}

// User and password apart from the URL, which libcurl quotes where it does not like it. It undoes
// their percent-encoding itself.
void HttpTransfer::set_proxy() {
  std::string url;
  std::string user;
  std::string password;
  if (proxy_ != nullptr) {
    const uint16_t port = proxy_port(request_.proxy, *proxy_);
    url = std::string(proxy_->scheme()) + "://" + std::string(proxy_->host()) + ":" +
          std::to_string(port);
    user = proxy_->username();
    password = proxy_->password();
  }
  const bool known = !user.empty() || !password.empty();
  curl_easy_setopt(easy_, CURLOPT_PROXY, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROXYUSERNAME, known ? user.c_str() : nullptr);
  curl_easy_setopt(easy_, CURLOPT_PROXYPASSWORD, known ? password.c_str() : nullptr);
}

void HttpTransfer::forget_secrets() {
  proxy_.reset();
  set_proxy();
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, nullptr);
  own_headers_.reset();
  request_.headers.clear();
  request_.proxy.clear();
}

bool HttpTransfer::renew() {
  if (!remembers_header()) return true;
  CURL* fresh = curl_easy_init();
  if (fresh == nullptr) return false;
  curl_easy_cleanup(std::exchange(easy_, fresh));
  prepared_ = false;
  return set_constant_options().has_value();
}

bool HttpTransfer::take_retry(CURLcode code) {
  if (code == CURLE_OK || retried_ || stop_ != Stop::kNone) return false;
  if (!is_stale_connection_error(ending(code))) return false;
  long fresh_connections = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &fresh_connections);
  if (fresh_connections > 0 || !renew()) return false;
  head_.clear();
  retried_ = true;
  return true;
}

// --- callbacks
// --------------------------------------------------------------------------------------

void HttpTransfer::touch() {
  active_ms_ = now_ms();
  if (context_.on_activity) context_.on_activity(request_.lease);
}

size_t HttpTransfer::on_header(char* data, size_t size, size_t count, void* self) {
  const size_t n = size * count;
  return static_cast<HttpTransfer*>(self)->take_header({data, n}) ? n : 0;
}

size_t HttpTransfer::on_body(char* data, size_t size, size_t count, void* self_pointer) {
  const size_t n = size * count;
  auto* transfer = static_cast<HttpTransfer*>(self_pointer);
  const bool may_pause = !transfer->head_.has_content_coding();
  if (may_pause && transfer->use_ != BodyUse::kDrain && transfer->must_wait()) {
    transfer->hold();
    return CURL_WRITEFUNC_PAUSE;
  }
  return transfer->take_body({data, n}) ? n : 0;
}

bool HttpTransfer::stop(Stop reason) {
  if (stop_ == Stop::kNone) stop_ = reason;
  return false;
}

bool HttpTransfer::take_header(std::string_view line) {
  touch();
  const bool was_complete = head_.complete();
  switch (head_.add_line(line)) {
    case ResponseHead::Problem::kNone:
      break;
    case ResponseHead::Problem::kTooLarge:
      return stop(Stop::kHeaders);
    case ResponseHead::Problem::kTooManyCodings:
      return stop(Stop::kCodings);
    case ResponseHead::Problem::kUnaskedCoding:
      return stop(Stop::kUnasked);
    case ResponseHead::Problem::kConflictingLengths:
      return stop(Stop::kLengths);
  }
  return was_complete || !head_.complete() || head_finished();
}

bool HttpTransfer::head_finished() {
  raw_type_ = head_.joined_values("content-type");
  ContentHints hints;
  hints.content_type = raw_type_;
  hints.nosniff = says_nosniff(head_.joined_values("x-content-type-options"));
  hints.is_sitemap = request_.kind == JobKind::kSitemap;
  hints.url = request_.url;
  hints.keep = context_.settings.types;
  planner_.emplace(hints);
  content_type_ = planner_->supplied();
  const int status = head_.status();
  if (status < 200 || status > 299) return refuse_or_drain();
  if (request_.kind == JobKind::kRobots) return true;
  if (!planner_->needs_bytes()) return use_by("");
  use_ = BodyUse::kSniff;
  return true;
}

bool HttpTransfer::use_by(std::string_view first_bytes) {
  ContentPlanner::Plan plan = planner_->plan(first_bytes);
  content_type_ = std::move(plan.essence);
  if (plan.reading == Reading::kNone) return refuse_or_drain();
  use_ = BodyUse::kKeep;
  return true;
}

// The body is not wanted: reading a short one to its end keeps the connection, a long one is cut.
bool HttpTransfer::refuse_or_drain() {
  use_ = BodyUse::kDrain;
  body_.clear();
  count_body();
  const auto length = head_.announced_length();
  const bool has_body = head_.status() != 304 && head_.status() != 204;
  if (has_body && length && *length > kDrainBytesMax) return stop(Stop::kEnough);
  return true;
}

bool HttpTransfer::take_body(std::string_view data) {
  touch();
  decoded_ += data.size();
  // For a chunked body libcurl counts the bytes of a read after it has decoded them.
  if (is_bomb(kReadBufferBytes)) return stop(Stop::kBomb);
  if (use_ == BodyUse::kDrain) return decoded_ <= kDrainBytesMax || stop(Stop::kEnough);
  const size_t room = static_cast<size_t>(body_max_) - body_.size();
  body_.append(data.substr(0, room));
  count_body();
  if (data.size() > room) {
    truncated_ = true;
    return stop(request_.kind == JobKind::kRobots ? Stop::kEnough : Stop::kTooLarge);
  }
  // Beside those that wait there is room for a little of each that has just begun.
  if (context_.is_holding && must_wait() && body_.size() > kBurstBytesMax) {
    return stop(Stop::kLater);
  }
  return use_ != BodyUse::kSniff || body_.size() < kResourceHeaderBytes || use_by(body_);
}

uint64_t HttpTransfer::wire_bytes() const {
  if (!prepared_) return 0;
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
  return bytes > 0 ? static_cast<uint64_t>(bytes) : 0;
}

bool HttpTransfer::is_bomb(uint64_t slack) const {
  if (decoded_ <= kBombFloorBytes || !head_.has_content_coding()) return false;
  return decoded_ > context_.settings.decode_ratio_max * (wire_bytes() + slack);
}

bool HttpTransfer::address_refused(const IpAddress& address, uint16_t port) {
  connected_ = endpoint_text(address, port);
  // Behind a proxy the address is the proxy's, which the user named.
  if (proxy_ != nullptr || address_allowed(address, request_.policy)) return false;
  refused_ = connected_;
  return true;
}

curl_socket_t HttpTransfer::on_open_socket(void* self_pointer, curlsocktype /*purpose*/,
                                           curl_sockaddr* target) {
  auto* self = static_cast<HttpTransfer*>(self_pointer);
  self->touch();
  const auto address = address_of(&target->addr, target->addrlen);
  if (!address) return CURL_SOCKET_BAD;
  const uint16_t port = port_of(&target->addr, target->addrlen);
  if (self->address_refused(*address, port)) return CURL_SOCKET_BAD;
  return ::socket(target->family, target->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  target->protocol);
}

int HttpTransfer::on_prereq(void* self_pointer, char* remote_ip, char* /*local_ip*/,
                            int remote_port, int /*local_port*/) {
  auto* self = static_cast<HttpTransfer*>(self_pointer);
  self->touch();
  const auto address = IpAddress::parse(remote_ip);
  if (!address) return CURL_PREREQFUNC_ABORT;
  const bool refused = self->address_refused(*address, static_cast<uint16_t>(remote_port));
  return refused ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

// libcurl resolves nothing itself: names are pinned before it sees them. It asks here for literal
// addresses too, which cost no look-up.
int HttpTransfer::on_resolver_start(void* /*resolver*/, void* /*reserved*/, void* self_pointer) {
  return static_cast<const HttpTransfer*>(self_pointer)->pins_ == nullptr ? 0 : 1;
}

// --- deadlines
// --------------------------------------------------------------------------------------

void HttpTransfer::hold() {
  if (std::exchange(is_held_, true)) return;
  held_at_ms_ = now_ms();
  context_.some_wait = true;
}

// Bodies without a coding have paused in the callback, of whose data libcurl keeps what is left;
// that of a coding could be anything, so those end their turn first.
bool HttpTransfer::share_memory() {
  if (must_wait()) {
    if (decoded_ == 0 || !head_.has_content_coding()) return false;
    curl_easy_pause(easy_, CURLPAUSE_RECV);
    hold();
    return false;
  }
  if (!std::exchange(is_held_, false)) return false;
  const int64_t spared_ms =
      std::min(now_ms() - held_at_ms_, context_.settings.timeout_ms - spared_ms_);
  spared_ms_ += spared_ms;
  begun_ms_ += spared_ms;
  active_ms_ = now_ms();
  curl_easy_pause(easy_, CURLPAUSE_CONT);
  return true;
}

int64_t HttpTransfer::next_deadline_ms() {
  // Bytes that have not made up a line, or a decoder's block, show only in libcurl's count.
  const uint64_t wire = wire_bytes();
  if (wire != wire_seen_) active_ms_ = now_ms();
  wire_seen_ = wire;
  const int64_t total_ms = begun_ms_ + context_.settings.timeout_ms + excused_ms();
  if (is_held_) return total_ms + context_.settings.timeout_ms - spared_ms_;
  // Looking up the name is no stall; the resolver has limits of its own.
  if (!prepared_) return total_ms;
  return std::min(total_ms, active_ms_ + context_.settings.stall_timeout_ms + excused_ms());
}

Verdict HttpTransfer::overdue() {
  const int64_t now = now_ms();
  if (next_deadline_ms() > now + excused_ms()) return {};
  if (in_handshake()) return {Outcome::kTlsFailed, std::string(kSlowHandshake)};
  const FetchSettings& settings = context_.settings;
  if (begun_ms_ + settings.timeout_ms <= now) {
    return {Outcome::kTimeout, "not finished after " + format_duration_ms(settings.timeout_ms)};
  }
  return {Outcome::kTimeout, "no byte for " + format_duration_ms(settings.stall_timeout_ms)};
}

}  // namespace crawl
