// SPDX-License-Identifier: MIT
#include "fetcher/multi.h"

#include <sys/epoll.h>

namespace crawl {

namespace {

uint32_t epoll_events(int what) {
  uint32_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
  return events;
}

int curl_events(uint32_t events) {
  int bits = 0;
  if ((events & EPOLLIN) != 0) bits |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) bits |= CURL_CSELECT_OUT;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) bits |= CURL_CSELECT_ERR;
  return bits;
}

}  // namespace

Result<std::unique_ptr<CurlMulti>> CurlMulti::create(EventLoop& loop, long connections_max) {
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return Error{Errc::kIo, 0, "curl_multi_init"};
  std::unique_ptr<CurlMulti> self(new CurlMulti(loop, multi));
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, self.get());
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changed);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, self.get());
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections_max);
  return self;
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);  // closes idle connections, which may still call back
  if (timer_ != 0) loop_.cancel(timer_);
  for (const auto& [fd, what] : watched_) loop_.unwatch(fd);
}

Result<void> CurlMulti::add(CURL* easy) {
  const CURLMcode code = curl_multi_add_handle(multi_, easy);
  if (code != CURLM_OK) return Error{Errc::kIo, 0, curl_multi_strerror(code)};
  return {};
}

void CurlMulti::remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

int CurlMulti::socket_changed(CURL* /*easy*/, curl_socket_t fd, int what, void* self,
                              void* /*per_socket*/) {
  static_cast<CurlMulti*>(self)->watch(fd, what);
  return 0;
}

void CurlMulti::watch(curl_socket_t fd, int what) {
  const auto known = watched_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    loop_.unwatch(fd);
    if (known != watched_.end()) watched_.erase(known);
    return;
  }
  if (known != watched_.end() && known->second == what) return;
  // A descriptor that was closed behind our back and opened again looks known but is in no epoll
  // set.
  if (known != watched_.end() && loop_.modify(fd, epoll_events(what)).has_value()) {
    known->second = what;
    return;
  }
  loop_.unwatch(fd);
  watched_.erase(fd);
  auto added = loop_.watch(fd, epoll_events(what),
                           [this, fd](uint32_t events) { act(fd, curl_events(events)); });
  // On failure the transfer stalls and its own deadline ends it.
  if (added) watched_.emplace(fd, what);
}

int CurlMulti::timer_changed(CURLM* /*multi*/, long timeout_ms, void* self_pointer) {
  auto* self = static_cast<CurlMulti*>(self_pointer);
  if (self->timer_ != 0) self->loop_.cancel(self->timer_);
  self->timer_ = 0;
  if (timeout_ms < 0) return 0;
  // Also for 0: libcurl must not be entered again from its own callback.
  self->timer_ = self->loop_.run_after(timeout_ms, [self] {
    self->timer_ = 0;
    self->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlMulti::act(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  deliver();
  if (on_turn_) on_turn_();
}

void CurlMulti::deliver() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);  // `message` is gone from here on
    if (on_done_) on_done_(easy, code);
  }
}

}  // namespace crawl
