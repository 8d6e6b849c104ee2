// SPDX-License-Identifier: MIT
#include "crawler/export_options.h"

#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/suggest.h"

namespace crawl {

namespace {

constexpr std::array<std::pair<std::string_view, ExportFormat>, 6> kExportFormats = {{
    {"jsonl", ExportFormat::kJsonl},
    {"csv", ExportFormat::kCsv},
    {"sitemap", ExportFormat::kSitemap},
    {"graphml", ExportFormat::kGraphml},
    {"edges", ExportFormat::kEdges},
    {"warc", ExportFormat::kWarc},
}};

}  // namespace

void declare_export_options(OptionSet& set, ExportOptions& options) {
  set.value("-o,--output", "FILE", "write here; warc and large sitemaps: a directory [stdout]",
            [&options](const std::string& value) -> std::string {
              if (value.empty() || value.find('\0') != std::string::npos)
                return not_a(value, "a path");
              options.output = value == "-" ? "" : value;
              return "";
            });
  set.choice("--replace", "write over what is there",
             [&options] { options.if_there = IfThere::kReplace; });
  set.flag("--body", "jsonl, csv: the bodies too, as base64", options.body);
  set.value("--host", "HOST", "sitemap: of this host [the only one]", read_text(options.host));
  set.value("--prefix", "NAME", "warc: how the names of the files begin [crawl]",
            [&options](const std::string& value) -> std::string {
              const bool plain = value.find_first_not_of(
                                     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789._-") == std::string::npos;
              if (value.empty() || !plain || value[0] == '.' || value.size() > 100)
                return not_a(value, "a name of letters, digits, '-', '_' and '.'");
              options.warc_prefix = value;
              return "";
            });
  set.value("--file-size", "SIZE", "warc: a file that is so long is followed by the next [1GiB]",
            read_size(options.warc_bytes_max, 1, std::numeric_limits<int64_t>::max()));
  set.value("--follow", "FD", "", read_number(options.follow_fd, 0, 1023), Shown::kNo);
  set.flag("-q,--quiet", "print errors only", options.quiet);
}

std::vector<std::string> export_formats() {
  std::vector<std::string> names;
  for (const auto& [name, format] : kExportFormats) names.emplace_back(name);
  return names;
}

std::string take_export_words(ExportOptions& options, std::vector<std::string> words) {
  const std::vector<std::string> names = export_formats();
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  if (words.empty()) return "export: as what? one of " + list;
  if (words.size() > 1) return "unexpected argument " + words[1];
  for (const auto& [name, format] : kExportFormats) {
    if (words[0] != name) continue;
    options.format = format;
    const bool rows = format == ExportFormat::kJsonl || format == ExportFormat::kCsv;
    const bool warc = format == ExportFormat::kWarc;
    if (options.body && !rows) return "export: --body is for jsonl and csv";
    if (!options.host.empty() && format != ExportFormat::kSitemap) {
      return "export: --host is for sitemap";
    }
    if (!options.warc_prefix.empty() && !warc) return "export: --prefix is for warc";
    if (options.warc_bytes_max > 0 && !warc) return "export: --file-size is for warc";
    if (warc && options.output.empty()) return "export: where to? -o DIR, a directory";
    if (warc && options.if_there == IfThere::kReplace) return "export: warc only adds to DIR";
    return "";
  }
  const std::optional<std::string> meant = nearest(words[0], names);
  return not_a(words[0], "one of " + list) + (meant ? "; did you mean " + *meant + "?" : "");
}

}  // namespace crawl
