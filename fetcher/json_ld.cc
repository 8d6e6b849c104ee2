// SPDX-License-Identifier: MIT
#include "fetcher/json_ld.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/limits.h"
#include "fetcher/ascii.h"
#include "fetcher/json_text.h"

namespace crawl {
namespace {

constexpr size_t kBlocksMax = 64;
constexpr size_t kDateBytesMax = 64;

void strip_prefix(std::string_view& text, std::string_view prefix) {
  text = trim_ascii_space(text);
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
}

void strip_suffix(std::string_view& text, std::string_view suffix) {
  text = trim_ascii_space(text);
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
}

// What pages wrap around scripts, from outside to inside.
std::string_view without_wrapping(std::string_view script) {
  for (std::string_view mark : {"//", "/*", "<!--", "//", "<![CDATA[", "*/"}) {
    strip_prefix(script, mark);
  }
  for (std::string_view mark : {"*/", "-->", "//", "]]>", "/*", "//"}) strip_suffix(script, mark);
  return trim_ascii_space(script);
}

}  // namespace

// Writes JSON as it is parsed, so that no tree is built and nothing recurses.
class JsonLdWriter {
 public:
  JsonLdWriter(std::string& out, JsonLd::Facts& facts, uint32_t& objects)
      : out_(out), facts_(facts), objects_(objects) {}

  bool null() { return literal("null"); }
  bool boolean(bool value) { return literal(value ? "true" : "false"); }
  bool number_integer(int64_t value) { return literal(std::to_string(value)); }
  bool number_unsigned(uint64_t value) { return literal(std::to_string(value)); }
  bool number_float(double /*value*/, const std::string& text) { return literal(text); }
  bool binary(const nlohmann::json::binary_t& /*value*/) { return false; }

  bool string(const std::string& value) {
    note(value);
    begin_value();
    append_json_string(out_, value);
    return true;
  }

  bool key(const std::string& name) {
    Frame& top = stack_.back();
    if (top.has_items) out_.push_back(',');
    top.has_items = false;  // begin_value() writes no comma behind the colon
    append_json_string(out_, name);
    out_.push_back(':');
    top.key = known_key(name);
    return true;
  }

  bool start_object(size_t /*size*/) {
    const uint32_t depth = stack_.empty() ? 0 : stack_.back().depth + 1;
    const Frame around = stack_.empty() ? Frame() : stack_.back();
    if (!begin('{')) return false;
    Frame& frame = stack_.back();
    frame.depth = depth;
    frame.object = ++objects_;
    if (around.key == Key::kAuthor) frame.author_of = around.object;
    return true;
  }

  bool start_array(size_t /*size*/) {
    const Frame around = stack_.empty() ? Frame() : stack_.back();
    if (!begin('[')) return false;
    Frame& frame = stack_.back();
    frame = around;  // its elements are values of the same key
    frame.has_items = false;
    frame.is_array = true;
    return true;
  }

  bool end_object() { return end('}'); }
  bool end_array() { return end(']'); }

  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    return false;
  }

 private:
  enum class Key : uint8_t { kOther, kAuthor, kName, kPublished, kModified };

  struct Frame {
    bool is_array = false;
    bool has_items = false;
    Key key = Key::kOther;   // of the value that comes next
    uint32_t depth = 0;      // of objects
    uint32_t object = 0;     // number of the object, or of the one around the array
    uint32_t author_of = 0;  // number of the object whose author this is; 0: of none
  };

  static Key known_key(std::string_view name) {
    if (name == "author") return Key::kAuthor;
    if (name == "name") return Key::kName;
    if (name == "datePublished") return Key::kPublished;
    if (name == "dateModified") return Key::kModified;
    return Key::kOther;
  }

  void begin_value() {
    if (stack_.empty()) return;
    if (stack_.back().is_array && stack_.back().has_items) out_.push_back(',');
    stack_.back().has_items = true;
  }

  bool begin(char bracket) {
    if (stack_.size() >= JsonLd::kDepthMax) return false;
    begin_value();
    out_.push_back(bracket);
    stack_.emplace_back();
    return true;
  }

  bool end(char bracket) {
    out_.push_back(bracket);
    stack_.pop_back();
    return true;
  }

  bool literal(std::string_view text) {
    begin_value();
    out_ += text;
    return true;
  }

  void note(std::string_view value) {
    if (stack_.empty()) return;
    const Frame& top = stack_.back();
    if (top.key == Key::kPublished) keep_date(facts_.published, value);
    if (top.key == Key::kModified) keep_date(facts_.modified, value);
    if (top.key == Key::kAuthor) keep_author(top.object, top.depth, value);
    if (top.key == Key::kName && top.author_of != 0) {
      keep_author(top.author_of, top.depth - 1, value);
    }
  }

  void keep_date(JsonLd::Fact& fact, std::string_view value) {
    if (stack_.back().depth >= fact.depth || value.size() > kDateBytesMax) return;
    fact.depth = stack_.back().depth;
    fact.text = value;
  }

  void keep_author(uint32_t object, uint32_t depth, std::string_view name) {
    name = trim_ascii_space(name);
    if (name.empty() || name.size() > kShortBytesMax) return;
    if (name.find('\0') != std::string_view::npos) return;  // "\u0000" has no place in text
    if (depth < facts_.author_depth) {
      facts_.author_depth = depth;
      facts_.author_object = object;
      facts_.author = name;
    } else if (object == facts_.author_object &&
               facts_.author.size() + name.size() + 2 <= kShortBytesMax) {
      facts_.author += ", ";
      facts_.author += name;
    }
  }

  std::string& out_;
  JsonLd::Facts& facts_;
  uint32_t& objects_;
  std::vector<Frame> stack_;
};

void JsonLd::clear() {
  elements_.clear();
  if (blocks_ == 0) return;
  facts_ = {};
  blocks_ = 0;
  objects_ = 0;
}

void JsonLd::add(std::string_view script) {
  if (blocks_ >= kBlocksMax || script.size() > kMetadataBytesMax ||
      elements_.size() > kMetadataBytesMax) {
    return;
  }
  ++blocks_;
  // Pages often have raw line ends in strings, which JSON forbids; between tokens a space will do,
  // too.
  cleaned_.assign(without_wrapping(script));
  for (char& c : cleaned_) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (cleaned_.empty()) return;
  const size_t size_before = elements_.size();
  Facts facts = facts_;
  if (size_before > 0) elements_.push_back(',');
  JsonLdWriter writer(elements_, facts, objects_);
  if (nlohmann::json::sax_parse(cleaned_, &writer)) {
    facts_ = std::move(facts);
  } else {
    elements_.resize(size_before);
  }
}

}  // namespace crawl
