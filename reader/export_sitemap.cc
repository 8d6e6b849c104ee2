// SPDX-License-Identifier: MIT
// `crawl export sitemap`: a sitemap of one host's pages (https://www.sitemaps.org/protocol.html).
#include <fmt/format.h>
#include <sys/stat.h>

#include <vector>

#include "base/columns.h"
#include "base/clock.h"
#include "base/limits.h"
#include "reader/export_support.h"
#include "storage/preflight.h"
#include "storage/snapshot.h"
#include "web/http_date.h"
#include "web/url.h"

namespace crawl {

namespace {

constexpr const char* kNamespace = "http://www.sitemaps.org/schemas/sitemap/0.9";
constexpr int kUrlsMax = 50'000;  // of one file; its bytes: kSitemapBytesMax
constexpr size_t kLocationBytesMax = 2048;

// What a search engine may list: there, itself canonical, indexable (bits 1 and 8: noindex,
// unavailable), and a page rather than a sitemap, a feed or a part of a page.
#define CRAWL_LISTED                                                                           \
  "FROM page p CROSS JOIN url u ON u.id = p.url_id WHERE p.outcome = 'ok' AND p.status = 200 " \
  "AND p.canonical_id IS NULL AND p.robots_directives & 9 = 0 AND u.role IN ('seed', 'page') " \
  "AND coalesce(p.document, '') NOT IN ('sitemap', 'feed', 'style') "
constexpr const char* kHosts = "SELECT u.host_id, count(*) " CRAWL_LISTED "GROUP BY u.host_id";
constexpr const char* kPages = "SELECT u.url, p.modified_at, p.last_modified, p.fetched_at "  //
    CRAWL_LISTED "AND u.host_id = ?1";
#undef CRAWL_LISTED

struct ChosenHost {
  int64_t id = 0;
  int64_t pages = 0;
};

Result<std::string> host_name(Database& database, int64_t id) {
  Result<Statement> query = database.prepare("SELECT name FROM host WHERE id = ?1");
  if (!query) return query.error();
  query->bind(1, id);
  if (const Result<bool> row = query->step(); !row) return row.error();
  return std::string(query->text(0));
}

// The one host that has pages, or the one that was asked for: a sitemap lists pages of its own host
// only. kUnsupported: there are several.
Result<ChosenHost> choose_host(const ExportOptions& options, Database& database, LongJob& job) {
  Result<Statement> query = database.prepare(kHosts);
  if (!query) return query.error();
  std::vector<ChosenHost> hosts;
  Result<void> read = each_row(*query, job, [&] {
    hosts.push_back({query->integer(0), query->integer(1)});
    return true;
  });
  if (!read) return read.error();
  std::string first;
  for (const ChosenHost& host : hosts) {
    Result<std::string> name = host_name(database, host.id);
    if (!name) return name.error();
    if (*name == options.host) return host;
    if (first.empty()) first = *name;
    if (options.host.empty() && hosts.size() > 1) break;
  }
  if (!options.host.empty()) {
    return Error{Errc::kNotFound, 0, "no page of " + options.host + " can be listed"};
  }
  if (hosts.size() > 1) {
    return Error{Errc::kUnsupported, 0,
                 fmt::format("there are pages of {} hosts, and a sitemap lists one host's: choose "
                             "with --host, for example --host {}",
                             hosts.size(), first)};
  }
  return hosts.empty() ? ChosenHost{} : hosts.front();
}

// When the page itself says it was changed, else its server; never later than it was fetched.
std::string last_modified(const Statement& row) {
  int64_t at = row.integer(1);
  if (at == 0) at = parse_http_date(row.text(2)).value_or(0);
  if (at <= 0 || at > row.integer(3)) return "";
  return fmt::format("<lastmod>{}</lastmod>", iso8601_utc(at));
}

class SitemapWriter {
 public:
  SitemapWriter(const ExportOptions& options, bool folder) : options_(options), folder_(folder) {}

  Result<void> add(std::string_view url, const std::string& entry) {
    if (files_.empty() || urls_ == kUrlsMax ||
        files_.back()->bytes() + entry.size() + 64 > kSitemapBytesMax) {
      if (Result<void> begun = begin(url); !begun) return begun;
    }
    ++urls_;
    ++total_;
    return written(files_.back()->write(entry));
  }

  // All files get their names at last, the index behind them.
  Result<void> finish() {
    if (files_.empty()) {
      if (Result<void> begun = begin("http://localhost/"); !begun) return begun;
    }
    for (const auto& file : files_) {
      if (&file == &files_.back()) file->write("</urlset>\n");
      if (Result<void> done = file->finish(); !done) return done;
      bytes_ += file->bytes();
    }
    return folder_ ? write_index() : Result<void>();
  }

  int64_t total() const { return total_; }
  uint64_t bytes() const { return bytes_; }

 private:
  // Nor may one of the files be the database, which may lie there.
  Result<std::unique_ptr<ExportFile>> in_folder(const std::string& name) const {
    const std::string path = options_.output + (options_.output.ends_with('/') ? "" : "/") + name;
    if (Result<void> free = refuse_as_output(options_.database, path); !free) return free.error();
    return ExportFile::create(options_, path);
  }
  static std::string name(size_t number) { return fmt::format("sitemap-{:04}.xml", number); }
  static Result<void> written(bool done) {
    return done ? Result<void>() : Error{Errc::kClosed, 0, "the export was not written"};
  }

  Result<void> begin(std::string_view url) {
    if (!files_.empty() && !folder_) {
      return Error{
          Errc::kUnsupported, 0,
          "more than one sitemap can hold (50,000 URLs, 50 MiB): name a directory, -o DIR/"};
    }
    if (!files_.empty()) files_.back()->write("</urlset>\n");
    if (base_.empty()) {
      const Result<Url> parsed = Url::parse(url);
      if (parsed) base_ = parsed->origin() + "/";
    }
    auto file = folder_ ? in_folder(name(files_.size() + 1))
                        : ExportFile::create(options_, options_.output);
    if (!file) return file.error();
    files_.push_back(std::move(*file));
    urls_ = 0;
    return written(files_.back()->write(fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"{}\">\n", kNamespace)));
  }

  Result<void> write_index() {
    auto index = in_folder("sitemap.xml");
    if (!index) return index.error();
    (*index)->write(fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"{}\">\n", kNamespace));
    for (size_t number = 1; number <= files_.size(); ++number) {
      (*index)->write(
          fmt::format("<sitemap><loc>{}</loc></sitemap>\n", xml_text(base_ + name(number))));
    }
    (*index)->write("</sitemapindex>\n");
    return (*index)->finish();
  }

  const ExportOptions& options_;
  const bool folder_;
  std::string base_;  // where the files are going to be
  std::vector<std::unique_ptr<ExportFile>> files_;
  int urls_ = 0;  // in the last file
  int64_t total_ = 0;
  uint64_t bytes_ = 0;
};

bool is_folder(const std::string& path) {
  struct stat info {};
  return path.ends_with('/') || (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode));
}

Result<void> write_pages(Database& database, int64_t host_id, SitemapWriter& writer, LongJob& job) {
  Result<Statement> query = database.prepare(kPages);
  if (!query) return query.error();
  query->bind(1, host_id);
  Result<void> added;
  Result<void> read = each_row(*query, job, [&] {
    const std::string_view url = query->text(0);
    if (url.size() >= kLocationBytesMax) return true;
    added = writer.add(
        url, fmt::format("<url><loc>{}</loc>{}</url>\n", xml_text(url), last_modified(*query)));
    return added.has_value();
  });
  return added ? read : added;
}

}  // namespace

ExitCode export_sitemap(const ExportOptions& options, Database& database, LongJob& job) {
  const bool folder = !options.output.empty() && is_folder(options.output);
  if (folder) {
    if (auto made = make_folder(options.output); !made)
      return export_problem(options, made.error());
  }
  if (struct stat info{}; folder && options.if_there == IfThere::kRefuse &&
                          ::lstat((options.output + "/sitemap.xml").c_str(), &info) == 0) {
    return export_problem(options, {Errc::kExists, EEXIST, options.output + "/sitemap.xml"});
  }
  Result<Snapshot> snapshot = Snapshot::begin(database);
  if (!snapshot) return export_problem(options, snapshot.error());
  Result<ChosenHost> host = choose_host(options, database, job);
  if (!host) return export_problem(options, host.error());
  SitemapWriter writer(options, folder);
  Result<void> done = write_pages(database, host->id, writer, job);
  if (done) done = writer.finish();
  if (!done) return export_problem(options, done.error());
  return export_done(options, counted(writer.total(), "URL"), writer.bytes());
}

}  // namespace crawl
