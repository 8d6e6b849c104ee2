// SPDX-License-Identifier: MIT
// What does it cost to store one page with 96 links? Usage: bench_storage [PAGES [DIRECTORY]]
// Prints the time of the writer thread per page, commits and checkpoints included, and the
// database's size.

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "storage/resume.h"
#include "storage/writer.h"

namespace {

using namespace crawl;

constexpr int64_t kLinks = 96;
constexpr int64_t kNewUrlsPerPage = 8;  // most links of a site point at what is known
constexpr size_t kTextBytes = 6'000;
constexpr size_t kBodyBytes = 8'000;  // 38 KB of HTML, compressed
constexpr size_t kBacklogBytes = 64u << 20;

std::string random_text(std::mt19937_64& random, size_t size) {
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 26);
  return text;
}

class Pages {
 public:
  Pages() : content_(random_text(random_, kTextBytes + kBodyBytes)) {}

  WriteUnit next() {
    WriteUnit unit;
    ++page_id_;
    while (last_url_ < page_id_ || unit.new_urls.size() < kNewUrlsPerPage) add_url(unit);
    PageRow& page = unit.page.emplace();
    auto content = std::make_shared<std::string>(content_);
    content->replace(0, 10, random_text(random_, 10));  // no two pages are the same
    const std::string_view all = *content;
    page.backing = content;
    page.url_id = page_id_;
    page.status = 200;
    page.fetched_at = 1'700'000'000'000 + page_id_;
    page.content_hash = random_();
    page.text_hash = random_();
    page.simhash = random_();
    page.title = all.substr(0, 60);
    page.description = all.substr(100, 150);
    page.content_type = "text/html";
    page.charset = "UTF-8";
    page.address = "192.0.2.1:443";
    page.headers = all.substr(200, 500);
    page.text = all.substr(0, kTextBytes);
    page.body_zstd = all.substr(kTextBytes);
    for (int64_t i = 0; i < kLinks; ++i) {
      const auto target = static_cast<int64_t>(random_() % static_cast<uint64_t>(last_url_)) + 1;
      page.links.push_back({target, LinkKind::kAnchor, "", all.substr(static_cast<size_t>(i), 20)});
    }
    UrlUpdate& update = unit.url_updates.emplace_back();
    update.id = page_id_;
    update.outcome = Outcome::kOk;
    return unit;
  }

 private:
  void add_url(WriteUnit& unit) {
    NewUrl url;
    url.id = ++last_url_;
    url.host_id = 1 + last_url_ % 100;
    url.seed_id = 1;
    url.depth = 1;
    url.via_id = page_id_;
    url.url =
        "https://docs.example.com/library/section/page-" + std::to_string(last_url_) + ".html";
    unit.new_urls.push_back(std::move(url));
  }

  std::mt19937_64 random_{42};
  const std::string content_;
  int64_t page_id_ = 0;
  int64_t last_url_ = 0;
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int run(int pages, const std::string& path) {
  Result<Database> database = Database::open_writer(path);
  if (!database) return std::fprintf(stderr, "%s\n", database.error().message().c_str()), 1;
  Result<RunStart> start = begin_run(*database, 0, ::getpid(), "{}");
  if (!start) return 1;
  Result<std::unique_ptr<Writer>> writer = Writer::start(std::move(*database), start->run_id, {});
  if (!writer) return 1;

  Pages source;
  double making = 0;
  const auto began = std::chrono::steady_clock::now();
  const double cpu_began = cpu_seconds();
  for (int i = 0; i < pages; ++i) {
    timespec before{};
    timespec after{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    WriteUnit unit = source.next();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    making += static_cast<double>(after.tv_sec - before.tv_sec) +
              static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9;
    (*writer)->submit(std::move(unit));
    while ((*writer)->queued_bytes() > kBacklogBytes) ::usleep(500);
  }
  if (Result<void> done = (*writer)->finish("done", 1); !done) {
    return std::fprintf(stderr, "%s\n", done.error().message().c_str()), 1;
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  const double cpu = cpu_seconds() - cpu_began - making;
  std::printf("%d pages of %lld links: %.1f us CPU, %.1f us elapsed per page; %.1f KiB per page\n",
              pages, static_cast<long long>(kLinks), cpu * 1e6 / pages, wall.count() * 1e6 / pages,
              static_cast<double>(std::filesystem::file_size(path)) / 1024 / pages);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int pages = argc > 1 ? std::atoi(argv[1]) : 20'000;
  std::string directory = (argc > 2 ? std::string(argv[2]) : "/tmp") + "/crawl-bench-XXXXXX";
  if (pages <= 0 || ::mkdtemp(directory.data()) == nullptr) {
    std::fprintf(stderr, "usage: bench_storage [PAGES [DIRECTORY]]\n");
    return 64;
  }
  const int code = run(pages, directory + "/crawl.db");
  std::filesystem::remove_all(directory);
  return code;
}
