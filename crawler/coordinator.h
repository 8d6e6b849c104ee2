// SPDX-License-Identifier: MIT
#pragma once

// The coordinator: takes URLs whose turn it is from the frontier, leases them to fetchers, decides
// what becomes of each result, and hands everything to the writer. One thread, one event loop.
//
// A lease lives in this process's memory from the moment a job is handed out until its result has
// been taken or its fetcher has died. The database knows no "in flight": whatever dies, such a URL
// is pending.
//
//   coordinator.cc   life of a run, the loop, the queues
//   restore.cc       what the database knows comes back
//   reconsider.cc    what was decided against may be wanted today
//   showing.cc       what a run shows of itself
//   handing_out.cc   whose turn it is, and which fetcher gets it
//   results.cc       what becomes of a page's result
//   outages.cc       nobody answers any more: a pause for all
//   hosts.cc         a host and its row, its requests, its pauses
//   robots_gate.cc   robots.txt before the first page of an origin
//   sitemaps.cc      sitemaps of a host
//   supervision.cc   births and deaths of fetchers, strikes, quarantine

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/log.h"
#include "crawler/discovery.h"
#include "crawler/fetcher_pool.h"
#include "crawler/frontier.h"
#include "crawler/network_watch.h"
#include "crawler/options.h"
#include "crawler/page_rows.h"
#include "crawler/private_hosts.h"
#include "crawler/metrics_file.h"
#include "crawler/progress.h"
#include "crawler/request_extras.h"
#include "storage/database.h"
#include "storage/database_disk.h"
#include "storage/resume.h"
#include "storage/writer.h"

namespace crawl {

inline constexpr int kStrikesMax = 3;  // fetchers that may die of one URL

class Coordinator final : public FetcherPool::Delegate {
 public:
  struct Environment {
    const RunOptions& options;
    const Clock& clock;
    EventLoop& loop;
    Logger& log;
  };

  // How the run ended.
  struct End {
    ExitCode code = ExitCode::kDone;
    std::string reason;  // runs.end_reason
  };

  explicit Coordinator(const Environment& environment);
  ~Coordinator() override;

  // Starts the fetchers and waits until one is ready. Nothing has been written anywhere by then.
  Result<void> start_fetchers(int executable_fd);
  // Takes the writing connection, records the start of the run, restores what is known, adds the
  // seeds. All that is known may be a lot: `interrupted` is asked now and then whether to give up.
  Result<void> open(Database database, const std::vector<Seed>& seeds, ScopePolicy scope,
                    const std::function<bool()>& interrupted);
  // Crawls until there is nothing left to do or stop() is called, and closes everything.
  End run(Progress& progress, MetricsFile& metrics);

  // Ends the run gently: nothing new is handed out, what is under way is finished (bounded). A
  // second call ends it at once.
  void stop(const std::string& reason, ExitCode code);
  bool stopped() const { return stops_ > 0; }
  int stops() const { return stops_; }
  const End& end() const { return end_; }  // once stopped

 private:
  // Requests that are no errand: whatever comes, it is to be known whether anything comes.
  enum class Control : uint8_t {
    kNo,
    kHost,  // a robots.txt
    kName,  // no request, only a look-up
  };
  struct Lease {
    int64_t host_id = 0;
    size_t fetcher = 0;
    bool robots = false;
    int64_t began_ms = 0;
    int rounds = 0;                        // of tidy() that it has been out
    AddressKey address = kAddressUnknown;  // it counts against
    bool by_proxy = false;
    Errand errand;  // robots: whose it is; host_id is who is asked
    Control control = Control::kNo;
    PendingUrl url;  // robots: only its URL
  };

  // The hosts that answered last, newest first, each at an address of its own: they can tell
  // whether the network is there.
  struct Answerer {
    int64_t host_id = 0;
    std::string name;
    size_t scheme = 0;
    AddressKey address = kAddressUnknown;
    int64_t asked_ms = 0;  // as a control, since it answered
  };

  // FetcherPool::Delegate
  void on_fetcher_ready(size_t index, pid_t pid, const Ready& ready) override;
  bool on_result(size_t index, MessageType type, uint64_t lease,
                 std::shared_ptr<const std::string> bytes) override;
  void on_fetcher_lost(const FetcherPool::Loss& loss) override;
  void on_fetcher_log(size_t index, std::string_view text) override;
  void on_warning(const std::string& text) override;
  void on_unusable(const Error& error) override;

  Result<void> await_first_fetcher();

  // restore.cc
  Result<void> restore(Database& database, const std::vector<Seed>& seeds, const RunStart& start);
  Result<void> restore_known(Database& database, const RunStart& start);
  Result<void> restore_pending(Database& database);
  Result<std::vector<int64_t>> number_seeds(Database& database, const std::vector<Seed>& seeds,
                                            int64_t next_id);
  std::vector<AdoptedSeed> known_among(const std::vector<Seed>& seeds,
                                       const std::vector<int64_t>& ids) const;
  // reconsider.cc
  struct Reconsidered {
    struct Url {
      std::string href;
      UrlRole role = UrlRole::kPage;
      int64_t depth = 0, hops = 0, seed_id = 0, via_id = 0;
    };
    std::vector<Url> urls;
    std::string decided_by;  // "": as in the last run
  };
  Result<Reconsidered> reconsider(Database& database, const std::vector<Seed>& seeds,
                                  bool revisiting) const;
  Result<std::string> decider(Database& database, const std::vector<Seed>& seeds) const;
  bool worth_another_look(const SkippedUrl& url, bool other_decider, bool revisiting) const;
  void offer_again(const Reconsidered& reconsidered);

  void add_seeds(const std::vector<Seed>& seeds, const std::vector<int64_t>& ids);
  Result<void> revisit(Database& database);

  // hosts.cc
  Host& host(int64_t id, const std::string& name);
  void apply_host_row(Host& host, const HostRow& row);
  HostRow host_row(const Host& host) const;
  uint64_t begin_request(Host& host, size_t fetcher);
  struct Ended {
    Host& asked;
    // False: perhaps it was not the host that was silent, and the request is as if it had not been.
    bool counts = true;
  };
  Ended end_request(const Lease& lease, const Transfer& transfer);
  Host& abandon_request(const Lease& lease);
  Host& count_out(const Lease& lease);
  void listen(Host& asked, const Transfer& transfer);
  void write_pause(const Host& host, const Transfer& transfer, bool rose);

  // outages.cc
  bool watch_network(const Lease& lease, Host& asked, const Transfer& transfer);
  bool heed(const NetworkWatch::Report& report, const std::string& name, std::string_view detail);
  void remember_answer(const Host& asked, std::string_view url);
  Result<void> restore_answerers(Database& database);
  bool network_is_gone(int64_t now);
  bool expected_hosts_silent() const;
  std::vector<size_t> answerers_in_turn() const;
  void hand_out_control();
  bool ask_host(Answerer& one);
  bool ask_name(Answerer& one);
  bool lease_control(Control control, Answerer& one);
  void end_control(const Lease& lease, const Transfer& transfer);
  bool expected_host_waits() const;
  void write_outage(const std::string& kind, std::string text);
  void end_long_outage();

  // coordinator.cc
  void queue(const Found& found);
  void changed(Host& host);  // after anything about a host changed: loads its tail, finds its turn
  void pump_tail_loads();
  void on_writer_replies();
  void watch_disk();
  void on_write_failed(const Error& error);
  void revive(Revived::Entry& entry);
  void check_budgets();
  void fail(const std::string& text);
  bool finished() const;
  int wait_ms() const;
  void tidy();
  void arm_tidy();
  void condemn_silent_fetchers();
  End close(Progress& progress, MetricsFile& metrics);
  EventRow event(std::string kind, std::string url, std::string text) const;

  // showing.cc
  void show(Progress& progress, MetricsFile& metrics);
  ProgressSnapshot snapshot() const;
  std::vector<FetcherActivity> activities() const;

  // handing_out.cc
  void hand_out();
  void hand_out_ready();
  bool release_one_waiting();
  void release(int64_t host_id);
  void release_waiting(size_t fetcher);
  bool wait_for_fetcher(Host& host, size_t fetcher);
  bool wait_for_address(Host& host);
  ScopeDecision reason_to_skip(const Host& host, const PendingUrl& url, const Url& parsed) const;
  void submit_job(size_t fetcher, FetchJob job);
  void tell_of_withheld(std::string_view url);
  bool hand_out_from(Host& host);
  bool settle_without_fetch(Host& host, const PendingUrl& url);
  void lease_page(Host& host, size_t fetcher, PendingUrl url);
  std::optional<size_t> choose_fetcher(const Host& host) const;
  bool hand_out_alone(Host& host);
  void unreserve(int64_t host_id);
  bool fetcher_free(size_t index) const;
  size_t fetcher_capacity() const;
  bool any_fetcher_free() const;
  bool may_hand_out() const;

  // results.cc
  bool on_page_result(uint64_t lease_id, std::shared_ptr<const std::string> bytes);
  bool valid(const Transfer& transfer, const Lease& lease);
  bool may_come_from(const Transfer& transfer, const Lease& lease);
  ResultLimits limits_of(const Lease& lease) const;
  static LinkSource source_of(const Lease& lease);
  bool is_stray(const Lease& lease, const PageResult& result) const;
  bool fetch_anew(Host& host, Lease& lease);
  bool retry(Host& host, Lease& lease, const Transfer& transfer);
  bool collect_redirect(const Lease& lease, const PageResult& result, WriteUnit& unit,
                        std::vector<Found>& found);
  void submit(WriteUnit unit, const std::vector<Found>& found);
  void watch_for_traps(const Lease& lease, const PageRow& page);
  Lease take_lease(uint64_t lease_id);

  // robots_gate.cc
  bool robots_known(Host& asking, std::string_view url);
  RobotsGate::Now robots_now(int retries) const;
  void recall_robots(Host& host);
  void count_robots(const Host& host);
  void shelve_robots();
  void ask_for_robots(Host& asking, std::string_view url);
  Host& host_of(const Url& url);
  void lease_robots(Host& asked, size_t fetcher);
  Host& asking_host(const Lease& lease);
  void end_errand(const Lease& lease);
  void give_up_errand(Host& asked);
  bool on_robots_result(uint64_t lease_id, std::string_view bytes);
  void use_crawl_delay(Host& host) const;
  void robots_settled(Host& host, size_t scheme);

  // sitemaps.cc
  void collect_sitemaps(const Host& host, std::string_view scheme,
                        const std::vector<std::string>& sitemaps, WriteUnit& unit,
                        std::vector<Found>& found);

  // supervision.cc
  EventRow exit_event(const FetcherPool::Loss& loss) const;
  uint64_t convict(const FetcherPool::Loss& loss);
  void requeue(const Lease& lease);
  void strike(Lease lease, const FetcherPool::Loss& loss, WriteUnit& unit);
  void strike_robots(const Lease& lease, const FetcherPool::Loss& loss);
  void quarantine(Host& host, const Lease& lease, const FetcherPool::Loss& loss, WriteUnit& unit);

  const RunOptions& options_;
  const Clock& clock_;
  EventLoop& loop_;
  Logger& log_;

  std::string user_agent_, robots_agent_, kept_types_;  // Configure's views point here
  std::optional<FetcherPool> pool_;
  bool starting_ = false;            // start_fetchers() waits for the first one
  std::optional<Error> pool_error_;  // why it waits in vain
  bool closing_ = false;             // how the run ends is settled
  bool sandbox_told_ = false;

  int64_t run_id_ = 0;
  int64_t fetchers_died_ = 0;
  int64_t started_ms_ = 0;
  int64_t previous_run_ms_ = 0;  // wall; when the run before this one began
  std::unique_ptr<Writer> writer_;
  std::optional<DatabaseDisk> disk_;
  std::optional<Database> reader_;  // host rows of hosts that come back to life
  std::optional<Discovery> discovery_;
  RequestBook requests_;
  std::unordered_set<std::string> told_withheld_;  // authorities
  PrivateHosts private_hosts_;
  std::unordered_set<std::string> seed_origins_;
  std::string first_seed_;
  size_t robots_bytes_ = 0;  // of rules in memory; at most
  Frontier frontier_;
  AddressLimits addresses_;
  NetworkWatch network_;
  std::unordered_map<uint64_t, Lease> leases_;
  uint64_t next_lease_ = 1;
  std::vector<std::deque<int64_t>> waiting_for_fetcher_;  // host ids, by fetcher
  std::deque<int64_t> tail_wanted_;                       // host ids whose tail is to be read
  int tail_loads_ = 0;                                    // under way
  int revivals_ = 0;                                      // units whose Revived is to come
  std::vector<int64_t> resumed_hosts_;                    // ids, until the writer runs
  std::vector<int64_t> seed_ids_;                         // the same
  Reconsidered reconsidered_;                             // the same
  std::vector<EventRow> early_events_;                    // until the writer runs

  // Suspects were in flight in a fetcher that died without saying of what. Each is tried again
  // alone: a fetcher is reserved for its host until that has happened. So every death finds its URL
  // in the end.
  std::unordered_set<int64_t> suspects_;  // URL ids
  std::vector<int64_t> reserved_for_;     // host id, by fetcher; 0: nobody
  // URL ids in flight at the latest SIGKILLs that nobody here sent; and how many of those each URL
  // has been blamed for, until it is answered.
  std::deque<std::vector<int64_t>> foreign_kills_;
  std::unordered_map<int64_t, int> foreign_blames_;

  int64_t page_leases_ = 0;
  int64_t pages_ = 0;  // this run
  int64_t errors_ = 0;
  int64_t bytes_ = 0;    // decoded
  int64_t pending_ = 0;  // URLs waiting or in flight
  int64_t answers_ = 0;  // responses with an HTTP status: somebody was reached
  int64_t unreached_ = 0;
  std::vector<Answerer> answerers_;
  size_t control_leases_ = 0;
  Reach doubt_ = Reach::kUnclear;  // the kind of silence that is to be cleared up; or none
  int64_t control_at_ms_ = 0;      // the next control, at the earliest
  int64_t looked_at_ms_ = 0;       // expected_hosts_silent(), which looks at all of them
  bool control_turn_ = true;       // of the next request of an outage
  bool previous_died_ = false;
  bool write_failed_ = false;

  int64_t shown_ms_ = 0;  // when progress was last told
  EventLoop::TimerId tidy_ = 0;
  int stops_ = 0;
  End end_;
  int64_t drain_until_ms_ = 0;
};

}  // namespace crawl
