// SPDX-License-Identifier: MIT
#include "crawler/connection_broker.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/retry.h"
#include "base/thread.h"
#include "web/address_guard.h"

namespace crawl {

namespace {

constexpr uint64_t kRefusalsInsistent = 100;
constexpr size_t kResolvConfBytesMax = 64 * 1024;

int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)); }

int pidfd_getfd(int pidfd, int fd) {
  return static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, fd, 0U));
}

// A signal, SIGSTOP for one, ends these calls too; the fetcher would wait for its answer for ever.
int notification(const UniqueFd& listener, unsigned long request, void* what) {
  return uninterrupted([&] { return ::ioctl(listener.fd(), request, what); });
}

// A listener knows that it has no request 0; anything else does not know what is asked.
bool is_listener(const UniqueFd& fd) {
  uint64_t none = 0;
  return notification(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &none) != 0 && errno == ENOENT;
}

// Ends a system call with EINTR; nobody else uses this signal.
constexpr int kInterrupt = SIGURG;

// The thread that calls it.
void make_interruptible() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(kInterrupt, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, kInterrupt);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// True when all of `bytes` were read.
bool read_memory(pid_t pid, uint64_t address, void* target, size_t bytes) {
  iovec here{target, bytes};
  iovec there{reinterpret_cast<void*>(static_cast<uintptr_t>(address)), bytes};
  return ::process_vm_readv(pid, &here, 1, &there, 1, 0) == static_cast<ssize_t>(bytes);
}

bool may_trace_other_users() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  return (data[CAP_SYS_PTRACE / 32].effective >> (CAP_SYS_PTRACE % 32) & 1U) != 0;
}

// Where there is none, the fetcher has none either. One that cannot be read just now would leave it
// without names for as long as it lives.
Result<std::string> read_resolv_conf() {
  errno = 0;
  std::ifstream file("/etc/resolv.conf", std::ios::binary);
  if (!file) {
    const Error error = errno_error("open /etc/resolv.conf");
    if (is_shortage(error)) return error;
  }
  std::string text(kResolvConfBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

void ring(const UniqueFd& bell) {
  const uint64_t one = 1;
  (void)!::write(bell.fd(), &one, sizeof one);
}

int socket_option(int fd, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

// nullopt: no socket that a fetcher may have.
std::optional<SocketKind> kind_of(int fd, int family) {
  if (socket_option(fd, SO_DOMAIN) != family) return std::nullopt;
  const int type = socket_option(fd, SO_TYPE);
  const int protocol = socket_option(fd, SO_PROTOCOL);
  if (type == SOCK_STREAM && protocol == IPPROTO_TCP) return SocketKind::kStream;
  if (type == SOCK_DGRAM && protocol == IPPROTO_UDP) return SocketKind::kDatagram;
  return std::nullopt;
}

// From what was understood of it, so that nothing else can take part.
socklen_t rebuild(const IpAddress& address, uint16_t port, uint32_t scope, sockaddr_storage& out) {
  out = {};
  if (address.family == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes.data(), 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_scope_id = scope;
  std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

// A process that has ended, or is just ending, has no descriptors and no memory any more.
Error error_of_child(const char* what) {
  Error error = errno_error(what);
  if (error.sys_errno == ESRCH || error.sys_errno == EBADF) error.code = Errc::kClosed;
  return error;
}

uint32_t scope_of(const sockaddr_storage& address) {
  if (address.ss_family != AF_INET6) return 0;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  return v6.sin6_scope_id;
}

}  // namespace

struct ConnectionBroker::Client {
  size_t index;
  uint64_t serial;
  pid_t pid;
  UniqueFd pidfd;
  UniqueFd listener;
  ConnectionPolicy policy;  // under the broker's mutex
  uint64_t refusals = 0;    // so is this
};

struct ConnectionBroker::Request {
  seccomp_notif call{};
};

std::optional<Error> ConnectionBroker::obstacle(pid_t child) {
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0U, &sizes) != 0) {
    return errno_error("this kernel has no seccomp notifications");
  }
  if (sizes.seccomp_notif != sizeof(seccomp_notif) ||
      sizes.seccomp_notif_resp != sizeof(seccomp_notif_resp)) {
    return Error{Errc::kVersion, 0, "this kernel's seccomp notifications are of another kind"};
  }
  // A fetcher of root becomes another user.
  if (::geteuid() == 0 && !may_trace_other_users()) {
    return errno_error(EPERM, "root is without CAP_SYS_PTRACE");
  }
  const UniqueFd pidfd(pidfd_open(child));
  if (!pidfd) return error_of_child("pidfd_open");
  const UniqueFd standard_input(pidfd_getfd(pidfd.fd(), STDIN_FILENO));
  if (!standard_input) return error_of_child("pidfd_getfd");
  char byte = 0;
  errno = 0;
  if (!read_memory(child, 1, &byte, 1) && errno != EFAULT)
    return error_of_child("process_vm_readv");
  return std::nullopt;
}

Result<std::unique_ptr<ConnectionBroker>> ConnectionBroker::start() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return errno_error("epoll_create1");
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop) return errno_error("eventfd");
  UniqueFd told(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!told) return errno_error("eventfd");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;  // no client's serial
  if (::epoll_ctl(epoll.fd(), EPOLL_CTL_ADD, stop.fd(), &event) != 0) return errno_error("epoll");
  std::unique_ptr<ConnectionBroker> broker(
      new ConnectionBroker(std::move(epoll), std::move(stop), std::move(told)));
  auto thread = start_thread([raw = broker.get()] {
    make_interruptible();
    raw->serve();
    raw->ended_ = true;
  });
  if (!thread) return thread.error();
  broker->thread_ = std::move(*thread);
  return broker;
}

ConnectionBroker::ConnectionBroker(UniqueFd epoll, UniqueFd stop, UniqueFd told)
    : epoll_(std::move(epoll)), stop_(std::move(stop)), told_(std::move(told)) {}

ConnectionBroker::~ConnectionBroker() {
  if (!thread_.joinable()) return;
  ring(stop_);
  while (!ended_) {
    ::pthread_kill(thread_.native_handle(), kInterrupt);
    ::usleep(1000);
  }
  thread_.join();
}

void ConnectionBroker::nudge() {
  const uint64_t asking = asking_;
  const bool stuck = asking % 2 == 1 && asking == asking_before_;
  asking_before_ = asking;
  if (!stuck) return;
  nudged_ = asking;
  ::pthread_kill(thread_.native_handle(), kInterrupt);
}

Result<void> ConnectionBroker::adopt(size_t index, pid_t child, int listener_fd) {
  drop(index);
  UniqueFd pidfd(pidfd_open(child));
  if (!pidfd) return errno_error("pidfd_open");
  UniqueFd listener(pidfd_getfd(pidfd.fd(), listener_fd));
  if (!listener) return errno_error("pidfd_getfd");
  if (!is_listener(listener)) return Error{Errc::kCorrupt, 0, "what it gives is no listener"};
  const auto resolv_conf = read_resolv_conf();
  if (!resolv_conf) return resolv_conf.error();
  const std::lock_guard<std::mutex> guard(mutex_);
  const uint64_t serial = next_serial_++;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = serial;
  if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, listener.fd(), &event) != 0) {
    return errno_error("watch the listener");
  }
  ConnectionPolicy policy(name_servers(*resolv_conf));
  clients_[index] = std::make_shared<Client>(
      Client{index, serial, child, std::move(pidfd), std::move(listener), std::move(policy)});
  return {};
}

void ConnectionBroker::drop(size_t index) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = clients_.find(index);
  if (found == clients_.end()) return;
  ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, found->second->listener.fd(), nullptr);
  clients_.erase(found);
  const auto is_of = [index](const Refusal& refusal) { return refusal.index == index; };
  refusals_.erase(std::remove_if(refusals_.begin(), refusals_.end(), is_of), refusals_.end());
}

void ConnectionBroker::permit(size_t index, uint64_t lease, std::string_view url,
                              bool allow_private, std::string_view proxy) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = clients_.find(index);
  if (found == clients_.end()) return;
  found->second->policy.permit(lease, url, allow_private, std::string(proxy));
}

void ConnectionBroker::withdraw(size_t index, uint64_t lease) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = clients_.find(index);
  if (found != clients_.end()) found->second->policy.withdraw(lease);
}

std::vector<ConnectionBroker::Refusal> ConnectionBroker::take_refusals() {
  uint64_t rings = 0;
  (void)!::read(told_.fd(), &rings, sizeof rings);
  const std::lock_guard<std::mutex> guard(mutex_);
  return std::exchange(refusals_, {});
}

std::shared_ptr<ConnectionBroker::Client> ConnectionBroker::client_by_serial(uint64_t serial) {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const auto& [index, client] : clients_) {
    if (client->serial == serial) return client;
  }
  return nullptr;
}

// Level-triggered, one request of each listener per round: nobody is starved by a neighbour.
void ConnectionBroker::serve() {
  std::array<epoll_event, 64> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.u64 == 0) return;
      const auto client = client_by_serial(event.data.u64);
      if (!client) continue;
      if ((event.events & EPOLLIN) != 0) {
        answer(*client);
      } else {  // its process has gone; drop() will come
        ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, client->listener.fd(), nullptr);
      }
    }
  }
}

// Under the mutex. A fetcher that has been dropped is nobody's business any more.
void ConnectionBroker::report(const Client& client, std::string target, bool insistent) {
  const auto found = clients_.find(client.index);
  if (found == clients_.end() || found->second.get() != &client) return;
  refusals_.push_back({client.index, std::move(target), insistent});
  ring(told_);
}

void ConnectionBroker::answer(Client& client) {
  Request request;
  const uint64_t asking = ++asking_;
  const bool received = ::ioctl(client.listener.fd(), SECCOMP_IOCTL_NOTIF_RECV, &request.call) == 0;
  const int error_number = errno;
  ++asking_;
  if (!received) {
    if (error_number != EINTR || nudged_ != asking) return;
    const std::lock_guard<std::mutex> guard(mutex_);
    return report(client, {}, true);
  }
  const std::optional<int> error = decide(client, request);
  if (!error) return;
  seccomp_notif_resp response{};
  response.id = request.call.id;
  response.error = -*error;
  // Fails where the fetcher has been interrupted or killed meanwhile.
  (void)notification(client.listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

std::optional<int> ConnectionBroker::decide(Client& client, const Request& request) {
  const seccomp_notif& call = request.call;
  if (call.data.nr != SYS_connect || static_cast<pid_t>(call.pid) != client.pid) return EPERM;
  sockaddr_storage copy{};
  const uint64_t length = call.data.args[2] & 0xFFFFFFFF;
  if (length < sizeof(sa_family_t) || length > sizeof copy) return EINVAL;
  const bool read = read_memory(client.pid, call.data.args[1], &copy, length);
  // Only now is it certain that the memory was that of the process that waits.
  uint64_t id = call.id;
  if (notification(client.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) != 0) return std::nullopt;
  if (!read) return EFAULT;
  const UniqueFd socket(pidfd_getfd(client.pidfd.fd(), static_cast<int>(call.data.args[0])));
  if (!socket) return EBADF;
  return connect(client, socket.fd(), copy, static_cast<size_t>(length));
}

int ConnectionBroker::connect(Client& client, int fd, const sockaddr_storage& asked,
                              size_t length) {
  const auto* generic = reinterpret_cast<const sockaddr*>(&asked);
  const auto address = address_of(generic, length);
  const auto kind = kind_of(fd, asked.ss_family);
  if (!address || !kind) return EACCES;
  const uint16_t port = port_of(generic, length);
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!client.policy.allows(*kind, *address, port)) {
      ++client.refusals;
      const bool insistent = client.refusals == kRefusalsInsistent;
      if (client.refusals == 1 || insistent) {
        report(client, endpoint_text(*address, port), insistent);
      }
      return EACCES;
    }
  }
  // The flag belongs to the open socket, which is the fetcher's as well; it can set it, but not
  // clear it (fetcher/system_calls.cc).
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return EACCES;
  sockaddr_storage target{};
  const socklen_t size = rebuild(*address, port, scope_of(asked), target);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&target), size) == 0) return 0;
  // A fetcher that was interrupted asks for the same again.
  if (errno == EALREADY) return EINPROGRESS;
  return errno == EISCONN ? 0 : errno;
}

}  // namespace crawl
