// SPDX-License-Identifier: MIT
#include "serve/http_server.h"

#include <microhttpd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/out_of_memory.h"
#include "serve/listen_address.h"

namespace crawl {

namespace {

constexpr unsigned kConnectionsMax = 64;
constexpr unsigned kConnectionsPerAddressMax = 16;  // of others
constexpr unsigned kIdleSeconds = 30;
constexpr size_t kRequestBytesMax = 32 * 1024;  // its line and headers

// The page may load nothing but what this server gives it, and nobody may frame it.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' "
    "data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// Takes as long for each guess of the same length.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

// Browsers give a cookie to all ports of a host: its name tells whose it is.
std::string cookie_name(uint16_t port) { return "crawl_token_" + std::to_string(port) + "="; }

std::string_view cookie_value(std::string_view cookies, std::string_view name) {
  for (;;) {
    const size_t begin = cookies.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    cookies.remove_prefix(begin);
    const size_t end = cookies.find(';');
    const std::string_view one = cookies.substr(0, end);
    if (one.starts_with(name)) return one.substr(name.size());
    if (end == std::string_view::npos) return {};
    cookies.remove_prefix(end + 1);
  }
}

// A name of this machine that only it can have: another site's page may have made the browser
// connect here by a name of its own (DNS rebinding).
bool names_loopback(std::string_view host) {
  if (host.starts_with('[')) {
    return host.substr(0, host.find(']')) == "[::1";
  }
  host = host.substr(0, host.rfind(':'));
  return host == "localhost" || is_loopback_literal(std::string(host));
}

// --- the library's callbacks

std::string header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

enum MHD_Result take_query(void* queries, enum MHD_ValueKind /*kind*/, const char* name,
                           const char* value) {
  (*static_cast<std::map<std::string, std::string>*>(queries))[name] =
      value == nullptr ? "" : value;
  return MHD_YES;
}

constexpr const char* kOnlyFramePolicy = "frame-ancestors 'none'";

struct Stream {
  std::function<std::optional<std::string>()> next;
  std::string piece;
};

ssize_t read_stream(void* context, uint64_t /*position*/, char* to, size_t room) {
  auto* stream = static_cast<Stream*>(context);
  if (stream->piece.empty()) {
    std::optional<std::string> next = stream->next();
    if (!next) return MHD_CONTENT_READER_END_OF_STREAM;
    stream->piece = std::move(*next);
  }
  const size_t taken = std::min(room, stream->piece.size());
  std::copy_n(stream->piece.data(), taken, to);
  stream->piece.erase(0, taken);
  return static_cast<ssize_t>(taken);
}

void free_stream(void* context) { delete static_cast<Stream*>(context); }

MHD_Response* make_response(HttpResponse& response) {
  MHD_Response* made = nullptr;
  if (response.stream) {
    auto* stream = new Stream{std::move(response.stream), {}};
    made = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, &read_stream, stream,
                                             &free_stream);
  } else {
    made = MHD_create_response_from_buffer(response.body.size(), response.body.data(),
                                           MHD_RESPMEM_MUST_COPY);
  }
  if (made == nullptr) out_of_memory();
  return made;
}

enum MHD_Result send(MHD_Connection* connection, HttpResponse& response,
                     const std::string& set_cookie) {
  MHD_Response* made = make_response(response);
  const auto add = [made](const char* name, const std::string& value) {
    if (!value.empty()) MHD_add_response_header(made, name, value.c_str());
  };
  add("Content-Type", response.content_type);
  add("Location", response.location);
  add("Set-Cookie", set_cookie);
  add("Content-Security-Policy", response.has_own_policy ? kOnlyFramePolicy : kPolicy);
  add("X-Content-Type-Options", "nosniff");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  add("Cache-Control", "no-store");
  if (response.status == 405) add("Allow", "GET, HEAD");
  if (response.status == 401) add("WWW-Authenticate", "Bearer");
  const auto queued = MHD_queue_response(connection, static_cast<unsigned>(response.status), made);
  MHD_destroy_response(made);
  return queued;
}

enum MHD_Result on_request(void* server, MHD_Connection* connection, const char* path,
                           const char* method, const char* /*version*/, const char* /*upload*/,
                           size_t* upload_bytes, void** state) {
  static int seen;
  // The first call has the headers only; a body, which nobody asked for, is read and dropped.
  if (*state == nullptr) {
    *state = &seen;
    return MHD_YES;
  }
  if (*upload_bytes > 0) {
    *upload_bytes = 0;
    return MHD_YES;
  }
  HttpServer::Asked asked{method,
                          path,
                          header(connection, "Host"),
                          header(connection, "Authorization"),
                          header(connection, "Cookie"),
                          header(connection, "Sec-Fetch-Site"),
                          header(connection, "Sec-Fetch-Mode"),
                          header(connection, "Sec-Fetch-Dest"),
                          {}};
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &take_query, &asked.queries);
  std::string set_cookie;
  HttpResponse response = static_cast<const HttpServer*>(server)->answer(asked, set_cookie);
  return send(connection, response, set_cookie);
}

void ignore_log(void* /*context*/, const char* /*format*/, va_list /*values*/) {}

}  // namespace

std::optional<int64_t> HttpRequest::number(const std::string& name, int64_t if_absent, int64_t min,
                                           int64_t max) const {
  const std::string text = query(name);
  if (text.empty()) return if_absent;
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  if (!whole || value < min || value > max) return std::nullopt;
  return value;
}

HttpResponse HttpResponse::plain(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text) + "\n";
  return response;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const Options& options, Handler handler) {
  const std::optional<ListenAddress> address = ListenAddress::read(options.address, options.port);
  if (!address) return Error{Errc::kInvalid, 0, options.address + " is no IP address"};
  if (!address->loopback && options.token.empty()) {
    return Error{Errc::kInvalid, 0,
                 "others can reach " + options.address + ": it needs a token (--token-file)"};
  }
  const std::string shown = options.address + " port " + std::to_string(options.port);
  Result<UniqueFd> socket = address->listen(shown);
  if (!socket) return socket.error();
  const uint16_t port = port_of(*socket);
  auto server = std::unique_ptr<HttpServer>(
      new HttpServer(options, std::move(handler), std::move(*socket), port));
  server->daemon_ = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC,
      0, nullptr, nullptr, &on_request, server.get(), MHD_OPTION_LISTEN_SOCKET,
      server->socket_.fd(), MHD_OPTION_CONNECTION_LIMIT, kConnectionsMax,
      MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kRequestBytesMax, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      address->loopback ? 0u : kConnectionsPerAddressMax, MHD_OPTION_EXTERNAL_LOGGER, &ignore_log,
      nullptr, MHD_OPTION_END);
  if (server->daemon_ == nullptr) return errno_error("cannot serve on " + shown);
  return server;
}

HttpServer::HttpServer(const Options& options, Handler handler, UniqueFd socket, uint16_t port)
    : options_(options),
      handler_(std::move(handler)),
      loopback_(is_loopback_literal(options.address)),
      socket_(std::move(socket)),
      port_(port) {}

// The library closes the socket.
HttpServer::~HttpServer() {
  if (daemon_ == nullptr) return;
  (void)socket_.release();
  MHD_stop_daemon(daemon_);
}

std::string HttpServer::url() const {
  const bool six = options_.address.find(':') != std::string::npos;
  return "http://" + (six ? "[" + options_.address + "]" : options_.address) + ":" +
         std::to_string(port_) + "/";
}

bool HttpServer::has_token(const Asked& asked) const {
  constexpr std::string_view kBearer = "Bearer ";
  if (asked.authorization.starts_with(kBearer)) {
    return same_secret(std::string_view(asked.authorization).substr(kBearer.size()),
                       options_.token);
  }
  return same_secret(cookie_value(asked.cookie, cookie_name(port_)), options_.token);
}

HttpResponse HttpServer::answer(const Asked& asked, std::string& set_cookie) const {
  if (asked.method != "GET" && asked.method != "HEAD") {
    return HttpResponse::plain(405, "crawl serve only reads: GET or HEAD");
  }
  if (options_.token.empty() && !names_loopback(asked.host)) {
    return HttpResponse::plain(403, "ask for this server as localhost or 127.0.0.1");
  }
  // Another site's page has no business here; a link on it that somebody follows has.
  const bool followed = asked.fetch_mode == "navigate" && asked.fetch_dest == "document";
  if (asked.fetch_site == "cross-site" && !followed) {
    return HttpResponse::plain(403, "another site may not ask here");
  }
  HttpRequest request{asked.path, asked.queries};
  if (!options_.token.empty()) {
    // Once, by hand; from then on it is a cookie, and in no address that could be passed on.
    const auto typed = request.queries.find("token");
    if (typed != request.queries.end() && same_secret(typed->second, options_.token)) {
      set_cookie = cookie_name(port_) + options_.token + "; HttpOnly; SameSite=Strict; Path=/";
      HttpResponse response = HttpResponse::plain(303, "go on");
      response.location = "/";
      return response;
    }
    if (!has_token(asked)) {
      return HttpResponse::plain(401,
                                 "a token is needed: open /?token=TOKEN once, or send "
                                 "\"Authorization: Bearer TOKEN\"");
    }
  }
  return handler_(request);
}

}  // namespace crawl
