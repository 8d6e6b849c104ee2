// SPDX-License-Identifier: MIT
#include "fetcher/html_arena.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string repeated(std::string_view part, size_t bytes) {
  std::string text;
  text.reserve(bytes + part.size());
  while (text.size() < bytes) text += part;
  return text;
}

std::string distinct_fonts(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += "<font color=" + std::to_string(i) + ">";
  return text;
}

std::string many_attributes(size_t bytes) {
  std::string text = "<p";
  for (int i = 0; text.size() < bytes; ++i) text += " a" + std::to_string(i) + "=1";
  return text + ">";
}

std::unique_ptr<HtmlArena> arena_with(uint64_t bytes_max, uint32_t cpu_ms_max) {
  auto arena = HtmlArena::create({bytes_max, cpu_ms_max});
  REQUIRE(arena);
  return std::move(*arena);
}

const GumboElement* body_of(const GumboOutput* output) {
  const GumboVector& children = output->root->v.element.children;
  return &static_cast<const GumboNode*>(children.data[children.length - 1])->v.element;
}

constexpr size_t kMegabytes = 1'500'000;

TEST_CASE("html_arena: a page is parsed into a tree", "[html_arena]") {
  const auto arena = arena_with(8u << 20, 1'000);
  const GumboOutput* output = arena->parse("<title>t</title><p>one<p>two");
  REQUIRE(output != nullptr);
  CHECK(arena->stop() == HtmlArena::Stop::kNone);
  CHECK(body_of(output)->tag == GUMBO_TAG_BODY);
  CHECK(body_of(output)->children.length == 2);
  CHECK(arena->bytes_used() > 0);
}

TEST_CASE("html_arena: an empty page has a root", "[html_arena]") {
  const auto arena = arena_with(8u << 20, 1'000);
  const GumboOutput* output = arena->parse("");
  REQUIRE(output != nullptr);
  CHECK(output->root != nullptr);
}

TEST_CASE("html_arena: pages do not add up in the arena", "[html_arena]") {
  const auto arena = arena_with(8u << 20, 1'000);
  arena->parse("<p>one");
  const size_t first = arena->bytes_used();
  for (int i = 0; i < 100; ++i) REQUIRE(arena->parse("<p>one") != nullptr);
  CHECK(arena->bytes_used() == first);
  arena->clear();
  CHECK(arena->bytes_used() == 0);
}

TEST_CASE("html_arena: a page that needs more than the cap is stopped", "[html_arena]") {
  const auto arena = arena_with(2u << 20, 10'000);
  CHECK(arena->parse(repeated("<table><td>", kMegabytes)) == nullptr);
  CHECK(arena->stop() == HtmlArena::Stop::kBytes);
  CHECK(arena->bytes_used() <= 2u << 20);
}

TEST_CASE("html_arena: a page may be given less than the cap", "[html_arena]") {
  const auto arena = arena_with(64u << 20, 10'000);
  const std::string html = repeated("<p>x", 100'000);
  CHECK(arena->parse(html, 2u << 20) == nullptr);
  CHECK(arena->stop() == HtmlArena::Stop::kBytes);
  CHECK(arena->parse(html) != nullptr);
}

TEST_CASE("html_arena: after a stop the next page is parsed as usual", "[html_arena]") {
  const auto arena = arena_with(2u << 20, 10'000);
  REQUIRE(arena->parse(repeated("<table><td>", kMegabytes)) == nullptr);
  REQUIRE(arena->parse("<p>fine") != nullptr);
  CHECK(arena->stop() == HtmlArena::Stop::kNone);
}

// Shapes on which gumbo takes quadratic time. With 50 ms of CPU none can finish; that each returns
// at all is the proof that it was stopped, since it would run for many seconds.
TEST_CASE("html_arena: hostile shapes are stopped at the CPU deadline", "[html_arena]") {
  const auto arena = arena_with(160u << 20, 50);
  const std::string html = GENERATE(
      distinct_fonts(kMegabytes), many_attributes(kMegabytes), repeated("<div>", kMegabytes),
      "<svg>" + repeated("<g>", kMegabytes / 2) + repeated("</x>", kMegabytes / 2),
      repeated("<ul><li>", kMegabytes), repeated("<b></p>", kMegabytes));
  CAPTURE(html.substr(0, 20));
  CHECK(arena->parse(html) == nullptr);
  CHECK(arena->stop() == HtmlArena::Stop::kCpu);
  CHECK(arena->parse("<p>next") != nullptr);
}

// Every character looks for <b> below 50,000 open elements; only the text buffer grows, by
// doubling.
TEST_CASE("html_arena: a loop that does not allocate is stopped, too", "[html_arena]") {
  const auto arena = arena_with(160u << 20, 1'500);
  const std::string html = repeated("<div>", 50'000) + "<b>" + repeated("x", 3'000'000);
  CHECK(arena->parse(html) == nullptr);
  CHECK(arena->stop() == HtmlArena::Stop::kCpu);
}

TEST_CASE("html_arena: deep nesting needs no stack", "[html_arena]") {
  const auto arena = arena_with(160u << 20, 20'000);
  CHECK(arena->parse(repeated("<template>", 1'000'000)) != nullptr);
  CHECK(arena->parse(repeated("<span>", 600'000)) != nullptr);
}

TEST_CASE("html_arena: two arenas on one thread do not disturb each other", "[html_arena]") {
  const auto first = arena_with(160u << 20, 50);
  const auto second = arena_with(2u << 20, 10'000);
  CHECK(first->parse(repeated("<div>", kMegabytes)) == nullptr);
  CHECK(second->parse("<p>fine") != nullptr);
  CHECK(second->stop() == HtmlArena::Stop::kNone);
  CHECK(first->stop() == HtmlArena::Stop::kCpu);
}

}  // namespace
}  // namespace crawl
