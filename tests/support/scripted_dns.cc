// SPDX-License-Identifier: MIT
#include "tests/support/scripted_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "base/check.h"

namespace crawl {

namespace {

constexpr size_t kHeaderBytes = 12;
constexpr int kTypeA = 1;

// Big-endian, as everything in a DNS message.
std::string number(uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<unsigned char>((value >> shift) & 0xFFU));
  }
  return out;
}

// The question's name as text; `end` becomes the index past it. "" when malformed.
std::string read_name(const std::string& query, size_t& end) {
  std::string name;
  size_t at = kHeaderBytes;
  while (at < query.size() && query[at] != 0) {
    const auto length = static_cast<unsigned char>(query[at]);
    if (!name.empty()) name += '.';
    name += query.substr(at + 1, length);
    at += length + 1U;
  }
  end = at + 1;
  return name;
}

}  // namespace

ScriptedDns::ScriptedDns(Table table) : table_(std::move(table)) {
  socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  CRAWL_CHECK(::bind(socket_.fd(), generic, length) == 0);
  CRAWL_CHECK(::getsockname(socket_.fd(), generic, &length) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedDns::~ScriptedDns() {
  // A datagram of no bytes ends the thread: shutdown() does not wake a UDP socket everywhere.
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::sendto(sender.fd(), "", 0, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
  thread_.join();
}

std::string ScriptedDns::address() const { return "127.0.0.1:" + std::to_string(port_); }

void ScriptedDns::serve() {
  std::array<char, 1500> packet;
  for (;;) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    auto* generic = reinterpret_cast<sockaddr*>(&from);
    const ssize_t n = ::recvfrom(socket_.fd(), packet.data(), packet.size(), 0, generic, &length);
    if (n <= 0) return;
    const std::string reply = reply_to(std::string(packet.data(), static_cast<size_t>(n)));
    if (!reply.empty()) ::sendto(socket_.fd(), reply.data(), reply.size(), 0, generic, length);
  }
}

std::string ScriptedDns::reply_to(const std::string& query) {
  if (query.size() < kHeaderBytes + 5) return "";
  size_t end = 0;
  const std::string name = read_name(query, end);
  if (end + 4 > query.size()) return "";
  const int type = static_cast<unsigned char>(query[end + 1]);
  ++questions_;
  const Answer answer = table_(name);
  if (answer.silent) return "";
  const size_t count = type == kTypeA && answer.rcode == 0 ? answer.ipv4.size() : 0;
  std::string reply = query.substr(0, 2);
  reply += number(0x8180U | static_cast<uint32_t>(answer.rcode), 2);  // a response, recursion done
  reply += number(1, 2) + number(static_cast<uint32_t>(count), 2) + number(0, 4);
  reply += query.substr(kHeaderBytes, end + 4 - kHeaderBytes);
  for (size_t i = 0; i < count; ++i) {
    in_addr ip{};
    CRAWL_CHECK(::inet_pton(AF_INET, answer.ipv4[i].c_str(), &ip) == 1);
    reply += number(0xC00CU, 2) + number(kTypeA, 2) + number(1, 2) + number(answer.ttl_s, 4);
    reply += number(4, 2) + number(ntohl(ip.s_addr), 4);
  }
  return reply;
}

}  // namespace crawl
