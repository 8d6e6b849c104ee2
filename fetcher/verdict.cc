// SPDX-License-Identifier: MIT
#include "fetcher/verdict.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/result.h"

namespace crawl {

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string reason(const Ending& ending) {
  if (!ending.error_text.empty()) return std::string(ending.error_text);
  return curl_easy_strerror(ending.code);
}

Verdict cannot_connect(const Ending& ending) {
  const std::string where = ending.address.empty() ? "" : " to " + std::string(ending.address);
  if (ending.os_errno != 0) {
    return {Outcome::kConnectFailed,
            errno_error(ending.os_errno, "cannot connect" + where).message()};
  }
  return {Outcome::kConnectFailed, "cannot connect" + where + ": " + reason(ending)};
}

Verdict connection_lost(const Ending& ending) {
  // libcurl reports broken chunks, and from some version on too many headers, as a failure to
  // receive.
  if (contains(ending.error_text, "response headers")) {
    return {Outcome::kHeadersTooLarge, reason(ending)};
  }
  if (contains(ending.error_text, "Out of memory in chunked")) {  // what its buffer may hold
    return {Outcome::kHeadersTooLarge, "a line behind the last chunk is too long"};
  }
  if (ending.body_begun) return {Outcome::kIncomplete, reason(ending)};
  if (contains(ending.error_text, "chunk")) return {Outcome::kProtocolError, reason(ending)};
  if (ending.head_complete) return {Outcome::kIncomplete, reason(ending)};
  return {Outcome::kConnectFailed, "the connection was lost before an answer: " + reason(ending)};
}

Verdict too_slow(const Ending& ending) {
  if (ending.in_handshake) return {Outcome::kTlsFailed, std::string(kSlowHandshake)};
  return {Outcome::kTimeout, reason(ending)};
}

Verdict bad_coding(const Ending& ending) {
  const bool chain =
      contains(ending.error_text, "more than") || contains(ending.error_text, "too many");
  return {chain ? Outcome::kDecodeBomb : Outcome::kProtocolError, reason(ending)};
}

// No packet was sent: this machine is short of something, or has no route to any IPv6 address.
bool is_trouble_here(const Ending& ending) {
  if (ending.head_complete) return false;
  switch (ending.os_errno) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return true;
    case ENETUNREACH:
      return !ending.address.empty() && ending.address.front() == '[';
    default:
      return false;
  }
}

// The kernel gave up waiting for the other side, knows no way there, or lets nothing out: EPERM is
// a firewall of this machine, EACCES and EINVAL are routes that prohibit (ip-route(8)).
bool is_silence(int os_errno) {
  constexpr int kSilences[] = {ENETUNREACH,   ENETDOWN, EHOSTUNREACH, EHOSTDOWN, ETIMEDOUT,
                               EADDRNOTAVAIL, EPERM,    EACCES,       EINVAL};
  return std::find(std::begin(kSilences), std::end(kSilences), os_errno) != std::end(kSilences);
}

}  // namespace

Verdict judge_curl_error(const Ending& ending) {
  switch (ending.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Outcome::kDnsFailed, reason(ending)};
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_INTERFACE_FAILED:
      return cannot_connect(ending);
    case CURLE_OPERATION_TIMEDOUT:
      return too_slow(ending);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return {Outcome::kTlsFailed, reason(ending)};
    case CURLE_GOT_NOTHING:
      return {Outcome::kConnectFailed, "the server closed the connection without an answer"};
    case CURLE_PARTIAL_FILE:
      return {Outcome::kIncomplete, reason(ending)};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return connection_lost(ending);
    case CURLE_BAD_CONTENT_ENCODING:
      return bad_coding(ending);
    case CURLE_WRITE_ERROR:  // not by our callbacks, whose word counts first
      return {Outcome::kProtocolError, "the body goes on behind the end of its content coding"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (!contains(ending.error_text, "HTTP/0.9")) break;
      return {Outcome::kProtocolError, "not HTTP: the answer does not begin with a status line"};
    case CURLE_OUT_OF_MEMORY:  // libcurl 7.x says so of one header line past its own 100 KiB
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
      if (!ending.head_complete) return {Outcome::kHeadersTooLarge, "a header line is too long"};
      return {Outcome::kIncomplete, reason(ending)};
    default:
      break;
  }
  if (ending.body_begun) return {Outcome::kIncomplete, reason(ending)};
  return {Outcome::kProtocolError, reason(ending)};
}

Reach reach_of(const Ending& ending) {
  if (ending.code == CURLE_OK) return Reach::kAnswered;
  if (is_trouble_here(ending)) return Reach::kUnclear;
  if (ending.code != CURLE_OPERATION_TIMEDOUT && !is_silence(ending.os_errno)) {
    return Reach::kAnswered;
  }
  return ending.connected || ending.head_complete ? Reach::kConnected : Reach::kSilent;
}

bool is_stale_connection_error(const Ending& ending) {
  if (ending.head_complete) return false;
  switch (ending.code) {
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // "HTTP/0.9": bytes that are no status line
    case CURLE_HTTP2:
      return true;
    default:
      return false;
  }
}

}  // namespace crawl
