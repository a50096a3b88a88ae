#include "lib/distributed/liveness.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/distributed/socket.h"

namespace tally {
namespace {

// How long rank 0 stays after a loss, so that all others read which rank it was.
constexpr absl::Duration kFarewell = absl::Seconds(2);

std::string HostName() {
  char name[256] = {};
  gethostname(name, sizeof(name) - 1);
  return name;
}

std::string NameOf(int rank, absl::string_view host) { return absl::StrCat("rank ", rank, " (", host, ")"); }

// The other side of a connection.
struct Peer {
  explicit Peer(Socket socket) : connection(std::move(socket)) {}

  LineConnection connection;
  int rank = -1;  // until it has said hello
  std::string host;
  absl::Time heard = absl::Now();
  bool closed = false;
  bool left = false;  // said bye
};

}  // namespace

// The thread and all that it works on. Other threads set `leave_` and wake it.
class Liveness::Watcher {
 public:
  Watcher(const LivenessOptions& options, Socket listening)
      : options_(options),
        interval_(options.timeout / 10),
        silence_(options.timeout * 0.8),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        listening_(std::move(listening)),
        present_(options.size) {}

  ~Watcher() { End(); }

  void Add(Socket socket) { peers_.emplace_back(std::move(socket)); }
  Peer& hub() { return peers_.front(); }
  int port() const { return PortOf(listening_); }

  void Start() {
    thread_ = std::thread([this] { Watch(); });
  }

  void Leave(absl::string_view failure) {
    if (left_) return;
    left_ = true;
    failure_ = absl::StrReplaceAll(failure, {{"\n", " "}});
    leave_ = true;
    End();
  }

 private:
  void End() {
    end_ = true;
    const uint64_t one = 1;
    (void)!write(wake_.fd(), &one, sizeof(one));
    if (thread_.joinable()) thread_.join();
  }

  bool leads() const { return options_.rank == 0; }

  void Watch() {
    absl::Time last_beat = absl::InfinitePast(), last_turn = absl::Now();
    while (!end_ && !lost_) {
      Wait(interval_ / 2);
      const absl::Time now = absl::Now();
      if (now - last_turn > 4 * interval_) ResetSilence(now);
      last_turn = now;
      if (now - last_beat >= interval_) {
        for (const Peer& peer : peers_) peer.connection.Send("beat");
        last_beat = now;
      }
      Accept();
      for (Peer& peer : peers_) Read(peer, now);
      for (const Peer& peer : peers_) Judge(peer, now);
      if (leads()) JudgeAbsent(now);
      peers_.remove_if([](const Peer& peer) { return peer.closed; });
    }
    if (lost_) {
      if (leads()) Broadcast(absl::StrCat("lost ", *lost_));
      if (!leave_) options_.on_loss(*lost_);
    } else if (leave_) {
      AnnounceLeaving();
    }
  }

  void Wait(absl::Duration duration) {
    std::vector<pollfd> fds = {{wake_.fd(), POLLIN, 0}};
    if (leads()) fds.push_back({listening_.fd(), POLLIN, 0});
    for (const Peer& peer : peers_) fds.push_back({peer.connection.fd(), POLLIN, 0});
    poll(fds.data(), fds.size(), std::max(1, static_cast<int>(absl::ToInt64Milliseconds(duration))));
  }

  void ResetSilence(absl::Time now) {
    for (Peer& peer : peers_) peer.heard = now;
    start_ = now;
  }

  void Accept() {
    while (leads()) {
      Socket socket = AcceptTcp(listening_);
      if (socket.fd() < 0) return;
      peers_.emplace_back(std::move(socket));
    }
  }

  void Read(Peer& peer, absl::Time now) {
    std::vector<std::string> lines;
    peer.closed = !peer.connection.Receive(&lines);
    if (!lines.empty()) peer.heard = now;
    for (const std::string& line : lines) {
      absl::string_view rest = line;
      if (absl::ConsumePrefix(&rest, "hello ")) {
        Greet(peer, rest);
      } else if (line == "bye") {
        peer.left = true;
      } else if (absl::ConsumePrefix(&rest, "failed ")) {
        Lose(absl::StrCat(NameOf(peer.rank, peer.host), " ended: ", rest));
      } else if (absl::ConsumePrefix(&rest, "lost ")) {
        Lose(std::string(rest));
      }
    }
  }

  void Greet(Peer& peer, absl::string_view words) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(words, absl::MaxSplits(' ', 1));
    int rank = -1;
    if (!absl::SimpleAtoi(parts.first, &rank) || rank < 1 || rank >= options_.size) return;
    peer.rank = rank;
    peer.host = std::string(parts.second);
    present_[rank] = true;
  }

  void Judge(const Peer& peer, absl::Time now) {
    if (peer.left || peer.rank < 0) return;  // a stranger is nobody's loss
    if (peer.closed) return Lose(absl::StrCat(NameOf(peer.rank, peer.host), " has gone: its connection closed"));
    if (now - peer.heard < silence_) return;
    Lose(absl::StrCat(NameOf(peer.rank, peer.host), " has not been heard for ", absl::FormatDuration(silence_)));
  }

  // Ranks that never said hello.
  void JudgeAbsent(absl::Time now) {
    if (now - start_ < silence_) return;
    for (int rank = 1; rank < options_.size; ++rank) {
      if (!present_[rank]) Lose(absl::StrCat("rank ", rank, " has never come"));
    }
  }

  void Lose(const std::string& message) {
    if (!lost_) lost_ = message;
  }

  void AnnounceLeaving() {
    if (failure_.empty()) {
      for (const Peer& peer : peers_) peer.connection.Send("bye");
    } else if (leads()) {
      Broadcast(absl::StrCat("lost ", NameOf(0, HostName()), " ended: ", failure_));
    } else {
      Broadcast(absl::StrCat("failed ", failure_));
    }
  }

  // Says `line` to all, and waits until they have closed: a connection that is closed with something unread in it would
  // be reset, and what the other side has not read yet would be lost.
  void Broadcast(const std::string& line) {
    for (const Peer& peer : peers_) {
      peer.connection.Send(line);
      peer.connection.EndSending();
    }
    const absl::Time end = absl::Now() + kFarewell;
    while (!peers_.empty() && absl::Now() < end) {
      std::vector<std::string> ignored;
      peers_.remove_if([&](Peer& peer) { return !peer.connection.Receive(&ignored); });
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  const LivenessOptions options_;
  const absl::Duration interval_, silence_;
  const Socket wake_, listening_;
  std::list<Peer> peers_;
  std::vector<bool> present_;  // [size] said hello
  absl::Time start_ = absl::Now();
  std::optional<std::string> lost_;
  std::atomic<bool> end_{false}, leave_{false};
  bool left_ = false;
  std::string failure_;
  std::thread thread_;
};

Liveness::Liveness(std::unique_ptr<Watcher> watcher) : watcher_(std::move(watcher)) { watcher_->Start(); }

Liveness::~Liveness() = default;

int Liveness::port() const { return watcher_->port(); }

absl::StatusOr<std::unique_ptr<Liveness>> Liveness::Lead(const LivenessOptions& options) {
  TALLY_ASSIGN_OR_RETURN(Socket listening, ListenTcp());
  return std::unique_ptr<Liveness>(new Liveness(std::make_unique<Watcher>(options, std::move(listening))));
}

absl::StatusOr<std::unique_ptr<Liveness>> Liveness::Follow(const LivenessOptions& options) {
  absl::StatusOr<Socket> socket = ConnectTcp(options.host, options.port);
  if (!socket.ok()) return IoError(absl::StrCat("rank 0 cannot be reached: ", socket.status().message()));
  auto watcher = std::make_unique<Watcher>(options, Socket());
  watcher->Add(*std::move(socket));
  watcher->hub().rank = 0;
  watcher->hub().host = options.host;
  watcher->hub().connection.Send(absl::StrCat("hello ", options.rank, " ", HostName()));
  return std::unique_ptr<Liveness>(new Liveness(std::move(watcher)));
}

void Liveness::Leave(absl::string_view failure) { watcher_->Leave(failure); }

}  // namespace tally
