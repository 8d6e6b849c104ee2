// SPDX-License-Identifier: MIT
#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "base/check.h"

namespace crawl {

std::string ScriptedConnection::read_request() {
  for (;;) {
    const size_t end = pending_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::string request = pending_.substr(0, end + 4);
      pending_.erase(0, end + 4);
      return request;
    }
    std::array<char, 4096> chunk;
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n <= 0) return "";
    pending_.append(chunk.data(), static_cast<size_t>(n));
  }
}

bool ScriptedConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void ScriptedConnection::wait_for_close() {
  std::array<char, 4096> chunk;
  while (::recv(fd_, chunk.data(), chunk.size(), 0) > 0) {
  }
}

bool ScriptedConnection::closed_within(int timeout_ms) {
  pollfd wait{fd_, POLLRDHUP, 0};
  return ::poll(&wait, 1, timeout_ms) > 0;
}

void ScriptedConnection::reset_on_close() {
  const linger abort_now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort_now, sizeof abort_now);
}

std::unique_ptr<ScriptedServer> ScriptedServer::raw(RawHandler handler) {
  std::unique_ptr<ScriptedServer> server(new ScriptedServer());
  server->handler_ = std::move(handler);
  server->listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CRAWL_CHECK(::bind(server->listener_.fd(), generic, length) == 0);
  CRAWL_CHECK(::listen(server->listener_.fd(), 128) == 0);
  CRAWL_CHECK(::getsockname(server->listener_.fd(), generic, &length) == 0);
  server->port_ = ntohs(address.sin_port);
  server->acceptor_ = std::thread([self = server.get()] { self->accept_loop(); });
  return server;
}

std::unique_ptr<ScriptedServer> ScriptedServer::answering(Responder responder) {
  auto self = std::make_shared<ScriptedServer*>(nullptr);
  auto server = raw([self, responder = std::move(responder)](ScriptedConnection& connection) {
    for (;;) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      {
        const std::lock_guard<std::mutex> lock((*self)->mutex_);
        (*self)->requests_.push_back(request);
      }
      const Reply reply = responder(request);
      if (!connection.write(reply.bytes) || reply.after == After::kClose) return;
    }
  });
  *self = server.get();  // before anybody knows the port
  return server;
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_.fd(), SHUT_RDWR);  // ends accept()
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

void ScriptedServer::accept_loop() {
  for (;;) {
    UniqueFd socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return;
    ++connections_;
    open_.insert(socket.fd());
    threads_.emplace_back([this, fd = socket.release()] { run_connection(UniqueFd(fd)); });
  }
}

void ScriptedServer::run_connection(UniqueFd socket) {
  ScriptedConnection connection(socket.fd());
  handler_(connection);
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(socket.fd());
  socket.reset();
}

std::string ScriptedServer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<std::string> ScriptedServer::requests() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

std::string ScriptedServer::response(std::string_view status, std::string_view fields,
                                     std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string ScriptedServer::page(std::string_view body) {
  return response("200 OK", "Content-Type: text/html; charset=utf-8\r\n", body);
}

}  // namespace crawl
