// SPDX-License-Identifier: MIT

// What do URLs cost? Budgets: 400 ns to parse a typical absolute URL, 300 ns to resolve a typical
// link.

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "web/canonical.h"
#include "web/host.h"
#include "web/url.h"

namespace {

using crawl::Url;

constexpr std::string_view kPage =
    "https://docs.example.com/guide/chapter-3/configuration.html?version=2.4&lang=en";

void parse(benchmark::State& state, std::string_view input) {
  for (auto _ : state) {
    auto url = Url::parse(input);
    benchmark::DoNotOptimize(url);
  }
}

void resolve(benchmark::State& state, std::string_view input) {
  const Url base = *Url::parse(kPage);
  for (auto _ : state) {
    auto url = Url::parse(input, base);
    benchmark::DoNotOptimize(url);
  }
}

void canonical(benchmark::State& state) {
  const Url url = *Url::parse(std::string(kPage) + "#section-2");
  for (auto _ : state) {
    auto copy = url.canonical();
    benchmark::DoNotOptimize(copy);
  }
}

void canonicalize(benchmark::State& state, std::string_view input) {
  const crawl::CanonicalOptions all{true, true, true, true};
  std::string buffer;
  for (auto _ : state) benchmark::DoNotOptimize(crawl::canonicalize(input, all, buffer));
}

void is_canonical(benchmark::State& state, std::string_view input) {
  for (auto _ : state) benchmark::DoNotOptimize(crawl::is_canonical_http_url(input));
}

void registrable_domain(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(crawl::registrable_domain("docs.example.co.uk"));
}

BENCHMARK_CAPTURE(parse, absolute, kPage);
BENCHMARK_CAPTURE(parse, short, "http://example.com/");
BENCHMARK_CAPTURE(parse, upper_case_host, "HTTP://WWW.Example.COM/Index.html");
BENCHMARK_CAPTURE(parse, needs_encoding, "https://example.com/a path/with spaces?q=é");
BENCHMARK_CAPTURE(parse, international, "https://bücher.example/katalog");
BENCHMARK_CAPTURE(resolve, sibling, "installation.html");
BENCHMARK_CAPTURE(resolve, parent, "../chapter-4/networking.html#ports");
BENCHMARK_CAPTURE(resolve, rooted, "/reference/api/index.html");
BENCHMARK_CAPTURE(resolve, fragment, "#top");
BENCHMARK_CAPTURE(resolve, absolute, "https://other.example.org/news/2024/05/17/item?id=4711");
BENCHMARK(canonical);
BENCHMARK_CAPTURE(canonicalize, nothing_applies,
                  "https://docs.example.com/guide/configuration.html?lang=en&version=2.4");
BENCHMARK_CAPTURE(canonicalize, everything,
                  "https://h/a/index.html;jsessionid=1?lang=en&utm_source=x&a=1");
BENCHMARK_CAPTURE(is_canonical, yes, kPage);
BENCHMARK_CAPTURE(is_canonical, dot_file, "https://example.com/.well-known/security.txt");
BENCHMARK(registrable_domain);

}  // namespace

BENCHMARK_MAIN();
