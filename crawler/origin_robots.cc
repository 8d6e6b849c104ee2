// SPDX-License-Identifier: MIT
#include "crawler/origin_robots.h"

#include <algorithm>
#include <utility>

namespace crawl {

namespace {

constexpr int kBackoffShiftMax = 6;

// Failures that say the host itself cannot be had: its pages end the same way.
bool host_is_out_of_reach(const Transfer& transfer) {
  if (transfer.status != 0) return false;
  const Outcome outcome = transfer.outcome;
  return outcome == Outcome::kDnsFailed || outcome == Outcome::kConnectFailed ||
         outcome == Outcome::kTlsFailed || outcome == Outcome::kTimeout ||
         outcome == Outcome::kPrivateAddress || outcome == Outcome::kPortRefused;
}

bool worth_another_try(Outcome outcome) {
  return outcome != Outcome::kPrivateAddress && outcome != Outcome::kPortRefused &&
         outcome != Outcome::kTlsFailed;
}

bool is_unavailable(const Transfer& transfer) {  // §2.3.1.3
  return transfer.status >= 400 && transfer.status < 500 && transfer.status != 429;
}

}  // namespace

void RobotsGate::expire(int64_t now_monotonic_ms) {
  const bool settled = state == RobotsState::kOk || state == RobotsState::kUnavailable;
  if (!settled || now_monotonic_ms < fresh_until_ms) return;
  const int64_t since = failing_since;
  *this = RobotsGate();
  failing_since = since;
}

bool RobotsGate::settle(const Transfer& transfer, std::optional<RobotsRules> rules_read,
                        const Now& now) {
  if (rules_read) {
    rules = std::move(*rules_read);
    rules_bytes = rules.memory_bytes();
    state = RobotsState::kOk;
    failing_since = 0;
  } else if (transfer.outcome == Outcome::kRedirect) {
    if (follow_redirect(transfer)) return false;
    state = RobotsState::kUnavailable;
    detail = "redirected too often, or to no place where it could be";
    failing_since = 0;
  } else if (is_unavailable(transfer)) {
    state = RobotsState::kUnavailable;
    detail = "HTTP status " + std::to_string(transfer.status);
    failing_since = 0;
  } else if (!fail(transfer, now)) {
    return false;
  }
  redirect_url.clear();
  if (state != RobotsState::kUnreachable) {
    fetched_at = now.wall_ms;
    fresh_until_ms = now.monotonic_ms + kRobotsFreshMs;
  }
  return true;
}

bool RobotsGate::follow_redirect(const Transfer& transfer) {
  const Result<Url> target = Url::parse(transfer.location);
  if (!target || !target->is_http() || target->has_credentials() || target->has_fragment() ||
      is_bad_port(target->effective_port()) || hops >= kRobotsHopsMax) {
    return false;
  }
  ++hops;
  redirect_url = target->href();
  return true;
}

// §2.3.1.4: complete disallow, until that has lasted for 30 days. What the URLs end as says why.
bool RobotsGate::fail(const Transfer& transfer, const Now& now) {
  // A wall clock that was set back must not make the 30 days longer.
  if (failing_since == 0 || failing_since > now.wall_ms) failing_since = now.wall_ms;
  if (attempts < now.retries && worth_another_try(transfer.outcome)) {
    retry_at_ms = now.monotonic_ms + (now.retry_wait_ms << std::min(attempts, kBackoffShiftMax));
    ++attempts;
    return false;
  }
  // A status of 200 says nothing where its body broke off.
  const std::string why = transfer.detail.empty() ? "HTTP status " + std::to_string(transfer.status)
                                                  : std::string(transfer.detail);
  // Nor may one that was set forward make them shorter: it takes two runs' word.
  if (std::min(now.wall_ms, now.previous_run_ms) - failing_since >= kRobotsGiveUpMs) {
    state = RobotsState::kUnavailable;
    detail = "unreachable for 30 days, last: " + why;
    return true;
  }
  refuse(why);
  // Another host's silence says nothing of the pages here.
  if (redirect_url.empty() && host_is_out_of_reach(transfer)) outcome = transfer.outcome;
  return true;
}

void RobotsGate::refuse(std::string why) {
  state = RobotsState::kUnreachable;
  outcome = Outcome::kRobotsUnreachable;
  detail = "robots.txt: " + std::move(why);
}

std::optional<int64_t> RobotsGate::crawl_delay_ms() const {
  return state == RobotsState::kOk || shelved ? rules.crawl_delay_ms() : std::nullopt;
}

void RobotsGate::shelve() {
  if (state != RobotsState::kOk) return;
  rules.drop_rules();
  rules_bytes = 0;
  state = RobotsState::kUnknown;
  shelved = true;
}

std::string RobotsGate::summary(int64_t crawl_delay_max_ms) const {
  std::string text(name(state));
  if (state != RobotsState::kOk) return detail.empty() ? text : text + ", " + detail;
  text += ", " + std::to_string(rules.rules().size()) + " rules";
  const std::optional<int64_t> delay = rules.crawl_delay_ms();
  if (!delay) return text;
  text += ", Crawl-delay " + std::to_string(*delay) + " ms";
  if (*delay > crawl_delay_max_ms) {
    text += ", capped at " + std::to_string(crawl_delay_max_ms) + " ms";
  }
  return text;
}

RobotsRow RobotsGate::row() const {
  RobotsRow row;
  row.state = state;
  if (state == RobotsState::kOk) row.rules = rules.serialize();
  row.fetched_at = fetched_at;
  row.failing_since = failing_since;
  row.crawl_delay_ms = crawl_delay_ms();
  return row;
}

void RobotsGate::restore(const RobotsRow& row, const Now& now) {
  failing_since = row.failing_since;
  shelved = false;
  const int64_t age_ms = now.wall_ms - row.fetched_at;
  if (age_ms < 0 || age_ms >= kRobotsFreshMs) return;
  if (row.state == RobotsState::kOk) {
    Result<RobotsRules> read = RobotsRules::deserialize(row.rules);
    if (!read) return;
    rules = std::move(*read);
    rules_bytes = rules.memory_bytes();
  } else if (row.state != RobotsState::kUnavailable) {
    return;
  }
  state = row.state;
  fetched_at = row.fetched_at;
  fresh_until_ms = now.monotonic_ms + kRobotsFreshMs - age_ms;
}

}  // namespace crawl
