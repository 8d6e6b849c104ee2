// SPDX-License-Identifier: MIT
#pragma once

// Every message between the coordinator and a fetcher, one struct each. docs/messages.md is the
// prose. A message is encoded as one type byte and its fields (ipc/codec.h). Strings are views:
// when encoding they point at the sender's data, after decoding into the decoded buffer, which must
// stay alive.
//
// Jobs and results travel through the rings of ipc/shared_queue.h, control messages through the
// pipes of ipc/channel.h. Nothing that a fetcher sends is believed before the coordinator has
// checked it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/vocabulary.h"
#include "ipc/codec.h"

namespace crawl {

// Raised with every change of a message or of the shared memory's layout; both sides must agree.
inline constexpr uint32_t kProtocolVersion = 6;

enum class MessageType : uint8_t {
  kHello = 1,          // fetcher → coordinator, pipe
  kConfigure = 2,      // coordinator → fetcher, pipe
  kReady = 3,          // fetcher → coordinator, pipe
  kWake = 4,           // both ways, pipe
  kLog = 5,            // fetcher → coordinator, pipe
  kListener = 6,       // fetcher → coordinator, pipe
  kListenerTaken = 7,  // coordinator → fetcher, pipe
  kFetchJob = 16,      // coordinator → fetcher, ring
  kParseJob = 17,      // coordinator → fetcher, ring
  kPageResult = 18,    // fetcher → coordinator, ring
  kRobotsResult = 19,  // fetcher → coordinator, ring
};

// First message of a fetcher.
struct Hello {
  static constexpr MessageType kType = MessageType::kHello;
  uint32_t protocol_version = kProtocolVersion;
  int32_t pid = 0;

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.number(m.protocol_version);
    v.number(m.pid);
  }
};

// Lines that one request has to itself; the coordinator sends no more.
inline constexpr size_t kJobHeadersMax = 256;

struct Header {
  std::string_view line;  // "Name: value"

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.text(m.line, kHeaderBytesMax);
  }
};

// Answer to Hello; what holds for every job of this fetcher.
struct Configure {
  static constexpr MessageType kType = MessageType::kConfigure;
  uint32_t generation = 0;  // of the shared memory; copied into every result
  std::string_view user_agent;
  std::string_view robots_agent;  // product token that robots.txt groups are matched with
  std::vector<Header> headers;    // added to each request; nothing secret is among them
  std::string_view ca_file;       // "" : the system's
  bool insecure = false;          // do not verify TLS certificates
  bool http2 = false;
  bool keep_body = true;  // compress and send the body of pages
  // Media types whose bodies are kept although they are not read, separated by spaces: "image/*
  // application/pdf"; "*/*": all. "" : none.
  std::string_view types;
  uint32_t timeout_ms = 30'000;  // whole transfer
  uint32_t connect_timeout_ms = 10'000;
  uint32_t stall_timeout_ms = 20'000;   // no byte for so long
  uint64_t body_bytes_max = 10u << 20;  // decoded
  uint32_t decode_ratio_max = 200;      // decoded / wire, past the first MiB
  uint64_t parse_arena_bytes_max = 160u << 20;
  uint32_t parse_cpu_ms_max = 1'000;
  SandboxMode sandbox = SandboxMode::kOn;
  bool brokered = false;       // the coordinator decides, and makes, each connection
  std::string_view test_hook;  // "" in production; see fetcher/test_hook.h

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.number(m.generation);
    v.text(m.user_agent, kMetaBytesMax);
    v.text(m.robots_agent, kShortBytesMax);
    v.list(m.headers, 1000);
    v.text(m.ca_file, kUrlBytesMax);
    v.flag(m.insecure);
    v.flag(m.http2);
    v.flag(m.keep_body);
    v.text(m.types, kMetaBytesMax);
    v.number(m.timeout_ms);
    v.number(m.connect_timeout_ms);
    v.number(m.stall_timeout_ms);
    v.number(m.body_bytes_max);
    v.number(m.decode_ratio_max);
    v.number(m.parse_arena_bytes_max);
    v.number(m.parse_cpu_ms_max);
    v.choice(m.sandbox);
    v.flag(m.brokered);
    v.text(m.test_hook, kMetaBytesMax);
  }
};

// The fetcher has loaded its libraries and takes jobs from now on.
struct Ready {
  static constexpr MessageType kType = MessageType::kReady;
  std::string_view sandbox;  // layers in force, for people; "" when none
  std::string_view missing;  // layers that this machine does not give, and why; "" when none

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.text(m.sandbox, kShortBytesMax);
    v.text(m.missing, kShortBytesMax);
  }
};

// Before Ready, where Configure said `brokered`: from here on connect() asks whoever holds this
// descriptor (seccomp_unotify(2)). Pipes carry no descriptors, so the coordinator takes it with
// pidfd_getfd(2).
struct Listener {
  static constexpr MessageType kType = MessageType::kListener;
  int32_t fd = -1;  // in the fetcher

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.number(m.fd);
    v.require(m.fd >= 0);
  }
};

// The fetcher closes its own copy, so that it cannot answer itself, and is Ready.
struct ListenerTaken {
  static constexpr MessageType kType = MessageType::kListenerTaken;

  template <typename M, typename V>
  static void fields(M&, V&) {}
};

// "Look at your ring": sent only to a peer that said it sleeps.
struct Wake {
  static constexpr MessageType kType = MessageType::kWake;

  template <typename M, typename V>
  static void fields(M&, V&) {}
};

struct Log {
  static constexpr MessageType kType = MessageType::kLog;
  std::string_view text;

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.text(m.text, kMetaBytesMax);
  }
};

// kSitemap: a page whose body may have kSitemapBytesMax bytes.
// kLookUp: only the URL's host is looked up, whatever is known of it; no request is sent to it.
enum class JobKind : uint8_t { kPage = 0, kRobots = 1, kSitemap = 2, kLookUp = 3, kLast = kLookUp };

// Fetch one URL. Redirects are not followed: they come back as results. A kRobots or
// kLookUp job is answered by one RobotsResult, any other by one PageResult, each with the same
// lease.
struct FetchJob {
  static constexpr MessageType kType = MessageType::kFetchJob;
  uint64_t lease = 0;  // never 0, never reused within a run
  JobKind kind = JobKind::kPage;
  std::string_view url;        // canonical, http or https, no fragment, no credentials
  bool allow_private = false;  // may connect to private addresses
  std::string_view proxy;      // "" : none, whatever the environment says
  // Of this request alone, and perhaps secret. Each takes the place of Configure's of its name.
  std::vector<Header> headers;
  std::string_view etag;           // for If-None-Match; "" : none
  std::string_view last_modified;  // for If-Modified-Since; "" : none

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.number(m.lease);
    v.choice(m.kind);
    v.text(m.url, kUrlBytesMax);
    v.flag(m.allow_private);
    v.text(m.proxy, kUrlBytesMax);
    v.list(m.headers, kJobHeadersMax);
    v.text(m.etag, kShortBytesMax);
    v.text(m.last_modified, kShortBytesMax);
  }
};

// Parse bytes that are already here (`crawl parse`, `crawl robots`), exactly as if `base` had been
// fetched and had answered 200 with them.
struct ParseJob {
  static constexpr MessageType kType = MessageType::kParseJob;
  uint64_t lease = 0;
  JobKind kind = JobKind::kPage;
  std::string_view base;          // canonical URL, or "" (relative links are then dropped)
  std::string_view content_type;  // as a Content-Type header's value; "" : unknown
  std::string_view robots_agent;  // kRobots: overrides Configure's where not ""
  std::string_view bytes;
  bool is_response = false;  // kPage: `bytes` are a whole HTTP response, as an archive holds it

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.number(m.lease);
    v.choice(m.kind);
    v.text(m.base, kUrlBytesMax);
    v.text(m.content_type, kShortBytesMax);
    v.text(m.robots_agent, kShortBytesMax);
    v.text(m.bytes, kBodyBytesCeiling);
    v.flag(m.is_response);
  }
};

// Outcomes that a fetcher can know; the others are the coordinator's to decide.
constexpr bool is_transfer_outcome(Outcome outcome) {
  return outcome != Outcome::kNone && outcome != Outcome::kRedirectLimit &&
         outcome != Outcome::kRobotsUnreachable && outcome != Outcome::kCrashedFetcher;
}

// What a transfer tells of the network itself, whatever it tells of the page.
enum class Reach : uint8_t {
  kUnclear = 0,     // nothing: no packet was sent, or the trouble is on this side
  kNameSilent = 1,  // no name server gave an answer
  kSilent = 2,      // nothing came back from the host: no route, no connection, no first byte
  kConnected = 3,   // a connection was made, and then nothing came any more
  kAnswered = 4,    // something came at the end: a response, a refusal, a broken answer
  kLast = kAnswered,
};

// What is known of a transfer, however it ended.
struct Transfer {
  uint64_t lease = 0;
  uint32_t generation = 0;
  Outcome outcome = Outcome::kNone;  // is_transfer_outcome() once set
  uint16_t status = 0;               // HTTP status; 0 when no response was understood
  std::string_view detail;    // reason in plain words where outcome is not ok: UTF-8, one line
  std::string_view address;   // "192.0.2.1:443"; "" when never connected
  std::string_view location;  // redirect: the target, resolved and canonical; "" if unusable
  uint32_t elapsed_ms = 0;
  uint64_t wire_bytes = 0;      // of the body, before content decoding
  int64_t retry_after_ms = -1;  // Retry-After relative to now; -1: none
  Reach reach = Reach::kUnclear;
  bool name_answered = false;  // a name server answered it, if only that there is no such name

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.number(m.lease);
    v.number(m.generation);
    v.choice(m.outcome);
    v.require(is_transfer_outcome(m.outcome));
    v.number(m.status);
    v.text(m.detail, kShortBytesMax);
    v.text(m.address, kShortBytesMax);
    v.text(m.location, kUrlBytesMax);
    v.number(m.elapsed_ms);
    v.number(m.wire_bytes);
    v.number(m.retry_after_ms);
    v.require(m.retry_after_ms >= -1);
    v.choice(m.reach);
    v.flag(m.name_answered);
  }
};

struct PageLink {
  // Canonical absolute URL, fragment dropped; or, of a URL that is too long, its
  // shortened_url() (web/url.h).
  std::string_view href;
  LinkKind kind = LinkKind::kAnchor;
  std::string_view rel;     // lower-case tokens, one space between
  std::string_view anchor;  // text, white space collapsed
  // What a sitemap or a feed says of its entry.
  int64_t modified_at_ms = 0;  // wall clock; 0: unknown
  uint8_t priority = kPriorityNormal;

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.text(m.href, kUrlBytesMax);
    v.choice(m.kind);
    v.text(m.rel, kShortBytesMax);
    v.text(m.anchor, kAnchorBytesMax);
    v.number(m.modified_at_ms);
    v.require(m.modified_at_ms >= 0);
    v.number(m.priority);
    v.require(m.priority <= 100);
  }
};

// Robots directives of a page (meta name=robots, X-Robots-Tag), as bits.
inline constexpr uint8_t kRobotsNoindex = 1;
inline constexpr uint8_t kRobotsNofollow = 2;
inline constexpr uint8_t kRobotsNoarchive = 4;
inline constexpr uint8_t kRobotsUnavailable = 8;  // its unavailable_after has passed
inline constexpr uint8_t kRobotsAll =
    kRobotsNoindex | kRobotsNofollow | kRobotsNoarchive | kRobotsUnavailable;

struct PageResult {
  static constexpr MessageType kType = MessageType::kPageResult;
  Transfer transfer;
  std::string_view headers;       // the response's header lines as received, CRLF between
  std::string_view content_type;  // essence, lower case: "text/html"
  std::string_view etag;
  std::string_view last_modified;

  // From here on only where the outcome is ok (or too_large: of the part that came).
  DocumentKind document = DocumentKind::kNone;
  ParseStatus parse_status = ParseStatus::kNone;
  std::string_view charset;  // WHATWG name: "UTF-8", "windows-1252"
  CharsetSource charset_source = CharsetSource::kNone;
  std::string_view title;
  std::string_view description;
  std::string_view canonical;  // absolute URL; "" : none
  std::string_view lang;       // BCP 47
  LangSource lang_source = LangSource::kNone;
  std::string_view author;
  int64_t published_at_ms = 0;  // as the page says; wall clock; 0: unknown
  int64_t modified_at_ms = 0;
  uint8_t robots_directives = 0;     // not_modified: those of this response's header
  int64_t unavailable_after_ms = 0;  // robots directive; wall clock; 0: none
  // Structured data as one JSON object (docs/schema.md), "" when there is none.
  std::string_view metadata;
  std::string_view text;        // visible text, UTF-8
  std::string_view main_text;   // of it the main content; "" where nothing sets it apart
  uint64_t body_bytes = 0;      // decoded
  uint64_t content_hash = 0;    // XXH3-64 of the decoded body
  uint64_t text_hash = 0;       // XXH3-64 of `text`
  uint64_t simhash = 0;         // 64-bit simhash of `text`'s word shingles
  uint32_t links_dropped = 0;   // one too many, no URL, or a javascript: or data: URL
  std::vector<PageLink> links;  // in document order
  std::string_view body_zstd;   // the decoded body as one zstd frame; "" where not kept

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.object(m.transfer);
    v.text(m.headers, kHeaderBytesMax);
    v.text(m.content_type, kShortBytesMax);
    v.text(m.etag, kShortBytesMax);
    v.text(m.last_modified, kShortBytesMax);
    v.choice(m.document);
    v.choice(m.parse_status);
    v.text(m.charset, kShortBytesMax);
    v.choice(m.charset_source);
    v.text(m.title, kTitleBytesMax);
    v.text(m.description, kMetaBytesMax);
    v.text(m.canonical, kUrlBytesMax);
    v.text(m.lang, kShortBytesMax);
    v.choice(m.lang_source);
    v.text(m.author, kShortBytesMax);
    v.number(m.published_at_ms);
    v.require(m.published_at_ms >= 0);
    v.number(m.modified_at_ms);
    v.require(m.modified_at_ms >= 0);
    v.number(m.robots_directives);
    v.require((m.robots_directives & ~kRobotsAll) == 0);
    v.number(m.unavailable_after_ms);
    v.require(m.unavailable_after_ms >= 0);
    v.text(m.metadata, kMetadataBytesMax);
    v.text(m.text, kBodyBytesCeiling);
    v.text(m.main_text, kBodyBytesCeiling);
    v.number(m.body_bytes);
    v.number(m.content_hash);
    v.number(m.text_hash);
    v.number(m.simhash);
    v.number(m.links_dropped);
    v.list(m.links, kEntriesMax);
    v.text(m.body_zstd, kBodyBytesCeiling);
  }
};

struct RobotsResult {
  static constexpr MessageType kType = MessageType::kRobotsResult;
  Transfer transfer;
  // RobotsRules::serialize() (web/robots.h) of the group that applies; meaningful where outcome is
  // ok.
  std::string_view rules;

  template <typename M, typename V>
  static void fields(M& m, V& v) {
    v.object(m.transfer);
    v.text(m.rules, 2 * kRobotsBytesMax);
  }
};

template <typename Message>
void encode_message(const Message& message, std::string& out) {
  out.push_back(static_cast<char>(Message::kType));
  Encoder encoder(out);
  Message::fields(message, encoder);
}

// The type byte of an encoded message; nullopt when empty.
inline std::optional<MessageType> message_type(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  return static_cast<MessageType>(static_cast<unsigned char>(bytes[0]));
}

// nullopt unless `bytes` is exactly one well-formed Message.
template <typename Message>
std::optional<Message> decode_message(std::string_view bytes) {
  if (message_type(bytes) != Message::kType) return std::nullopt;
  Message message;
  Decoder decoder(bytes.substr(1));
  Message::fields(message, decoder);
  if (!decoder.finished()) return std::nullopt;
  return message;
}

}  // namespace crawl
