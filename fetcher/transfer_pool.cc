// SPDX-License-Identifier: MIT
#include "fetcher/transfer_pool.h"

#include <algorithm>

#include "web/proxy.h"

namespace crawl {

namespace {

constexpr long kConnectionsMax = 512;  // idle ones kept; above the peak of transfers
constexpr size_t kIdleHandlesMax = 64;

// A SOCKS proxy resolves the names: libcurl must not.
std::string with_remote_names(const std::string& proxy) {
  for (const std::string scheme : {"socks4", "socks5"}) {
    const std::string prefix = scheme + "://";
    if (proxy.compare(0, prefix.size(), prefix) != 0) continue;
    return (scheme == "socks4" ? "socks4a://" : "socks5h://") + proxy.substr(prefix.size());
  }
  return proxy;
}

}  // namespace

TransferPool::TransferPool(EventLoop& loop, Resolver& resolver, CaStore ca, FetchSettings settings)
    : loop_(loop),
      resolver_(resolver),
      ca_(std::move(ca)),
      settings_(std::move(settings)),
      headers_(settings_.headers),
      context_{settings_, headers_, ca_, loop_.clock(), {}} {}

Result<std::unique_ptr<TransferPool>> TransferPool::create(EventLoop& loop, Resolver& resolver,
                                                           CaStore ca, FetchSettings settings) {
  std::unique_ptr<TransferPool> self(
      new TransferPool(loop, resolver, std::move(ca), std::move(settings)));
  auto multi = CurlMulti::create(loop, kConnectionsMax);
  if (!multi) return multi.error();
  self->multi_ = std::move(*multi);
  self->multi_->on_done(
      [pool = self.get()](CURL* easy, CURLcode code) { pool->ended(easy, code); });
  self->multi_->on_turn([pool = self.get()] { pool->share_memory(); });
  return self;
}

TransferPool::~TransferPool() {
  for (auto& [lease, active] : active_) {
    if (active.in_multi) multi_->remove(active.transfer->easy());
    if (active.timer != 0) loop_.cancel(active.timer);
  }
}

Result<std::unique_ptr<HttpTransfer>> TransferPool::take_idle() {
  if (idle_.empty()) return HttpTransfer::create(context_);
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

void TransferPool::recycle(std::unique_ptr<HttpTransfer> transfer) {
  transfer->drop_body();
  transfer->forget_secrets();
  if (idle_.size() < kIdleHandlesMax && transfer->renew()) idle_.push_back(std::move(transfer));
  --delivered_;
  share_memory();
}

// The largest goes on: it is done soonest, and gives back most.
void TransferPool::share_memory() {
  const bool is_full = context_.is_full();
  if (!is_full && !context_.is_holding && !context_.some_wait) return;
  context_.is_holding = is_full;
  context_.some_wait = false;
  context_.going = nullptr;
  for (const auto& [lease, active] : active_) {
    if (!active.in_multi || delivered_ > 0) continue;
    const HttpTransfer* going = context_.going;
    if (going == nullptr || active.transfer->body().size() > going->body().size()) {
      context_.going = active.transfer.get();
    }
  }
  for (auto& [lease, active] : active_) {
    if (active.in_multi && active.transfer->share_memory()) watch_deadline(active);
  }
  context_.some_wait |= is_full;
}

Result<void> TransferPool::start(FetchRequest request) {
  const uint64_t lease = request.lease;
  if (active_.count(lease) != 0) return Error{Errc::kExists, 0, "a lease was handed out twice"};
  auto url = Url::parse(request.url);
  if (!url) return url.error();
  if (!url->is_http()) return Error{Errc::kInvalid, 0, "not an http URL"};
  std::unique_ptr<Url> proxy;
  if (!request.proxy.empty()) {
    request.proxy = with_remote_names(request.proxy);
    auto parsed = parse_proxy(request.proxy);
    if (!parsed) return Error{Errc::kInvalid, 0, "the proxy is not a URL"};
    proxy = std::make_unique<Url>(std::move(*parsed));
  }
  auto transfer = take_idle();
  if (!transfer) return transfer.error();
  Active& active = active_[lease];
  active.transfer = std::move(*transfer);
  active.transfer->begin(std::move(request), std::move(*url), std::move(proxy));
  watch_deadline(active);
  route(lease);
  return {};
}

// Decides which name is to be resolved, and refuses what needs no look-up.
void TransferPool::route(uint64_t lease) {
  const HttpTransfer& transfer = *active_.at(lease).transfer;
  const Url& url = transfer.url();
  const uint16_t port = url.effective_port();
  if (is_bad_port(port)) {
    return give_up_soon(lease, Outcome::kPortRefused,
                        "port " + std::to_string(port) + " is not used for the web");
  }
  if (url.scheme() == "https" && !settings_.insecure && !ca_.usable()) {
    return give_up_soon(lease, Outcome::kTlsFailed, ca_.problem());
  }
  // A proxy resolves and connects out of our sight: what the name itself tells must do.
  const bool any = transfer.request().policy == AddressPolicy::kAny;
  const Url* proxy = transfer.proxy();
  if (proxy != nullptr && !any && is_private_host_name(url.host())) {
    return give_up_soon(lease, Outcome::kPrivateAddress,
                        std::string(url.host()) + " is not a public host");
  }
  const std::string host(proxy != nullptr ? proxy->host() : url.host());
  if (transfer.request().kind == JobKind::kLookUp) return look_up(lease, host);
  if (const auto known = resolver_.lookup(host)) return resolved(lease, *known);
  resolver_.resolve(host, [this, lease](const Resolution& found) {
    if (active_.count(lease) != 0) resolved(lease, found);
  });
}

void TransferPool::look_up(uint64_t lease, const std::string& host) {
  resolver_.resolve_anew(host, [this, lease](const Resolution& found) {
    const auto active = active_.find(lease);
    if (active == active_.end()) return;
    active->second.transfer->note_lookup(found.answer);
    const bool had = found.problem.empty();
    give_up_soon(lease, Outcome::kDnsFailed,
                 had ? "nothing but the name was asked" : found.problem);
  });
}

void TransferPool::resolved(uint64_t lease, const Resolution& resolution) {
  Active& active = active_.at(lease);
  const Url* proxy = active.transfer->proxy();
  const Url& target = proxy != nullptr ? *proxy : active.transfer->url();
  const std::string host(target.host());
  active.transfer->note_lookup(resolution.answer);
  if (resolution.addresses.empty()) {
    return give_up_soon(lease, Outcome::kDnsFailed, host + ": " + resolution.problem);
  }
  const FetchRequest& request = active.transfer->request();
  const auto policy = proxy != nullptr ? AddressPolicy::kAny : request.policy;
  const auto allowed = allowed_addresses(resolution.addresses, policy);
  const uint16_t port =
      proxy != nullptr ? proxy_port(request.proxy, *proxy) : target.effective_port();
  if (allowed.empty()) {
    return give_up_soon(
        lease, Outcome::kPrivateAddress,
        endpoint_text(resolution.addresses.front(), port) + " is not a public address");
  }
  send(active, host, port, allowed);
}

void TransferPool::send(Active& active, const std::string& host, uint16_t port,
                        const std::vector<IpAddress>& addresses) {
  Slist pins;
  if (!IpAddress::parse(host)) {
    active.pin = host + ":" + std::to_string(port);
    ++pins_[active.pin];
    pins = pin_list(active.pin, addresses);
  }
  active.transfer->prepare(std::move(pins));
  watch_deadline(active);
  auto added = multi_->add(active.transfer->easy());
  if (!added) {
    return give_up_soon(active.transfer->request().lease, Outcome::kConnectFailed,
                        added.error().message());
  }
  active.in_multi = true;
}

Slist TransferPool::pin_list(const std::string& pin, const std::vector<IpAddress>& addresses) {
  Slist list;
  for (const std::string& stale : stale_pins_) {
    if (pins_.count(stale) == 0) append_line(list, "-" + stale);
  }
  stale_pins_.clear();
  // The leading '+' keeps a host that begins with '-' from reading as a withdrawal.
  std::string entry = "+" + pin + ":";
  for (const IpAddress& address : addresses) {
    if (entry.back() != ':') entry += ',';
    if (address.family == 6) entry += '[';
    entry += address.text();
    if (address.family == 6) entry += ']';
  }
  append_line(list, entry);
  return list;
}

void TransferPool::release_pin(Active& active) {
  if (active.pin.empty()) return;
  const auto pin = pins_.find(active.pin);
  if (pin != pins_.end() && --pin->second == 0) {
    stale_pins_.push_back(pin->first);
    pins_.erase(pin);
  }
  active.pin.clear();
}

void TransferPool::ended(CURL* easy, CURLcode code) {
  char* pointer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &pointer);
  auto* transfer = static_cast<HttpTransfer*>(static_cast<void*>(pointer));
  const uint64_t lease = transfer->request().lease;
  Active& active = active_.at(lease);
  active.in_multi = false;
  release_pin(active);
  if (transfer->take_retry(code)) return route(lease);
  if (context_.on_activity) context_.on_activity(lease);
  transfer->conclude(code);
  deliver(lease);
}

void TransferPool::give_up_soon(uint64_t lease, Outcome outcome, std::string detail) {
  Active& active = active_.at(lease);
  if (active.timer != 0) loop_.cancel(active.timer);
  active.timer = loop_.run_after(0, [this, lease, outcome, text = std::move(detail)] {
    active_.at(lease).timer = 0;
    give_up(lease, outcome, text);
  });
}

void TransferPool::give_up(uint64_t lease, Outcome outcome, std::string_view detail) {
  Active& active = active_.at(lease);
  if (active.in_multi) multi_->remove(active.transfer->easy());
  active.in_multi = false;
  release_pin(active);
  active.transfer->fail(outcome, detail);
  deliver(lease);
}

void TransferPool::watch_deadline(Active& active) {
  const uint64_t lease = active.transfer->request().lease;
  if (active.timer != 0) loop_.cancel(active.timer);
  active.timer = loop_.run_at(active.transfer->next_deadline_ms(), [this, lease] {
    active_.at(lease).timer = 0;
    check_deadline(lease);
  });
}

void TransferPool::check_deadline(uint64_t lease) {
  Active& active = active_.at(lease);
  const Verdict passed = active.transfer->overdue();
  if (passed.outcome == Outcome::kNone) return watch_deadline(active);
  give_up(lease, passed.outcome, passed.detail);
}

void TransferPool::deliver(uint64_t lease) {
  auto node = active_.extract(lease);
  if (node.mapped().timer != 0) loop_.cancel(node.mapped().timer);
  ++delivered_;
  if (on_done_) on_done_(std::move(node.mapped().transfer));
}

}  // namespace crawl
