// SPDX-License-Identifier: MIT
// Lies in what results say, by name.
#include <limits>
#include <string>
#include <vector>

#include "tests/support/lying_encoder.h"
#include "tests/support/lying_fetcher.h"

namespace crawl::test {

namespace {

constexpr uint64_t kFar = std::numeric_limits<uint64_t>::max();

template <typename Change>
void changed_page(LyingFetcher& f, const FetchJob& job, const Change& change) {
  PageResult page = f.page(job);
  change(page);
  f.publish(page);
}

void with_links(LyingFetcher& f, const FetchJob& job, const std::vector<std::string>& hrefs) {
  changed_page(f, job, [&](PageResult& page) {
    for (const std::string& href : hrefs) page.links.push_back({href, LinkKind::kAnchor, {}, {}});
  });
}

void redirect(LyingFetcher& f, const FetchJob& job, std::string_view location) {
  changed_page(f, job, [&](PageResult& page) {
    page.transfer.outcome = Outcome::kRedirect;
    page.transfer.status = 301;
    page.transfer.location = location;
    page.links.clear();
  });
}

}  // namespace

const LieTable& result_lies() {
  static const LieTable table = {
      {"empty", [](auto& f, auto&) { f.publish(std::string_view()); }},
      {"job_back", [](auto& f, auto& job) { f.publish(job); }},
      {"wake_in_ring", [](auto& f, auto&) { f.publish(Wake{}); }},
      {"lease_none",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { p.transfer.lease = 0; }); }},
      {"lease_far",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { p.transfer.lease = kFar; }); }},
      {"lease_other",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { p.transfer.lease -= 1; }); }},
      {"generation",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { ++p.transfer.generation; }); }},
      {"swapped", [](auto& f, auto& job) { f.publish(f.robots(job)); }},
      {"robots_swapped", [](auto& f, auto& job) { f.publish(f.page(job)); }},
      {"robots_rules",
       [](auto& f, auto& job) {
         RobotsResult r = f.robots(job);
         r.transfer.outcome = Outcome::kOk;
         r.transfer.status = 200;
         r.rules = "Disallow: /\nno rule at all";
         f.publish(r);
       }},
      {"robots_away",
       [](auto& f, auto& job) {
         const std::string spaces = "http://elsewhere.invalid/" + std::string(8000, ' ') + 'x';
         RobotsResult r = f.robots(job);
         r.transfer.outcome = Outcome::kRedirect;
         r.transfer.status = 301;
         r.transfer.location = spaces;
         f.publish(r);
       }},
      {"robots_mutated",
       [](auto& f, auto& job) { f.publish(std::string_view(mutated(f.robots(job), f.random()))); }},
      {"twice",
       [](auto& f, auto& job) {
         f.answer(job);
         f.answer(job);
       }},
      {"mutated",
       [](auto& f, auto& job) { f.publish(std::string_view(mutated(f.page(job), f.random()))); }},
      {"error_as_ok",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { p.transfer.status = 404; }); }},
      {"not_asked_304",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) {
           p.transfer.outcome = Outcome::kNotModified;
           p.transfer.status = 304;
         });
       }},
      {"no_reason",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) {
           p.transfer.outcome = Outcome::kHttpError;
           p.transfer.status = 403;
         });
       }},
      {"answer_of_silence",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) { p.transfer.reach = Reach::kSilent; });
       }},
      {"content_of_silence",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) {
           p.transfer.outcome = Outcome::kTooLarge;
           p.transfer.status = 0;
           p.transfer.reach = Reach::kNameSilent;
         });
       }},
      {"private_address",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) { p.transfer.address = "10.0.0.1:80"; });
       }},
      {"etag_lines",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) { p.etag = "\"x\"\r\nCookie: y"; });
       }},
      {"dates",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) {
           constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
           p.published_at_ms = p.modified_at_ms = kEnd;
           p.unavailable_after_ms = 253'402'300'799'999;  // 9999-12-31
           p.links = {{"http://honest-1.example/", LinkKind::kSitemap, {}, {}, kEnd, 100}};
         });
       }},
      {"pause_of_years",
       [](auto& f, auto& job) {
         changed_page(f, job, [](auto& p) {
           p.transfer.retry_after_ms = std::numeric_limits<int64_t>::max();
         });
       }},
      {"sizes",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { p.body_bytes = kFar; }); }},
      {"text_hash",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { ++p.text_hash; }); }},
      {"content_hash",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { ++p.content_hash; }); }},
      {"body",
       [](auto& f, auto& job) { changed_page(f, job, [](auto& p) { p.body_zstd = "no zstd"; }); }},
      {"metadata",
       [](auto& f, auto& job) {
         const std::string deep(200'000, '[');
         changed_page(f, job, [&](auto& p) { p.metadata = deep; });
       }},
      {"schemes",
       [](auto& f, auto& job) {
         with_links(f, job,
                    {"javascript:alert(1)", "file:///etc/passwd", "data:,x", "mailto:a@b.example"});
       }},
      {"not_canonical",
       [](auto& f, auto& job) { with_links(f, job, {"HTTP://Honest-1.Example/%7e"}); }},
      {"too_long",
       [](auto& f, auto& job) {
         with_links(f, job, {"http://honest-1.example/" + std::string(1'000'000, 'a')});
       }},
      {"stand_in",
       [](auto& f, auto& job) {
         with_links(f, job, {"javascript:alert(1)#too-long:0123456789abcdef"});
       }},
      {"many_links",
       [](auto& f, auto& job) {
         std::vector<std::string> hrefs;
         for (int i = 0; i < 1'000'000; ++i)
           hrefs.push_back("http://x.invalid/" + std::to_string(i));
         with_links(f, job, hrefs);
       }},
      {"redirect_file", [](auto& f, auto& job) { redirect(f, job, "file:///etc/passwd"); }},
      {"redirect_private", [](auto& f, auto& job) { redirect(f, job, "http://10.0.0.1/"); }},
      {"redirect_away", [](auto& f, auto& job) { redirect(f, job, "http://elsewhere.invalid/"); }},
      {"redirect_odd", [](auto& f, auto& job) { redirect(f, job, "HTTP://Honest-1.Example"); }},
      {"redirect_self", [](auto& f, auto& job) { redirect(f, job, job.url); }},
      {"giant",
       [](auto& f, auto& job) {
         const std::string text(25u << 20, 't');
         changed_page(f, job, [&](auto& p) {
           p.text = p.main_text = text;
           p.text_hash = hash(text);
           p.body_bytes = 10u << 20;
         });
       }},
  };
  return table;
}

}  // namespace crawl::test
