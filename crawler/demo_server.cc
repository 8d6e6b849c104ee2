// SPDX-License-Identifier: MIT
#include "crawler/demo_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/retry.h"
#include "base/thread.h"
#include "crawler/demo_pages.h"

namespace crawl {
namespace {

constexpr size_t kHeadBytesMax = 16 * 1024;
constexpr size_t kConnectionsMax = 256;

struct Route {
  std::string_view path, file, content_type;
};

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr Route kRoutes[] = {
    {"/", "index.html", kHtml},
    {"/catalogue/", "catalogue.html", kHtml},
    {"/catalogue/charts.html", "charts.html", kHtml},
    {"/catalogue/birds.html", "birds.html", kHtml},
    {"/catalogue/knots.html", "knots.html", kHtml},
    {"/visit.html", "visit.html", kHtml},
    {"/ferry.txt", "ferry.txt", kText},
    {"/news.html", "news.html", kHtml},
    {"/history.html", "history.html", kHtml},
    {"/languages.html", "languages.html", kHtml},
    {"/staff/rota.html", "rota.html", kHtml},
    {"/robots.txt", "robots.txt", kText},
};
constexpr std::string_view kMovedFrom = "/old-catalogue";

struct Reply {
  std::string_view status, body, content_type = kHtml, extra_header = "";
};

Reply reply_for(std::string_view path) {
  if (path == kMovedFrom) {
    return {"301 Moved Permanently", "The catalogue has moved.\n", kText,
            "Location: /catalogue/\r\n"};
  }
  for (const Route& route : kRoutes) {
    if (route.path == path)
      return {"200 OK", demo_file(route.file).value_or(""), route.content_type};
  }
  return {"404 Not Found", demo_file("not_found.html").value_or("")};
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return result;
}

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

struct Request {
  std::string_view method, target, version;
  bool has_host = false, close = false, has_body = false;
};

std::optional<Request> read_request(std::string_view head) {
  Request request;
  size_t end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, end);
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.version = line.substr(last + 1);
  if (request.version != "HTTP/1.1" && request.version != "HTTP/1.0") return std::nullopt;
  request.close = request.version == "HTTP/1.0";
  while (end < head.size()) {
    const size_t begin = end + 2;
    end = std::min(head.find("\r\n", begin), head.size());
    const std::string_view field = head.substr(begin, end - begin);
    const size_t colon = field.find(':');
    if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
    const std::string field_name = lower(field.substr(0, colon));
    const std::string_view value = trim(field.substr(colon + 1));
    if (field_name == "host") request.has_host = true;
    if (field_name == "connection" && lower(value).find("close") != std::string::npos)
      request.close = true;
    if (field_name == "transfer-encoding" || (field_name == "content-length" && value != "0"))
      request.has_body = true;
  }
  return request;
}

DemoResponse render(const Reply& reply, bool with_body, bool keep_open) {
  DemoResponse response;
  response.keep_open = keep_open;
  response.bytes = "HTTP/1.1 " + std::string(reply.status) +
                   "\r\nContent-Type: " + std::string(reply.content_type) +
                   "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n" +
                   std::string(reply.extra_header) + (keep_open ? "" : "Connection: close\r\n") +
                   "\r\n";
  if (with_body) response.bytes += reply.body;
  return response;
}

// One connection: what has come and was not answered yet, and what is still to be sent.
struct Connection {
  UniqueFd socket;
  std::string in, out;
  bool closing = false;  // after `out` has gone
};

void answer_all(Connection& connection) {
  while (!connection.closing) {
    const size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos && connection.in.size() <= kHeadBytesMax) return;
    DemoResponse response =
        end == std::string::npos || end > kHeadBytesMax
            ? render({"431 Request Header Fields Too Large", "Too long.\n", kText}, true, false)
            : answer_demo_request(std::string_view(connection.in).substr(0, end));
    connection.in.erase(0, end == std::string::npos ? end : end + 4);
    connection.out += response.bytes;
    connection.closing = !response.keep_open;
  }
}

// False when the connection is over.
bool advance(Connection& connection, short events) {
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !connection.closing) {
    std::array<char, 4096> chunk{};
    const ssize_t got = recv(connection.socket.fd(), chunk.data(), chunk.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got > 0) connection.in.append(chunk.data(), static_cast<size_t>(got));
    answer_all(connection);
  }
  while (!connection.out.empty()) {
    const ssize_t sent =
        send(connection.socket.fd(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    connection.out.erase(0, static_cast<size_t>(sent));
  }
  return !connection.closing;
}

}  // namespace

DemoResponse answer_demo_request(std::string_view head) {
  const std::optional<Request> request = read_request(head);
  if (!request || (request->version == "HTTP/1.1" && !request->has_host)) {
    return render({"400 Bad Request", "That is no request.\n", kText}, true, false);
  }
  if ((request->method != "GET" && request->method != "HEAD") || request->has_body) {
    return render({"405 Method Not Allowed", "Read only.\n", kText, "Allow: GET, HEAD\r\n"}, true,
                  false);
  }
  std::string_view path = request->target;
  if (lower(path.substr(0, 7)) == "http://") {  // absolute-form, RFC 9112 §3.2.2
    const size_t slash = path.find('/', 7);
    path = slash == std::string_view::npos ? "/" : path.substr(slash);
  }
  path = path.substr(0, path.find('?'));
  return render(reply_for(path), request->method == "GET", !request->close);
}

Result<std::unique_ptr<DemoServer>> DemoServer::start() {
  std::unique_ptr<DemoServer> server(new DemoServer);
  server->listener_.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!server->listener_) return errno_error("demo: socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(server->listener_.fd(), generic, size) != 0 ||
      listen(server->listener_.fd(), 128) != 0 ||
      getsockname(server->listener_.fd(), generic, &size) != 0) {
    return errno_error("demo: listen on 127.0.0.1");
  }
  server->port_ = ntohs(address.sin_port);
  server->stop_.reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!server->stop_) return errno_error("demo: eventfd");

  auto thread = start_thread([raw = server.get()] { raw->serve(); });
  if (!thread) return thread.error();
  server->thread_ = std::move(*thread);
  return server;
}

DemoServer::~DemoServer() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  uninterrupted([&] { return ::write(stop_.fd(), &one, sizeof one); });
  thread_.join();
}

void DemoServer::serve() {
  std::vector<Connection> connections;
  std::vector<pollfd> waits;
  while (true) {
    waits = {{stop_.fd(), POLLIN, 0}, {listener_.fd(), POLLIN, 0}};
    for (const Connection& c : connections) {
      const int events = (c.closing ? 0 : POLLIN) | (c.out.empty() ? 0 : POLLOUT);
      waits.push_back({c.socket.fd(), static_cast<short>(events), 0});
    }
    if (poll(waits.data(), waits.size(), -1) < 0) {
      if (errno != EINTR && errno != ENOMEM && errno != EAGAIN) return;
      ::usleep(10'000);  // short of something for a moment
      continue;
    }
    if (waits[0].revents != 0) return;
    for (size_t i = connections.size(); i-- > 0;) {
      const short events = waits[i + 2].revents;
      if (events != 0 && !advance(connections[i], events))
        connections.erase(connections.begin() + static_cast<ptrdiff_t>(i));
    }
    if (waits[1].revents == 0) continue;
    UniqueFd socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket && connections.size() < kConnectionsMax) {
      connections.push_back({std::move(socket), "", "", false});
    }
  }
}

}  // namespace crawl
