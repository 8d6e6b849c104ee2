// SPDX-License-Identifier: MIT
#include "crawler/network_watch.h"

#include "tests/support/catch.h"

using namespace crawl;

namespace {

NetworkWatch::Report report(int64_t host, Reach reach, int64_t began_ms, int64_t ended_ms) {
  NetworkWatch::Report report{host, reach};
  report.began_ms = report.silent_since_ms = began_ms;
  report.ended_ms = ended_ms;
  return report;
}

// Three hosts in a row, over kSilenceMinMs.
NetworkWatch in_outage() {
  NetworkWatch watch;
  for (int64_t host = 1; host <= 3; ++host) {
    watch.hear(report(host, Reach::kSilent, 100, 1000 * host));
  }
  REQUIRE(watch.silent_hosts(NetworkWatch::kHostsMin, 4000));
  watch.begin_outage(4000);
  return watch;
}

}  // namespace

TEST_CASE("network watch: a silence is doubtful until somebody shows a sign of life", "[network]") {
  NetworkWatch watch;
  CHECK(watch.hear(report(1, Reach::kSilent, 100, 200)));
  CHECK_FALSE(watch.hear(report(2, Reach::kAnswered, 150, 300)));
  CHECK_FALSE(watch.hear(report(1, Reach::kSilent, 250, 400)));  // began before the answer at 300
  CHECK(watch.hear(report(1, Reach::kSilent, 350, 400)));
}

TEST_CASE("network watch: a silence is the host's own when somebody was heard of since its first",
          "[network]") {
  NetworkWatch watch;
  NetworkWatch::Report silence = report(1, Reach::kSilent, 100, 200);
  CHECK(watch.hear(silence));
  silence.silent_since_ms = 200;
  CHECK_FALSE(watch.hear(report(2, Reach::kAnswered, 300, 400)));
  silence.began_ms = 500;
  silence.ended_ms = 600;
  CHECK_FALSE(watch.hear(silence));
  // It may still be the network by now, but that takes another's word.
  CHECK(watch.suspects(1));
  CHECK_FALSE(watch.silent_hosts(1, 9000));
  watch.hear(report(2, Reach::kSilent, 700, 800));
  CHECK(watch.silent_hosts(1, 9000));
}

TEST_CASE("network watch: what was under way when somebody was heard of last says little",
          "[network]") {
  NetworkWatch watch;
  watch.hear(report(9, Reach::kAnswered, 50, 150));
  NetworkWatch::Report silence = report(1, Reach::kSilent, 100, 5000);
  CHECK_FALSE(watch.hear(silence));
  silence = report(1, Reach::kSilent, 6000, 9000);
  silence.silent_since_ms = 5000;
  CHECK(watch.hear(silence));
}

TEST_CASE("network watch: in an outage every silence is doubtful", "[network]") {
  NetworkWatch watch;
  watch.hear(report(9, Reach::kAnswered, 50, 60));
  for (int64_t host = 1; host <= 3; ++host) {
    watch.hear(report(host, Reach::kSilent, 100, 1000 * host));
  }
  watch.begin_outage(4000);
  NetworkWatch::Report silence = report(4, Reach::kSilent, 5000, 6000);
  silence.silent_since_ms = 40;
  CHECK(watch.hear(silence));
}

TEST_CASE("network watch: each kind of silence is quiet when nobody of its kind was heard of",
          "[network]") {
  NetworkWatch watch;
  CHECK(watch.quiet(Reach::kSilent, 10'000));
  watch.hear(report(1, Reach::kAnswered, 10'000, 11'000));
  CHECK_FALSE(watch.quiet(Reach::kSilent, 13'999));
  CHECK(watch.quiet(Reach::kSilent, 14'000));
  CHECK(watch.quiet(Reach::kNameSilent, 11'000));
}

TEST_CASE("network watch: what says nothing of the network is neither", "[network]") {
  NetworkWatch watch;
  CHECK(watch.hear(report(1, Reach::kSilent, 100, 200)));
  CHECK_FALSE(watch.hear(report(2, Reach::kUnclear, 300, 400)));
  CHECK(watch.suspects(1));
  CHECK_FALSE(watch.suspects(2));
}

TEST_CASE("network watch: a connection is a sign of life as of its request's beginning",
          "[network]") {
  NetworkWatch watch;
  watch.hear(report(1, Reach::kSilent, 100, 200));
  watch.hear(report(2, Reach::kConnected, 150, 9000));  // made before the silence
  CHECK(watch.suspects(1));
  watch.hear(report(2, Reach::kConnected, 250, 9000));
  CHECK_FALSE(watch.suspects(1));
}

TEST_CASE("network watch: pages that answer do not vouch for the name servers", "[network]") {
  NetworkWatch watch;
  watch.hear(report(1, Reach::kAnswered, 100, 500));
  CHECK(watch.hear(report(2, Reach::kNameSilent, 200, 600)));
  NetworkWatch::Report resolved = report(3, Reach::kAnswered, 700, 800);
  resolved.name_answered = true;
  CHECK_FALSE(watch.hear(resolved));
  CHECK_FALSE(watch.hear(report(2, Reach::kNameSilent, 650, 900)));
  CHECK(watch.hear(report(2, Reach::kNameSilent, 750, 900)));
}

TEST_CASE("network watch: three hosts in a row, for three seconds, are enough", "[network]") {
  NetworkWatch watch;
  watch.hear(report(1, Reach::kSilent, 100, 1000));
  watch.hear(report(1, Reach::kSilent, 100, 2000));
  watch.hear(report(2, Reach::kNameSilent, 100, 3000));
  CHECK_FALSE(watch.silent_hosts(NetworkWatch::kHostsMin, 9000));
  CHECK(watch.silent_hosts(1, 9000));  // no other could be expected to answer
  watch.hear(report(3, Reach::kSilent, 100, 3500));
  CHECK_FALSE(watch.silent_hosts(NetworkWatch::kHostsMin, 3999));
  CHECK(watch.silent_hosts(NetworkWatch::kHostsMin, 4000));
  watch.hear(report(4, Reach::kAnswered, 100, 4100));
  CHECK_FALSE(watch.silent_hosts(1, 9000));
}

TEST_CASE("network watch: nothing is enough where nobody was silent", "[network]") {
  CHECK_FALSE(NetworkWatch().silent_hosts(1, 9000));
}

TEST_CASE("network watch: an outage is probed less and less often", "[network]") {
  NetworkWatch watch = in_outage();
  CHECK(watch.silent_since_ms() == 1000);
  int64_t now = 4000;
  for (const int64_t wait : {1000, 2000, 4000, 8000, 16'000, 30'000, 30'000}) {
    CHECK(watch.probe_at_ms() == now + wait);
    now = watch.probe_at_ms() + 10;
    CHECK(watch.hear(report(1, Reach::kSilent, now - 10, now)));
    CHECK(watch.outage());
  }
}

TEST_CASE("network watch: what was under way when an outage began does not make probes rarer",
          "[network]") {
  NetworkWatch watch = in_outage();
  for (int64_t host = 4; host <= 260; ++host) {
    watch.hear(report(host, Reach::kSilent, 3900, 4100));
  }
  CHECK(watch.probe_at_ms() == 5100);
}

TEST_CASE("network watch: an outage ends with a sign of life that is younger", "[network]") {
  const Reach sign = GENERATE(Reach::kAnswered, Reach::kConnected);
  NetworkWatch watch = in_outage();
  // Under way since before the outage: it connected then, and has nothing come since.
  watch.hear(report(7, Reach::kConnected, 3900, 30'000));
  CHECK(watch.outage());
  watch.hear(report(7, sign, 31'000, 31'500));
  CHECK_FALSE(watch.outage());
  CHECK_FALSE(watch.silent_hosts(1, 60'000));
}

TEST_CASE("network watch: a name server that answers ends no silence of hosts", "[network]") {
  NetworkWatch watch = in_outage();
  NetworkWatch::Report resolved = report(1, Reach::kSilent, 5000, 15'000);
  resolved.name_answered = true;
  CHECK(watch.hear(resolved));
  CHECK(watch.outage());
  CHECK(watch.silent_since_ms() == 1000);
  CHECK(watch.suspects(2));
  CHECK(watch.probe_at_ms() > 15'000);
}

TEST_CASE("network watch: a name server that answers ends an outage of names", "[network]") {
  NetworkWatch watch;
  for (int64_t host = 1; host <= 3; ++host) {
    watch.hear(report(host, Reach::kNameSilent, 100, 1000 * host));
  }
  watch.begin_outage(4000);
  NetworkWatch::Report resolved = report(4, Reach::kSilent, 5000, 15'000);
  resolved.name_answered = true;
  CHECK(watch.hear(resolved));
  CHECK_FALSE(watch.outage());
  CHECK_FALSE(watch.suspects(1));
  CHECK(watch.suspects(4));
}
