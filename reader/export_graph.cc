// SPDX-License-Identifier: MIT
// `crawl export graphml` and `edges`: which URL leads to which.
#include <fmt/format.h>

#include "base/columns.h"
#include "base/escape.h"
#include "reader/export_support.h"
#include "storage/snapshot.h"

namespace crawl {

namespace {

// Nodes are the URLs that were fetched and those that a page links to.
constexpr const char* kNodes =
    "SELECT u.id, u.url, u.state, coalesce(u.outcome, u.reason), u.depth, p.status, p.title "
    "FROM url u LEFT JOIN page p ON p.url_id = u.id";
constexpr const char* kLinks = "SELECT src_id, dst_id, kind, rel, anchor FROM link";
constexpr const char* kEdges =
    "SELECT s.url, d.url, l.kind FROM link l CROSS JOIN url s ON s.id = l.src_id "
    "CROSS JOIN url d ON d.id = l.dst_id";

constexpr std::string_view kGraphmlHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
    "<key id=\"url\" for=\"node\" attr.name=\"url\" attr.type=\"string\"/>\n"
    "<key id=\"state\" for=\"node\" attr.name=\"state\" attr.type=\"string\"/>\n"
    "<key id=\"outcome\" for=\"node\" attr.name=\"outcome\" attr.type=\"string\"/>\n"
    "<key id=\"depth\" for=\"node\" attr.name=\"depth\" attr.type=\"int\"/>\n"
    "<key id=\"status\" for=\"node\" attr.name=\"status\" attr.type=\"int\"/>\n"
    "<key id=\"title\" for=\"node\" attr.name=\"title\" attr.type=\"string\"/>\n"
    "<key id=\"kind\" for=\"edge\" attr.name=\"kind\" attr.type=\"string\"/>\n"
    "<key id=\"rel\" for=\"edge\" attr.name=\"rel\" attr.type=\"string\"/>\n"
    "<key id=\"anchor\" for=\"edge\" attr.name=\"anchor\" attr.type=\"string\"/>\n"
    "<graph id=\"crawl\" edgedefault=\"directed\">\n";
constexpr std::string_view kGraphmlEnd = "</graph>\n</graphml>\n";

std::string data(std::string_view key, const Statement& row, int column) {
  if (row.is_null(column)) return "";
  return fmt::format("<data key=\"{}\">{}</data>", key, xml_text(row.text(column)));
}

std::string node(const Statement& row) {
  return fmt::format("<node id=\"n{}\">{}{}{}{}{}{}</node>\n", row.integer(0), data("url", row, 1),
                     data("state", row, 2), data("outcome", row, 3), data("depth", row, 4),
                     data("status", row, 5), data("title", row, 6));
}

std::string edge(const Statement& row) {
  return fmt::format("<edge source=\"n{}\" target=\"n{}\">{}{}{}</edge>\n", row.integer(0),
                     row.integer(1), data("kind", row, 2), data("rel", row, 3),
                     data("anchor", row, 4));
}

// Tabs and line ends have no place in a URL that was stored; a database may be anybody's.
std::string tab_separated(const Statement& row) {
  return fmt::format("{}\t{}\t{}\n", escape_for_terminal(row.text(0)),
                     escape_for_terminal(row.text(1)), escape_for_terminal(row.text(2)));
}

struct Counts {
  int64_t nodes = 0;
  int64_t edges = 0;
};

Result<void> write_lines(Database& database, const char* sql, std::string (*line)(const Statement&),
                         ExportFile& file, LongJob& job, int64_t& count) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  return each_row(*query, job, [&] {
    ++count;
    return file.write(line(*query));
  });
}

Result<void> write_graphml(Database& database, ExportFile& file, LongJob& job, Counts& counts) {
  file.write(kGraphmlHead);
  if (auto nodes = write_lines(database, kNodes, node, file, job, counts.nodes); !nodes)
    return nodes;
  if (auto edges = write_lines(database, kLinks, edge, file, job, counts.edges); !edges)
    return edges;
  file.write(kGraphmlEnd);
  return {};
}

Result<void> write_edges(Database& database, ExportFile& file, LongJob& job, Counts& counts) {
  file.write("src\tdst\tkind\n");
  return write_lines(database, kEdges, tab_separated, file, job, counts.edges);
}

}  // namespace

ExitCode export_graph(const ExportOptions& options, Database& database, LongJob& job) {
  Result<std::unique_ptr<ExportFile>> file = ExportFile::create(options, options.output);
  if (!file) return export_problem(options, file.error());
  Result<Snapshot> snapshot = Snapshot::begin(database);
  if (!snapshot) return export_problem(options, snapshot.error());
  const bool graphml = options.format == ExportFormat::kGraphml;
  Counts counts;
  Result<void> done = graphml ? write_graphml(database, **file, job, counts)
                              : write_edges(database, **file, job, counts);
  if (done) done = (*file)->finish();
  if (!done) return export_problem(options, done.error());
  const std::string nodes = graphml ? counted(counts.nodes, "URL") + ", " : "";
  return export_done(options, nodes + counted(counts.edges, "link"), (*file)->output().written());
}

}  // namespace crawl
