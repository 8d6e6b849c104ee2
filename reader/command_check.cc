// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <xxhash.h>

#include <memory>

#include "base/columns.h"
#include "base/out_of_memory.h"
#include "reader/read_support.h"
#include "storage/integrity.h"

namespace crawl {

namespace {

// XXH3-64, as in PageResult::content_hash and text_hash.
class Xxh3 final : public ContentHasher {
 public:
  Xxh3() : state_(XXH3_createState(), &XXH3_freeState) {
    if (state_ == nullptr) out_of_memory();
  }
  void reset() override { XXH3_64bits_reset(state_.get()); }
  void update(std::string_view bytes) override {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  }
  uint64_t digest() const override { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

ShownText violations_text(const std::vector<Violation>& violations) {
  ShownText text;
  for (const Violation& violation : violations) {
    text.line(fmt::format("{} ({})", violation.rule, violation.count));
    for (const std::string& example : violation.examples) text.line("  " + example);
  }
  return text;
}

}  // namespace

ExitCode command_check(const ReadOptions& options) {
  Result<Database> database = Database::open_reader(options.database);
  if (!database) return report_error(options, database.error());
  Xxh3 hasher;
  const Result<IntegrityReport> report = check_integrity(*database, hasher);
  if (!report) return report_error(options, report.error());
  if (!report->violations.empty()) {
    print(options, violations_text(report->violations));
    return ExitCode::kIo;
  }
  ShownText text;
  text.line("ok: " + counted(report->urls, "URL") + ", " + counted(report->pages, "page") + ", " +
            counted(report->links, "link") + ", " + counted(report->bodies, "body", "bodies"));
  return print(options, text);
}

}  // namespace crawl
