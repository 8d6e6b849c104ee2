// SPDX-License-Identifier: MIT
#include "fetcher/verdict.h"

#include <cerrno>

#include "tests/support/catch.h"

using namespace crawl;

namespace {

Ending ended(CURLcode code, int os_errno = 0) {
  Ending ending;
  ending.code = code;
  ending.os_errno = os_errno;
  ending.address = "192.0.2.1:443";
  return ending;
}

}  // namespace

TEST_CASE("verdict: what comes back from a host is an answer, a refusal too", "[verdict]") {
  CHECK(reach_of(ended(CURLE_OK)) == Reach::kAnswered);
  CHECK(reach_of(ended(CURLE_COULDNT_CONNECT, ECONNREFUSED)) == Reach::kAnswered);
  CHECK(reach_of(ended(CURLE_RECV_ERROR, ECONNRESET)) == Reach::kAnswered);
  CHECK(reach_of(ended(CURLE_GOT_NOTHING)) == Reach::kAnswered);
  CHECK(reach_of(ended(CURLE_PEER_FAILED_VERIFICATION)) == Reach::kAnswered);
}

TEST_CASE("verdict: no way to a host is silence", "[verdict]") {
  const int why = GENERATE(ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, ENETDOWN, EPERM, EACCES, EINVAL);
  CHECK(reach_of(ended(CURLE_COULDNT_CONNECT, why)) == Reach::kSilent);
  CHECK(reach_of(ended(CURLE_OPERATION_TIMEDOUT)) == Reach::kSilent);
}

TEST_CASE("verdict: after a connection of its own, silence speaks of the host", "[verdict]") {
  Ending stalled = ended(CURLE_OPERATION_TIMEDOUT);
  stalled.connected = true;
  CHECK(reach_of(stalled) == Reach::kConnected);
  // On a kept connection, the header is what tells that anything came.
  Ending half = ended(CURLE_OPERATION_TIMEDOUT);
  half.head_complete = true;
  CHECK(reach_of(half) == Reach::kConnected);
}

TEST_CASE("verdict: trouble of our own says nothing of the network", "[verdict]") {
  const int why = GENERATE(EMFILE, ENFILE, ENOMEM);
  CHECK(reach_of(ended(CURLE_COULDNT_CONNECT, why)) == Reach::kUnclear);
  Ending ipv6 = ended(CURLE_COULDNT_CONNECT, ENETUNREACH);
  ipv6.address = "[2001:db8::1]:443";
  CHECK(reach_of(ipv6) == Reach::kUnclear);
}
