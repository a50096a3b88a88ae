#include "lib/distributed/liveness.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/distributed/admission.h"
#include "lib/distributed/socket.h"

namespace tally {
namespace {

// How long a rank stays after a loss, so that others read which rank it was: this, or less, so that silence, what it
// takes to notice it, and this are less than the timeout.
constexpr absl::Duration kFarewell = absl::Seconds(2);
absl::Duration Farewell(absl::Duration timeout) { return std::min(kFarewell, timeout / 10); }

std::string NameOf(int rank, absl::string_view host) { return absl::StrCat("rank ", rank, " (", host, ")"); }

// Strangers who are listened to at the same time, and connections that are taken between two looks at the ranks.
constexpr int kMostStrangers = 64, kMostAccepted = 64;

// The other side of a connection.
struct Peer {
  explicit Peer(LineConnection with, std::unique_ptr<Door> at = nullptr)
      : connection(std::move(with)), door(std::move(at)), address(AddressOf(connection.socket())) {}

  bool stranger() const { return rank < 0; }

  LineConnection connection;
  std::unique_ptr<Door> door;  // that it stands at; null where it has been let in, or was refused
  std::string address;
  int rank = -1;  // once it was let in
  std::string host;
  absl::Time heard = SteadyNow();  // a stranger's: since when it is here
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
        patience_(options.timeout / 5),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        listening_(std::move(listening)),
        present_(options.size) {}

  ~Watcher() { End(); }

  // The other ranks' one peer.
  void AddRankZero(LineConnection connection) {
    peers_.emplace_back(std::move(connection));
    peers_.front().rank = 0;
    peers_.front().host = options_.host;
  }
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
    absl::Time last_beat = absl::InfinitePast(), last_turn = SteadyNow();
    while (!end_ && !lost_) {
      Wait(interval_ / 2);
      const absl::Time now = SteadyNow();
      if (now - last_turn > 4 * interval_) ResetSilence(now);
      last_turn = now;
      if (now - last_beat >= interval_) {
        for (const Peer& peer : peers_) {
          if (!peer.stranger()) peer.connection.Send("beat");
        }
        last_beat = now;
      }
      Accept();
      for (Peer& peer : peers_) Read(peer, now);
      for (Peer& peer : peers_) Judge(peer, now);
      if (leads()) JudgeAbsent(now);
      peers_.remove_if([](const Peer& peer) { return peer.closed; });
    }
    peers_.remove_if([](const Peer& peer) { return peer.stranger(); });
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
    for (int i = 0; leads() && i < kMostAccepted; ++i) {
      Socket socket = AcceptTcp(listening_);
      if (socket.fd() < 0) break;
      peers_.emplace_back(LineConnection(std::move(socket)), std::make_unique<Door>(options_.secret, options_.size));
      peers_.back().connection.Send(peers_.back().door->Greeting());
    }
    const auto strangers =
        std::count_if(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.stranger(); });
    int64_t too_many = strangers - kMostStrangers;
    peers_.remove_if([&](const Peer& peer) { return peer.stranger() && too_many-- > 0; });
  }

  // What has come. A stranger's first line is all that is read of it.
  void Read(Peer& peer, absl::Time now) {
    std::vector<std::string> lines;
    if (peer.stranger()) {
      peer.closed = !peer.connection.Receive(&lines, 1);
      if (!lines.empty() && peer.door != nullptr) Admit(peer, lines[0], now);
      return;
    }
    peer.closed = !peer.connection.Receive(&lines);
    if (!lines.empty()) peer.heard = now;
    for (const std::string& line : lines) {
      absl::string_view rest = line;
      if (line == "bye") {
        peer.left = true;
      } else if (absl::ConsumePrefix(&rest, "failed ")) {
        Lose(absl::StrCat(NameOf(peer.rank, peer.host), " ended: ", rest));
      } else if (absl::ConsumePrefix(&rest, "lost ")) {
        Lose(std::string(rest));
      }
    }
  }

  void Admit(Peer& peer, const std::string& hello, absl::Time now) {
    std::string answer;
    const absl::StatusOr<Member> member = peer.door->Admit(hello, &answer);
    if (!member.ok()) return Refuse(peer, member.status().message());
    const std::string name = NameOf(member->rank, member->host);
    if (present_[member->rank]) return Refuse(peer, absl::StrCat(name, " is here already"));
    if (member->version != options_.version) {
      const std::string reason = absl::StrCat(name, " runs Tally ", member->version, ", rank 0 ", options_.version,
                                              "; expected the same on all ranks");
      Refuse(peer, reason);
      return Lose(reason);
    }
    peer.connection.Send(answer);
    peer.door = nullptr;
    peer.rank = member->rank;
    peer.host = member->host;
    peer.heard = now;
    present_[peer.rank] = true;
  }

  // It may read why, and closes then.
  void Refuse(Peer& peer, absl::string_view reason) {
    peer.connection.Send(absl::StrCat("refused ", reason));
    peer.connection.EndSending();
    peer.door = nullptr;
    ++refused_;
    last_refused_ = absl::StrCat(peer.address, ": ", reason);
  }

  void Judge(Peer& peer, absl::Time now) {
    if (peer.stranger()) {  // nobody's loss
      peer.closed = peer.closed || now - peer.heard >= patience_;
      return;
    }
    if (peer.left) return;
    if (peer.closed) return Lose(absl::StrCat(NameOf(peer.rank, peer.host), " has gone: its connection closed"));
    if (now - peer.heard < silence_) return;
    Lose(absl::StrCat(NameOf(peer.rank, peer.host), " has not been heard for ", absl::FormatDuration(silence_)));
  }

  // Ranks that were never let in.
  void JudgeAbsent(absl::Time now) {
    if (now - start_ < silence_) return;
    const std::string others =
        refused_ == 0 ? "" : absl::StrCat("; refused ", refused_, " connections, the last from ", last_refused_);
    for (int rank = 1; rank < options_.size; ++rank) {
      if (!present_[rank]) Lose(absl::StrCat("rank ", rank, " has never come", others));
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
    const absl::Time end = SteadyNow() + Farewell(options_.timeout);
    while (!peers_.empty() && SteadyNow() < end) {
      std::vector<std::string> ignored;
      peers_.remove_if([&](Peer& peer) { return !peer.connection.Receive(&ignored); });
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  const LivenessOptions options_;
  const absl::Duration interval_, silence_, patience_;
  const Socket wake_, listening_;
  std::list<Peer> peers_;
  std::vector<bool> present_;  // [size] was let in
  int64_t refused_ = 0;
  std::string last_refused_;  // ADDRESS: REASON
  absl::Time start_ = SteadyNow();
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
  TALLY_ASSIGN_OR_RETURN(LineConnection connection, CallRankZero(options.host, options.port, options.secret,
                                                                 {options.version, options.rank, HostName()},
                                                                 SteadyNow() + options.timeout * 0.8));
  auto watcher = std::make_unique<Watcher>(options, Socket());
  watcher->AddRankZero(std::move(connection));
  return std::unique_ptr<Liveness>(new Liveness(std::move(watcher)));
}

void Liveness::Leave(absl::string_view failure) { watcher_->Leave(failure); }

}  // namespace tally
