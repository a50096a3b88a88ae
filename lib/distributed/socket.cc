#include "lib/distributed/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/steady_clock.h"

namespace tally {
namespace {

constexpr size_t kLongestLine = 1 << 16;

absl::Status SystemError(absl::string_view what, int error_number) {
  return IoError(absl::StrCat(what, ": ", std::strerror(error_number)));
}

// Waits for `events` on `fd`; false once it is `deadline`.
bool Await(int fd, short events, absl::Time deadline) {
  pollfd waiting = {fd, events, 0};
  while (true) {
    const absl::Duration left = deadline - SteadyNow();
    if (left <= absl::ZeroDuration()) return false;
    const int64_t wait = std::min(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))), int64_t{1000});
    if (poll(&waiting, 1, static_cast<int>(wait)) > 0) return true;
  }
}

// 0, or the number of an error. A connection that a signal interrupts, or that takes long, goes on by itself.
int Connect(const Socket& socket, const addrinfo& to, absl::Time deadline) {
  if (connect(socket.fd(), to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!Await(socket.fd(), POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// Both kinds of addresses at once where the machine has IPv6.
bool BindAny(int fd, int family) {
  sockaddr_storage address = {};
  address.ss_family = static_cast<sa_family_t>(family);  // any address, any port: all zero
  const int off = 0;
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  const socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 && listen(fd, SOMAXCONN) == 0;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<Socket> ListenTcp() {
  for (const int family : {AF_INET6, AF_INET}) {
    Socket listening(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (listening.fd() >= 0 && BindAny(listening.fd(), family)) return listening;
  }
  return SystemError("cannot listen for other ranks", errno);
}

int PortOf(const Socket& socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  const bool six = address.ss_family == AF_INET6;
  return ntohs(six ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

absl::StatusOr<Socket> ConnectTcp(const std::string& host, int port, absl::Time deadline) {
  const std::string where = absl::StrCat(host, ":", port);
  addrinfo hints = {}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int error = getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) return IoError(absl::StrCat(where, ": ", gai_strerror(error)));
  int last_error = 0;
  Socket connected;
  for (const addrinfo* a = found; a != nullptr && connected.fd() < 0; a = a->ai_next) {
    Socket candidate(socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    last_error = candidate.fd() < 0 ? errno : Connect(candidate, *a, deadline);
    if (last_error == 0) connected = std::move(candidate);
  }
  freeaddrinfo(found);
  if (connected.fd() < 0) return SystemError(where, last_error);
  return connected;
}

Socket AcceptTcp(const Socket& listening) {
  return Socket(accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

std::string AddressOf(const Socket& connection) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  char text[NI_MAXHOST] = {};
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (getpeername(connection.fd(), any, &size) != 0) return "?";
  if (getnameinfo(any, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return text;
}

void LineConnection::Send(absl::string_view line) const {
  const std::string text = absl::StrCat(line, "\n");
  // A full buffer means that the other side has not read for long: its silence will tell.
  (void)send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void LineConnection::EndSending() const { shutdown(socket_.fd(), SHUT_WR); }

void LineConnection::Read() {
  char buffer[4096];
  for (size_t total = 0; total < kLongestLine && !closed_;) {
    const ssize_t n = recv(socket_.fd(), buffer, sizeof(buffer), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    closed_ = n <= 0;
    if (n > 0) rest_.append(buffer, n), total += n;
  }
}

bool LineConnection::Receive(std::vector<std::string>* lines, size_t most) {
  if (!HasLine()) Read();
  size_t begin = 0;
  for (size_t end; most > 0 && (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1, --most) {
    lines->push_back(rest_.substr(begin, end - begin));
  }
  rest_.erase(0, begin);
  if (HasLine()) return true;
  return !closed_ && rest_.size() <= kLongestLine;
}

absl::StatusOr<std::string> LineConnection::Next(absl::Time deadline) {
  std::vector<std::string> lines;
  while (true) {
    const bool open = Receive(&lines, 1);
    if (!lines.empty()) return std::move(lines[0]);
    if (!open) return IoError("it closed the connection");
    if (!Await(socket_.fd(), POLLIN, deadline)) return IoError("it does not answer");
  }
}

}  // namespace tally
