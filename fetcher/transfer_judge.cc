// SPDX-License-Identifier: MIT

// The second half of HttpTransfer: what became of a request that has ended.

#include <algorithm>

#include "fetcher/redirect.h"
#include "fetcher/text_bounds.h"
#include "fetcher/transfer.h"
#include "web/http_date.h"

namespace crawl {

void HttpTransfer::set(Outcome outcome, std::string_view detail) {
  report_.outcome = outcome;
  report_.detail = bounded_line(detail, kShortBytesMax);
}

void HttpTransfer::note_lookup(LookupAnswer answer) {
  report_.name_answered = answer == LookupAnswer::kAnswered;
  report_.reach = answer == LookupAnswer::kSilent ? Reach::kNameSilent : Reach::kUnclear;
}

void HttpTransfer::close_report() {
  report_.status = head_.complete() ? head_.status() : 0;
  report_.wire_bytes = wire_bytes();
  report_.address = connected_;
  report_.elapsed_ms = std::max<int64_t>(0, now_ms() - begun_ms_);
}

void HttpTransfer::fail(Outcome outcome, std::string_view detail) {
  close_report();
  if (outcome == Outcome::kTimeout || in_handshake()) {
    report_.reach = prepared_ ? reach_of(ending(CURLE_OPERATION_TIMEDOUT)) : Reach::kNameSilent;
  }
  drop_body();
  set(outcome, detail);
}

void HttpTransfer::conclude(CURLcode code) {
  close_report();
  report_.reach = refused_.empty() ? reach_of(ending(code)) : Reach::kUnclear;
  if (head_.complete()) {
    // A date is meant by the server's clock, which it names (RFC 9110 §6.6.1); ours may be wrong.
    const int64_t now_ms = parse_http_date(head_.value("date")).value_or(context_.clock.wall_ms());
    const auto wait_ms = parse_retry_after_ms(head_.value("retry-after"), now_ms);
    report_.retry_after_ms = wait_ms.value_or(-1);
  }
  judge(code);
  if (report_.outcome != Outcome::kOk && report_.outcome != Outcome::kTooLarge) drop_body();
}

Ending HttpTransfer::ending(CURLcode code) const {
  Ending ending;
  ending.code = code;
  ending.error_text = error_;
  ending.address = connected_;
  ending.head_complete = head_.complete();
  ending.body_begun = decoded_ > 0 || is_held_;  // what is held has come to libcurl
  long os_errno = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_errno);
  ending.os_errno = static_cast<int>(os_errno);
  long connections = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connections);
  curl_off_t connected_us = 0;
  curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connected_us);
  ending.in_handshake = in_handshake();
  ending.connected = ending.in_handshake || (connections > 0 && connected_us > 0);
  return ending;
}

bool HttpTransfer::in_handshake() const {
  if (!prepared_ || url_->scheme() != "https") return false;
  // Until TLS stands, libcurl 7.88 does not tell when TCP did.
  long local_port = 0;
  curl_off_t secured_us = 0;
  curl_easy_getinfo(easy_, CURLINFO_LOCAL_PORT, &local_port);
  curl_easy_getinfo(easy_, CURLINFO_APPCONNECT_TIME_T, &secured_us);
  return local_port > 0 && secured_us == 0;
}

void HttpTransfer::judge(CURLcode code) {
  if (!refused_.empty() && !head_.complete()) {
    return set(Outcome::kPrivateAddress, refused_ + " is not a public address");
  }
  // Small bombs reach the largest size before the ratio that is allowed within one read.
  if (stop_ == Stop::kTooLarge && is_bomb(0)) stop_ = Stop::kBomb;
  if (stop_ != Stop::kNone) return judge_stop();
  if (code != CURLE_OK) {
    const Verdict verdict = judge_curl_error(ending(code));
    return set(verdict.outcome, verdict.detail);
  }
  if (!head_.complete()) {
    return set(Outcome::kIncomplete, "the connection closed inside the header");
  }
  if (is_bomb(0)) stop_ = Stop::kBomb;
  if (stop_ == Stop::kBomb) return judge_stop();
  judge_response();
}

void HttpTransfer::judge_stop() {
  switch (stop_) {
    case Stop::kNone:
    case Stop::kEnough:
      return judge_response();
    case Stop::kTooLarge:
      return set(Outcome::kTooLarge,
                 "longer than " + std::to_string(body_max_) + " bytes; the beginning is kept");
    case Stop::kHeaders:
      return set(Outcome::kHeadersTooLarge, "more header fields than are read");
    case Stop::kBomb:
      return set(Outcome::kDecodeBomb, "the body grows too much when its content coding is undone");
    case Stop::kCodings:
      return set(Outcome::kDecodeBomb, "more content codings, one in another, than are undone");
    case Stop::kUnasked:
      return set(Outcome::kProtocolError, "a coding that was not asked for");
    case Stop::kLater:
      return set(Outcome::kTimeout, "put off: other large pages take all the memory at the moment");
    case Stop::kLengths:
      return set(Outcome::kProtocolError,
                 "the header states the body's length in two ways, or as no number");
  }
}

void HttpTransfer::judge_response() {
  const int status = report_.status;
  const std::string status_text = "HTTP status " + std::to_string(status);
  if (status == 0) return set(Outcome::kProtocolError, "no HTTP status in the status line");
  const bool conditional = !request_.etag.empty() || !request_.last_modified.empty();
  if (status < 200) return set(Outcome::kProtocolError, status_text + " ends no request of ours");
  if (status == 304 && conditional) return set(Outcome::kNotModified, "");
  if (status >= 300 && status < 400 && status != 304) return judge_redirect();
  if (status == 410) return set(Outcome::kGone, status_text);
  if (status >= 300) return set(Outcome::kHttpError, status_text);
  if (request_.kind == JobKind::kRobots) return set(Outcome::kOk, "");
  // A body that ended before there was enough to look at.
  if (use_ == BodyUse::kSniff) use_by(body_);
  if (use_ == BodyUse::kDrain) {
    return set(Outcome::kUnsupportedType, content_type_ + " is not read as a page");
  }
  set(Outcome::kOk, "");
}

void HttpTransfer::judge_redirect() {
  Redirect redirect = judge_location(report_.status, head_.value("location"), *url_);
  report_.location = std::move(redirect.location);
  set(redirect.outcome, redirect.detail);
}

}  // namespace crawl
