#include "lib/distributed/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr size_t kLongestLine = 1 << 16;

absl::Status SystemError(absl::string_view what, int error_number) {
  return IoError(absl::StrCat(what, ": ", std::strerror(error_number)));
}

void MakeNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

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

absl::StatusOr<Socket> ConnectTcp(const std::string& host, int port) {
  const std::string where = absl::StrCat(host, ":", port);
  addrinfo hints = {}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int error = getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found);
  if (error != 0) return IoError(absl::StrCat(where, ": ", gai_strerror(error)));
  int last_error = 0;
  Socket connected;
  for (const addrinfo* a = found; a != nullptr && connected.fd() < 0; a = a->ai_next) {
    Socket candidate(socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (candidate.fd() >= 0 && connect(candidate.fd(), a->ai_addr, a->ai_addrlen) == 0) {
      connected = std::move(candidate);
    } else {
      last_error = errno;
    }
  }
  freeaddrinfo(found);
  if (connected.fd() < 0) return SystemError(where, last_error);
  MakeNonBlocking(connected.fd());
  return connected;
}

Socket AcceptTcp(const Socket& listening) {
  return Socket(accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

void LineConnection::Send(absl::string_view line) const {
  const std::string text = absl::StrCat(line, "\n");
  // A full buffer means that the other side has not read for long: its silence will tell.
  (void)send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void LineConnection::EndSending() const { shutdown(socket_.fd(), SHUT_WR); }

bool LineConnection::Receive(std::vector<std::string>* lines) {
  char buffer[4096];
  while (true) {
    const ssize_t n = recv(socket_.fd(), buffer, sizeof(buffer), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (n == 0) return false;
    rest_.append(buffer, n);
    for (size_t end; (end = rest_.find('\n')) != std::string::npos; rest_.erase(0, end + 1)) {
      lines->push_back(rest_.substr(0, end));
    }
    if (rest_.size() > kLongestLine) return false;
  }
}

}  // namespace tally
