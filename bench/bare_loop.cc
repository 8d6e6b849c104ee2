// SPDX-License-Identifier: MIT
// The yardstick of bench/pipeline.py: the straightforward program that the same libraries allow.
// One process, one thread: fetches the URLs of a list with libcurl, parses with stock gumbo, takes
// title, text and links with their anchors, hashes, compresses, and stores all of it in SQLite with
// group commit. No frontier, no queue, no second process, no limits, no supervision.
//
//   bare_loop URLS.txt OUT.db [CONNECTIONS]

#include <curl/curl.h>
#include <gumbo.h>
#include <sqlite3.h>
#include <xxhash.h>
#include <zstd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "web/url.h"

namespace {

constexpr int kPagesPerCommit = 256;

void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "bare_loop: %s\n", what);
  std::exit(1);
}

struct Link {
  std::string href;
  std::string kind;
  std::string rel;
  std::string anchor;
};

struct Page {
  std::string title;
  std::string text;
  std::vector<Link> links;
};

// Appends with each run of white space as one space.
void append_collapsed(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
    if (!space) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
}

std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

class Walk {
 public:
  Walk(const crawl::Url& base, Page& page) : base_(base), page_(page) {}

  void visit(const GumboNode* node) {
    switch (node->type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        text(node->v.text.text);
        break;
      case GUMBO_NODE_ELEMENT:
        element(node->v.element);
        break;
      case GUMBO_NODE_DOCUMENT:
        children(node->v.document.children);
        break;
      case GUMBO_NODE_COMMENT:
      case GUMBO_NODE_TEMPLATE:
        break;
    }
  }

 private:
  void children(const GumboVector& nodes) {
    for (unsigned i = 0; i < nodes.length; ++i) visit(static_cast<const GumboNode*>(nodes.data[i]));
  }

  void text(std::string_view bytes) {
    append_collapsed(in_title_ ? page_.title : page_.text, bytes);
    if (open_link_ != SIZE_MAX) append_collapsed(page_.links[open_link_].anchor, bytes);
  }

  void element(const GumboElement& element) {
    switch (element.tag) {
      case GUMBO_TAG_SCRIPT:
        link(attribute(element, "src"), "script", {});
        return;
      case GUMBO_TAG_STYLE:
        return;
      case GUMBO_TAG_TITLE:
        in_title_ = true;
        children(element.children);
        in_title_ = false;
        return;
      case GUMBO_TAG_A: {
        const bool added = link(attribute(element, "href"), "a", attribute(element, "rel"));
        if (added) open_link_ = page_.links.size() - 1;
        children(element.children);
        open_link_ = SIZE_MAX;
        return;
      }
      case GUMBO_TAG_AREA:
      case GUMBO_TAG_LINK:
        link(attribute(element, "href"), "link", attribute(element, "rel"));
        break;
      case GUMBO_TAG_IMG:
      case GUMBO_TAG_IFRAME:
      case GUMBO_TAG_FRAME:
        link(attribute(element, "src"), "image", {});
        break;
      default:
        break;
    }
    children(element.children);
  }

  bool link(std::string_view href, const char* kind, std::string_view rel) {
    if (href.empty()) return false;
    const auto url = crawl::Url::parse(href, base_);
    if (!url || !url->is_http()) return false;
    page_.links.push_back({url->canonical().href(), kind, std::string(rel), {}});
    return true;
  }

  const crawl::Url& base_;
  Page& page_;
  bool in_title_ = false;
  size_t open_link_ = SIZE_MAX;
};

Page parse(const std::string& body, const crawl::Url& base) {
  Page page;
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, body.data(), body.size());
  Walk(base, page).visit(output->document);
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return page;
}

// The same facts in the same shape as crawl's tables: a row per URL, page, body and link.
class Store {
 public:
  explicit Store(const char* path) {
    require(sqlite3_open(path, &db_) == SQLITE_OK, "cannot open the database");
    execute(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA secure_delete=OFF;"
        "CREATE TABLE url (id INTEGER PRIMARY KEY, url TEXT NOT NULL);"
        "CREATE TABLE page (url_id INTEGER PRIMARY KEY, status INTEGER, content_type TEXT, title "
        "TEXT,"
        " bytes INTEGER, content_hash INTEGER, text TEXT);"
        "CREATE TABLE body (url_id INTEGER PRIMARY KEY, zstd BLOB NOT NULL);"
        "CREATE TABLE link (src_id INTEGER NOT NULL, seq INTEGER NOT NULL, dst_id INTEGER NOT NULL,"
        " kind TEXT NOT NULL, rel TEXT, anchor TEXT, PRIMARY KEY (src_id, seq)) WITHOUT ROWID;");
    insert_url_ = prepare("INSERT INTO url VALUES (?, ?)");
    insert_page_ = prepare("INSERT INTO page VALUES (?, ?, ?, ?, ?, ?, ?)");
    insert_body_ = prepare("INSERT INTO body VALUES (?, ?)");
    insert_link_ = prepare("INSERT INTO link VALUES (?, ?, ?, ?, ?, ?)");
    execute("BEGIN");
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() {
    execute("COMMIT");
    for (sqlite3_stmt* s : {insert_url_, insert_page_, insert_body_, insert_link_})
      sqlite3_finalize(s);
    sqlite3_close(db_);
  }

  void add(const std::string& url, long status, const char* content_type, const std::string& body,
           const Page& page) {
    const int64_t id = id_of(url);
    compressed_.resize(ZSTD_compressBound(body.size()));
    const size_t size = ZSTD_compressCCtx(compressor_.get(), compressed_.data(), compressed_.size(),
                                          body.data(), body.size(), 3);
    sqlite3_bind_int64(insert_page_, 1, id);
    sqlite3_bind_int64(insert_page_, 2, status);
    sqlite3_bind_text(insert_page_, 3, content_type, -1, SQLITE_STATIC);
    bind(insert_page_, 4, page.title);
    sqlite3_bind_int64(insert_page_, 5, static_cast<int64_t>(body.size()));
    sqlite3_bind_int64(insert_page_, 6,
                       static_cast<int64_t>(XXH3_64bits(body.data(), body.size())));
    bind(insert_page_, 7, page.text);
    run(insert_page_);
    sqlite3_bind_int64(insert_body_, 1, id);
    sqlite3_bind_blob(insert_body_, 2, compressed_.data(), static_cast<int>(size), SQLITE_STATIC);
    run(insert_body_);
    add_links(id, page);
    if (++pages_ % kPagesPerCommit == 0) execute("COMMIT; BEGIN");
  }

  int pages() const { return pages_; }

 private:
  void add_links(int64_t id, const Page& page) {
    int64_t seq = 0;
    for (const Link& link : page.links) {
      const int64_t dst = id_of(link.href);
      sqlite3_bind_int64(insert_link_, 1, id);
      sqlite3_bind_int64(insert_link_, 2, seq++);
      sqlite3_bind_int64(insert_link_, 3, dst);
      bind(insert_link_, 4, link.kind);
      bind(insert_link_, 5, link.rel);
      bind(insert_link_, 6, link.anchor);
      run(insert_link_);
    }
  }

  int64_t id_of(const std::string& url) {
    const auto [entry, added] = ids_.try_emplace(url, static_cast<int64_t>(ids_.size()) + 1);
    if (added) {
      sqlite3_bind_int64(insert_url_, 1, entry->second);
      bind(insert_url_, 2, url);
      run(insert_url_);
    }
    return entry->second;
  }

  static void bind(sqlite3_stmt* statement, int index, const std::string& text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  static void run(sqlite3_stmt* statement) {
    require(sqlite3_step(statement) == SQLITE_DONE, "cannot insert");
    sqlite3_reset(statement);
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) == SQLITE_OK, "cannot prepare");
    return statement;
  }
  void execute(const char* sql) {
    require(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *insert_url_, *insert_page_, *insert_body_, *insert_link_;
  std::unordered_map<std::string, int64_t> ids_;
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> compressor_{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::string compressed_;
  int pages_ = 0;
};

struct Transfer {
  CURL* easy = nullptr;
  std::string url;
  std::string body;
};

size_t on_body(char* data, size_t size, size_t count, void* transfer) {
  static_cast<Transfer*>(transfer)->body.append(data, size * count);
  return size * count;
}

void start(CURLM* multi, Transfer& transfer, std::string url) {
  transfer.url = std::move(url);
  transfer.body.clear();
  curl_easy_setopt(transfer.easy, CURLOPT_URL, transfer.url.c_str());
  require(curl_multi_add_handle(multi, transfer.easy) == CURLM_OK, "curl_multi_add_handle");
}

void finish(const Transfer& transfer, Store& store) {
  long status = 0;
  const char* content_type = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &content_type);
  const auto base = crawl::Url::parse(transfer.url);
  require(base.has_value(), "a URL of the list is malformed");
  const bool html = content_type != nullptr && std::strstr(content_type, "html") != nullptr;
  store.add(transfer.url, status, content_type, transfer.body,
            html ? parse(transfer.body, base.value()) : Page{{}, transfer.body, {}});
}

void fetch_all(const std::vector<std::string>& urls, size_t connections, Store& store) {
  CURLM* multi = curl_multi_init();
  std::vector<Transfer> transfers(connections);
  size_t next = 0;
  for (Transfer& transfer : transfers) {
    transfer.easy = curl_easy_init();
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(transfer.easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(transfer.easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(transfer.easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(transfer.easy, CURLOPT_NOSIGNAL, 1L);
    if (next < urls.size()) start(multi, transfer, urls[next++]);
  }
  int running = 1;
  while (running > 0) {
    curl_multi_perform(multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      require(message->data.result == CURLE_OK, curl_easy_strerror(message->data.result));
      finish(*transfer, store);
      curl_multi_remove_handle(multi, transfer->easy);
      if (next < urls.size()) {
        start(multi, *transfer, urls[next++]);
        running = 1;
      }
    }
    if (running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  for (Transfer& transfer : transfers) curl_easy_cleanup(transfer.easy);
  curl_multi_cleanup(multi);
}

}  // namespace

int main(int argc, char** argv) {
  require(argc == 3 || argc == 4, "usage: bare_loop URLS.txt OUT.db [CONNECTIONS]");
  std::ifstream list(argv[1]);
  require(list.good(), "cannot read the list of URLs");
  std::vector<std::string> urls;
  for (std::string line; std::getline(list, line);) urls.push_back(line);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Store store(argv[2]);
  fetch_all(urls, argc == 4 ? static_cast<size_t>(std::atoi(argv[3])) : 16, store);
  std::printf("%d\n", store.pages());
  return 0;
}
