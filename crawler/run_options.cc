// SPDX-License-Identifier: MIT
#include "crawler/run_options.h"

#include "base/limits.h"
#include "crawler/canonical_option.h"
#include "crawler/run_option_readers.h"

namespace crawl {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kCountMax = 1'000'000'000'000;
constexpr int64_t kDepthMax = 1'000'000;
constexpr int kRetriesMax = 100;
constexpr int64_t kTebibyte = int64_t{1} << 40;

void declare_what(OptionSet& set, RunOptions& o) {
  set.heading("What to crawl");
  set.value("--scope", "host|domain|prefix|any", "how far from its seed a page may be [host]",
            read_scope(o.scope));
  set.value("--include", "REGEX", "crawl only URLs that match one of these (RE2)",
            read_pattern(o.include));
  set.value("--exclude", "REGEX", "do not crawl URLs that match (RE2)", read_pattern(o.exclude));
  set.value("--depth", "N", "at most N links away from a seed [20]",
            read_number(o.depth, 0, kDepthMax));
  set.value("--max-pages", "N", "stop after N pages [0: no limit]",
            read_number(o.max_pages, 0, kCountMax));
  set.value("--max-time", "TIME", "stop after so long [0: no limit]",
            read_duration(o.max_time_ms, 0, 3650 * kDay));
  set.value("--max-bytes", "SIZE", "stop after so much content [0: no limit]",
            read_size(o.max_bytes, 0, 1024 * kTebibyte));
  set.value("--revisit", "TIME",
            "when a page is due again for the first time; then its changes decide. 0: always [20h]",
            read_duration(o.revisit_ms, 0, 3650 * kDay));
  set.flag("--follow-nofollow", "follow links that are marked nofollow", o.follow_nofollow);
  set.flag("--no-sitemaps", "do not look for sitemaps", o.sitemaps, false);
  set.flag("--assets", "fetch images, style sheets, scripts and media too", o.assets);
  set.value("--canonicalize", "LIST", "fold URLs: sort, session, tracking, index, or all [none]",
            read_canonical(o.canonicalize));
  set.list_of(canonical_choices());
  set.flag("--no-traps", "follow URLs that look endless, too", o.traps.enabled, false);
  set.value("--max-domain-hosts", "N", "hosts of one registrable domain [100000]",
            read_number(o.traps.domain_hosts_max, 1, kCountMax));
  set.value("--max-host-urls", "N", "URLs of one host [5000000]",
            read_number(o.traps.host_urls_max, 1, kCountMax));
  set.value("--max-prefix-urls", "N", "URLs of one folder of a host [500000]",
            read_number(o.traps.prefix_urls_max, 1, kCountMax));
  set.value("--max-query-urls", "N", "URLs that differ in their query only [100000]",
            read_number(o.traps.query_urls_max, 1, kCountMax));
  set.flag("--strict", "a bad line in a seeds file is an error (exit 65)", o.strict);
}

void declare_politeness(OptionSet& set, RunOptions& o) {
  set.heading("Politeness");
  set.value("--delay", "TIME", "between two requests to a host [1s]",
            read_duration(o.delay_ms, 0, kDay));
  set.value("--delay-factor", "X", "a request is followed by X times the host's latency [2]",
            read_factor(o.delay_factor, 100));
  set.value("--host-concurrency", "N", "requests to one host at a time [1]",
            read_number(o.host_concurrency, 1, 256));
  set.value("--address-concurrency", "N", "requests to one IP address at a time [8]",
            read_number(o.address_concurrency, 1, 10'000));
  set.value("--robots", "obey|ignore", "what robots.txt says [obey]", read_robots_policy(o.robots));
  set.value("-U,--user-agent", "TEXT", "the User-Agent header [crawl/VERSION (+CONTACT)]",
            read_header_text(o.user_agent, kShortBytesMax));
  set.value("--contact", "URL|MAIL", "whom a site's owner can ask; part of the User-Agent",
            read_header_text(o.contact, 512));
}

void declare_transfers(OptionSet& set, RunOptions& o) {
  set.heading("Transfers");
  set.value("-c,--concurrency", "N", "transfers at a time, all hosts together [64]",
            read_number(o.concurrency, 1, 10'000));
  set.value("--timeout", "TIME", "for one transfer [30s]", read_duration(o.timeout_ms, 10, kHour));
  set.value("--retries", "N", "after a failure that may pass [2]",
            read_number(o.retries, 0, kRetriesMax));
  set.value("--host-patience", "TIME",
            "then a host that does not answer is left to the next run [10m]",
            read_duration(o.host_patience_ms, 0, 30 * kDay));
  set.value("--outage-patience", "TIME",
            "while nobody at all answers; then the run ends, and the next goes on [1h]",
            read_duration(o.outage_patience_ms, 0, 30 * kDay));
  set.value("--retry-wait", "TIME", "before the first retry; doubled each time [10s]",
            read_duration(o.retry_wait_ms, 0, kDay));
  set.value("--max-redirects", "N", "in one chain [10]", read_number(o.max_redirects, 0, 100));
  set.value("--max-size", "SIZE", "of one page, decompressed [10MiB]",
            read_size(o.max_size, 1, static_cast<int64_t>(kBodyBytesCeiling)));
  set.value("-H,--header", "LINE", "'Name: value', added to each request", read_header(o.headers));
  set.value("--proxy", "URL", "send everything through this proxy", read_proxy(o.proxy));
  set.value("--ca-file", "FILE", "trust these certificate authorities (PEM)",
            read_readable_file(o.ca_file));
  set.flag("--insecure", "do not verify TLS certificates", o.insecure);
  set.flag("--http2", "use HTTP/2 where a server offers it", o.http2);
  set.flag("--allow-private", "allow private, loopback and link-local addresses", o.allow_private);
}

// Of wget a number alone is seconds.
ValueReader read_seconds(int64_t& target, int64_t ms_min, int64_t ms_max) {
  const auto read = [read = read_duration(target, ms_min, ms_max)](const std::string& value) {
    const bool bare = !value.empty() && value.find_first_not_of("0123456789.") == std::string::npos;
    return read(bare ? value + "s" : value);
  };
  return {&target, read, nullptr};
}

ValueReader read_level(int64_t& target) {
  const auto read = [&target](const std::string& value) {
    if (value != "inf" && value != "0") return read_number(target, 1, kDepthMax)(value);
    target = kDepthMax;
    return std::string();
  };
  return {&target, read, nullptr};
}

ValueReader read_tries(int& retries) {
  const auto read = [&retries](const std::string& value) {
    int tries = 0;
    std::string problem = read_number(tries, 1, kRetriesMax + 1)(value);
    if (problem.empty()) retries = tries - 1;
    return problem;
  };
  return {&retries, read, nullptr};
}

void declare_as_wget(OptionSet& set, RunOptions& o) {
  set.heading("As wget spells them");
  set.value("-w,--wait", "SECONDS", "--delay", read_seconds(o.delay_ms, 0, kDay));
  set.value("-l,--level", "N", "--depth; 0 or inf: no limit", read_level(o.depth));
  set.value("-t,--tries", "N", "--retries N-1", read_tries(o.retries));
  set.value("-T", "SECONDS", "--timeout", read_seconds(o.timeout_ms, 10, kHour));
  const auto read_input = [&o](const std::string& value) -> std::string {
    if (value.empty()) return not_a(value, "a path");
    o.input_files.push_back(value);
    return "";
  };
  set.value("-i,--input-file", "FILE", "a seeds file",
            {&o.input_files, read_input, [&o] { return toml_list(o.input_files); }, true});
}

void declare_process(OptionSet& set, RunOptions& o, std::string& config_file) {
  set.heading("Storage and processes");
  set.value("-d,--db", "FILE", "the database [crawl.db]", read_path(o.database));
  set.flag("--no-body", "do not keep the bodies of pages", o.keep_body, false);
  set.value("--warc", "DIR", "archive what is fetched there, as WARC files with CDXJ indexes",
            read_path(o.warc));
  set.value("--types", "LIST", "keep bodies of these media types too: 'image/*,application/pdf'",
            read_types(o.types));
  set.value("--keep-versions", "N", "bodies kept of each page, the current one included [1]",
            read_number(o.keep_versions, 1, 1'000'000));
  set.value("--lock-wait", "TIME", "wait so long for another run to end [0]",
            read_duration(o.lock_wait_ms, 0, 30 * kDay));
  set.value("-f,--fetchers", "N", "fetcher processes [one per CPU]",
            read_number(o.fetchers, 1, 1024));
  set.value("--fetcher", "PATH", "the crawl-fetcher to start [beside crawl]", read_path(o.fetcher));
  set.value("--sandbox", "on|require|off",
            "what the fetchers give up; require: exit 78 unless it is all [on]",
            read_sandbox(o.sandbox));
  set.value("--config", "FILE", "read options from this file (TOML)",
            [read = read_path(config_file)](const std::string& value) { return read(value); });
  set.heading("Output");
  set.flag("-q,--quiet", "print errors only", o.quiet);
  set.counter("-v,--verbose", "print more; twice: still more", o.verbosity);
  set.flag("--no-progress", "no progress line", o.progress, false);
  set.value("--log-format", "text|json", "of the messages on stderr [text]",
            read_log_format(o.log_format));
  set.value("--metrics", "FILE", "numbers for the node exporter's textfile collector",
            read_path(o.metrics_file));
  set.value("--watchdog", "TIME", "", read_duration(o.watchdog_ms, 100, kDay), Shown::kNo);
  set.value("--test-hook", "SPEC", "", read_header_text(o.test_hook, kMetaBytesMax), Shown::kNo);
}

}  // namespace

void declare_run_options(OptionSet& set, RunOptions& options, std::string& config_file) {
  declare_what(set, options);
  declare_politeness(set, options);
  declare_transfers(set, options);
  declare_process(set, options, config_file);
  declare_as_wget(set, options);
}

std::string check_run_options(const RunOptions& options) {
  if (options.host_concurrency > options.concurrency) {
    return "--host-concurrency: " + std::to_string(options.host_concurrency) +
           " is more than --concurrency (" + std::to_string(options.concurrency) + ")";
  }
  if (options.effective_user_agent().find_first_not_of("/ ") != 0) {
    return "--user-agent: the text must begin with a name, as in 'name/1.0 (+contact)'";
  }
  if (!options.warc.empty() && !options.keep_body) {
    return "--warc: an archive needs the bodies that --no-body does not keep";
  }
  return "";
}

}  // namespace crawl
