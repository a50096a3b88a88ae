// Lines over TCP connections, without blocking. Torch-free.
#ifndef TALLY_LIB_DISTRIBUTED_SOCKET_H_
#define TALLY_LIB_DISTRIBUTED_SOCKET_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally {

// Owns a file descriptor; -1: none.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int fd() const { return fd_; }

 private:
  int fd_;
};

// Listens on all addresses of this machine, at any free port. IoError.
absl::StatusOr<Socket> ListenTcp();
int PortOf(const Socket& socket);

// Connects to a listening one. IoError, also where nobody answers until `deadline`.
absl::StatusOr<Socket> ConnectTcp(const std::string& host, int port, absl::Time deadline);

// The next connection to a listening socket; fd() is -1 where none waits.
Socket AcceptTcp(const Socket& listening);

// The address of the other side, "?" where there is none any more.
std::string AddressOf(const Socket& connection);

// One end of a connection, read line by line.
class LineConnection {
 public:
  explicit LineConnection(Socket socket) : socket_(std::move(socket)) {}

  // Sends `line` and a line feed, as far as the system takes them at once.
  void Send(absl::string_view line) const;

  // Says that nothing more will be sent.
  void EndSending() const;

  // Appends the whole lines that have come, at most `most` of them and some 64 KiB a call: who sends without end holds
  // nobody up. False where there will be no more: the other side has closed, or sends something that is not a line.
  bool Receive(std::vector<std::string>* lines, size_t most = SIZE_MAX);

  // The next line; IoError where none has come until `deadline`.
  absl::StatusOr<std::string> Next(absl::Time deadline);

  const Socket& socket() const { return socket_; }
  int fd() const { return socket_.fd(); }

 private:
  void Read();
  bool HasLine() const { return rest_.find('\n') != std::string::npos; }

  Socket socket_;
  std::string rest_;  // lines that were not taken, and the beginning of one
  bool closed_ = false;
};

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_SOCKET_H_
