#include "lib/distributed/process_group.h"

#include <ATen/ops/zeros.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/steady_clock.h"
#include "lib/base/process.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/version.h"
#include "lib/distributed/liveness.h"
#include "lib/distributed/nccl_backend.h"

namespace tally {
namespace {

// Liveness tells who is lost; a rank that computes for long is not.
constexpr std::chrono::hours kPatience(24);

std::chrono::milliseconds ToChrono(absl::Duration duration) { return absl::ToChronoMilliseconds(duration); }

std::vector<uint8_t> Bytes(absl::string_view text) { return {text.begin(), text.end()}; }
std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// The first line of what an exception of c10d's says: the rest is a stack.
std::string FirstLine(const std::exception& error) {
  const auto* const c10_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = c10_error != nullptr ? c10_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

// Calls `function`; what c10d throws becomes an IoError.
template <typename Function>
absl::Status Guarded(absl::string_view what, const Function& function) {
  try {
    function();
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return IoError(absl::StrCat(what, ": ", FirstLine(error)));
  }
}

void EndProcess(const std::string& message) {
  LogLine(absl::StrCat(message, "; this rank ends too, the last checkpoint stands"));
  std::_Exit(kExitIoError);
}

// The first pair of lines in which two texts differ.
std::pair<std::string, std::string> FirstDifference(const std::string& a, const std::string& b) {
  const std::vector<std::string> lines_a = absl::StrSplit(a, '\n'), lines_b = absl::StrSplit(b, '\n');
  size_t i = 0;
  while (i < lines_a.size() && i < lines_b.size() && lines_a[i] == lines_b[i]) ++i;
  return {i < lines_a.size() ? lines_a[i] : "nothing", i < lines_b.size() ? lines_b[i] : "nothing"};
}

// Gloo's way to the network: the interface that GLOO_SOCKET_IFNAME names, loopback where ranks meet there, else the one
// that this machine's name stands for.
std::shared_ptr<::gloo::transport::Device> GlooDevice(const std::string& host) {
  const char* const interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != 0) return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  if (host == "localhost" || host == "127.0.0.1") return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

}  // namespace

class ProcessGroup::Implementation {
 public:
  explicit Implementation(const ProcessGroupOptions& options) : options_(options) {}

  const Ranks& ranks() const { return options_.ranks; }

  absl::Status Connect() {
    TALLY_RETURN_IF_ERROR(ChooseBackend());
    TALLY_RETURN_IF_ERROR(OpenStore());
    TALLY_RETURN_IF_ERROR(AwaitAll());
    TALLY_RETURN_IF_ERROR(StartLiveness());
    return ConnectBackend();
  }

  absl::StatusOr<std::unique_ptr<PendingSum>> StartSum(const at::Tensor& tensor) {
    std::vector<at::Tensor> tensors = {tensor};
    c10::intrusive_ptr<c10d::Work> work;
    TALLY_RETURN_IF_ERROR(Exchange([&] { work = backend_->allreduce(tensors); }));
    return std::unique_ptr<PendingSum>(new Pending(this, tensor, std::move(work)));
  }

  absl::Status Sum(const at::Tensor& tensor) {
    const at::Tensor here = tensor.to(options_.device).contiguous();
    TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<PendingSum> pending, StartSum(here));
    TALLY_RETURN_IF_ERROR(pending->Wait());
    if (!here.is_same(tensor)) tensor.copy_(here);
    return absl::OkStatus();
  }

  absl::Status CheckSame(absl::string_view what, const std::string& value) {
    const std::string key = absl::StrCat("same/", what);
    std::string expected = value;
    TALLY_RETURN_IF_ERROR(Exchange([&] {
      if (ranks().rank == 0) {
        store_->set(key, Bytes(value));
      } else {
        expected = Text(store_->get(key));
      }
    }));
    if (value == expected) return absl::OkStatus();
    const auto [found, wanted] = FirstDifference(value, expected);
    return UsageError(absl::StrCat(what, ": rank ", ranks().rank, " (", HostName(), ") has \"", found, "\", rank 0 \"",
                                   wanted, "\"; expected the same on all ranks"));
  }

  void Leave(const absl::Status& status) {
    if (liveness_ == nullptr) return;
    // Who fails here is lost, which Liveness tells.
    if (status.ok()) (void)Sum(at::zeros({1}));
    liveness_->Leave(status.message());
  }

 private:
  class Pending : public PendingSum {
   public:
    // Holds the tensor: its memory is in use until the sum is there.
    Pending(Implementation* group, at::Tensor tensor, c10::intrusive_ptr<c10d::Work> work)
        : group_(group), tensor_(std::move(tensor)), work_(std::move(work)) {}
    absl::Status Wait() override {
      return group_->Exchange([&] { work_->wait(); });
    }

   private:
    Implementation* const group_;
    const at::Tensor tensor_;
    const c10::intrusive_ptr<c10d::Work> work_;
  };

  // Sets `nccl_`.
  absl::Status ChooseBackend() {
    const std::string& name = options_.backend;
    if (name != "auto" && name != "gloo" && name != "nccl") {
      return UsageError(absl::StrCat("--dist_backend=", name, "; expected auto, gloo or nccl"));
    }
    nccl_ = name == "nccl" || (name == "auto" && options_.device.is_cuda());
    if (nccl_ == options_.device.is_cuda()) return absl::OkStatus();
    return UsageError(absl::StrCat("--dist_backend=", name, " with tensors on ", options_.device.str(),
                                   "; expected nccl for CUDA devices, gloo for the CPU"));
  }

  absl::Duration Rendezvous() const { return 5 * options_.timeout; }
  std::string Where() const { return absl::StrCat(ranks().host, ":", ranks().port); }

  absl::Status OpenStore() {
    return Guarded(absl::StrCat("ranks cannot meet at ", Where()), [&] {
      c10d::TCPStoreOptions options;
      options.port = static_cast<uint16_t>(ranks().port);
      options.isServer = ranks().rank == 0 && !ranks().store_is_open;
      options.waitWorkers = false;
      options.timeout = ToChrono(Rendezvous());
      store_ = c10::make_intrusive<c10d::PrefixStore>(absl::StrCat("tally/", ranks().attempt),
                                                      c10::make_intrusive<c10d::TCPStore>(ranks().host, options));
      store_->set(absl::StrCat("host/", ranks().rank), Bytes(HostName()));
    });
  }

  absl::Status AwaitAll() {
    const absl::Time end = SteadyNow() + Rendezvous();
    for (int rank = 0; rank < ranks().size; ++rank) {
      const absl::Duration left = std::max(end - SteadyNow(), absl::Milliseconds(100));
      const absl::Status came = Guarded("", [&] { store_->wait({absl::StrCat("host/", rank)}, ToChrono(left)); });
      if (came.ok()) continue;
      return IoError(absl::StrCat("rank ", rank, " of ", ranks().size, " has not come to ", Where(), " within ",
                                  absl::FormatDuration(Rendezvous()), " (torchrun or srun starts all of them)"));
    }
    return absl::OkStatus();
  }

  absl::Status StartLiveness() {
    LivenessOptions options;
    options.rank = ranks().rank;
    options.size = ranks().size;
    options.host = ranks().host;
    options.secret = ranks().secret;
    options.version = absl::StrCat(TallyVersion(), "-", TallyCommit());
    options.timeout = options_.timeout;
    options.on_loss = EndProcess;
    const std::string key = "liveness_port";
    if (ranks().rank == 0) {
      if (options.secret.empty()) LogLine("TALLY_JOB_SECRET is not set: whoever reaches this port may pose as a rank");
      TALLY_ASSIGN_OR_RETURN(liveness_, Liveness::Lead(options));
      return Guarded("store", [&] { store_->set(key, Bytes(absl::StrCat(liveness_->port()))); });
    }
    TALLY_RETURN_IF_ERROR(Guarded("store", [&] {
      if (!absl::SimpleAtoi(Text(store_->get(key)), &options.port)) options.port = 0;
    }));
    TALLY_ASSIGN_OR_RETURN(liveness_, Liveness::Follow(options));
    return absl::OkStatus();
  }

  absl::Status ConnectBackend() {
    absl::Status status;
    TALLY_RETURN_IF_ERROR(Exchange([&] { status = nccl_ ? MakeNccl() : MakeGloo(); }));
    return status;
  }

  absl::Status MakeGloo() {
    auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
    options->devices = {GlooDevice(ranks().host)};
    backend_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, ranks().rank, ranks().size, std::move(options));
    return absl::OkStatus();
  }

  absl::Status MakeNccl() {
    TALLY_ASSIGN_OR_RETURN(backend_, MakeNcclBackend(store_, ranks().rank, ranks().size));
    return absl::OkStatus();
  }

  // Calls `function`. Where it throws a rank is most likely lost, and Liveness ends this process as soon as it knows
  // which; if it never comes to know, the exception is all there is to say.
  template <typename Function>
  absl::Status Exchange(const Function& function) {
    const absl::Status status = Guarded("exchange among ranks", function);
    if (!status.ok() && liveness_ != nullptr) absl::SleepFor(options_.timeout);
    return status;
  }

  const ProcessGroupOptions options_;
  bool nccl_ = false;
  c10::intrusive_ptr<c10d::Store> store_;
  std::unique_ptr<Liveness> liveness_;
  c10::intrusive_ptr<c10d::Backend> backend_;
};

ProcessGroup::ProcessGroup(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

ProcessGroup::~ProcessGroup() = default;

absl::StatusOr<std::unique_ptr<ProcessGroup>> ProcessGroup::Connect(const ProcessGroupOptions& options) {
  auto implementation = std::make_unique<Implementation>(options);
  TALLY_RETURN_IF_ERROR(implementation->Connect());
  return std::unique_ptr<ProcessGroup>(new ProcessGroup(std::move(implementation)));
}

int ProcessGroup::rank() const { return implementation_->ranks().rank; }
int ProcessGroup::size() const { return implementation_->ranks().size; }

absl::StatusOr<std::unique_ptr<PendingSum>> ProcessGroup::StartSum(const at::Tensor& tensor) {
  return implementation_->StartSum(tensor);
}

absl::Status ProcessGroup::Sum(const at::Tensor& tensor) { return implementation_->Sum(tensor); }

absl::Status ProcessGroup::CheckSame(absl::string_view what, const std::string& value) {
  return implementation_->CheckSame(what, value);
}

void ProcessGroup::Leave(const absl::Status& status) { implementation_->Leave(status); }

}  // namespace tally
