#include "lib/train/device_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/model/positions/registry.h"
#include "lib/model/prepared_input.h"
#include "lib/train/padded_part.h"
#include "lib/train/rank_agreement.h"
#include "lib/train/staged_tensors.h"

namespace tally {
namespace {

std::optional<c10::Stream> NewStream(at::Device device) {
  if (!device.is_cuda()) return std::nullopt;
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

// Lets `stream` wait for what its device's current stream has been given so far: parameters that are copied there, or
// read for a checkpoint or a validation.
void FollowCurrent(c10::Stream stream) {
  c10::Event given(stream.device_type());
  given.record(c10::impl::VirtualGuardImpl(stream.device_type()).getStream(stream.device()));
  given.block(stream);
}

// Whether random choices do not depend on the length of the sequences, which may then be longer than the batch's.
bool DrawsForAnyLength(const ModelConfig& config) {
  const bool draws_positions = AttentionOf(config).draws_positions && config.attention().random_positions() > 0;
  return !TableOf(config).draws_rows && !draws_positions;
}

// A copy of `x` on the host, which is there once what is queued now is done.
at::Tensor Fetched(const at::Tensor& x) {
  const at::Tensor host = at::empty(x.sizes(), at::TensorOptions(x.scalar_type()).pinned_memory(x.is_cuda()));
  host.copy_(x, /*non_blocking=*/true);
  return host;
}

std::vector<at::Tensor> TensorsOf(PreparedInput prepared, const PaddedPart& part) {
  std::vector<at::Tensor> tensors;
  for (const at::Tensor* tensor : prepared.Tensors()) tensors.push_back(*tensor);
  tensors.push_back(part.labels);
  tensors.push_back(part.weights);
  tensors.push_back(part.sequences);
  return tensors;
}

// The numbers of a step that are sums over its passes and ranks, float32, which is exact for counts below 2^24.
enum Number : int64_t {
  kLoss,  // first, as DeviceUpdate has it
  kEntropy,
  kTokensWrong,
  kProblemsRight,
  kStop,          // ranks that were asked to stop
  kClock,         // of rank 0, in whole units of kClockUnit
  kClockSeconds,  // and the rest
  kNumbers,
};
constexpr double kClockUnit = 1024;  // seconds; a month is 2,531 of them, and the rest is exact to 0.1 ms

}  // namespace

// The forward and backward pass of one shape.
struct DeviceStep::Pass {
  Pass(const std::vector<at::Tensor>& like, at::Device device) : staged(like, device) {}

  StagedTensors staged;
  PreparedInput input;                   // its tensors are staged ones
  at::Tensor labels, weights, sequence;  // [n]
  int64_t sequences = 0;
  double weight = 1;       // of its loss
  bool first_term = true;  // of the loss, the one whose predictions are counted
  int64_t runs = 0;
  std::unique_ptr<DeviceGraph> graph;
};

// A queued step.
struct DeviceStep::Pending {
  FinishedStep step;
  at::Tensor outcome;              // on the host
  std::optional<c10::Event> done;  // on CUDA devices
};

bool DeviceStep::Serves(const TrainConfig& config, const Optimizer& optimizer) {
  return config.loss().state_weight() == 0 && config.precision() != TrainConfig::FP16 &&
         ServesOnDevice(config.optimizer(), optimizer);
}

DeviceStep::DeviceStep(const TrainConfig* config, Model* model, Optimizer* optimizer, Ema* ema, ProcessGroup* group,
                       bool graphs)
    : config_(*config),
      model_(model),
      group_(group),
      update_(config->optimizer(), optimizer, ema,
              config->precision() == TrainConfig::BF16 ? at::kBFloat16 : at::kFloat, kNumbers),
      graphs_(graphs && model->device().is_cuda() && DeviceGraph::CanRecord()),
      lengthens_(DrawsForAnyLength(model->config())),
      stream_(NewStream(model->device())) {
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(model->device());
  factor_ = at::zeros({}, options);
  outcome_ = at::zeros({kNumbers + 1}, options);
}

DeviceStep::~DeviceStep() = default;

absl::Status DeviceStep::Queue(Batch batch, const StepSeed& draws, double factor, double seconds) {
  c10::OptionalStreamGuard on_stream;
  if (stream_) {
    FollowCurrent(*stream_);
    on_stream.reset_stream(*stream_);
  }
  QueueParts(batch, draws);
  if (group_ != nullptr) TALLY_RETURN_IF_ERROR(AddOverRanks(seconds));
  factor_.fill_(factor);
  RunUpdate();
  Pending pending;
  pending.outcome = Fetched(outcome_);
  if (stream_) {
    pending.done.emplace(stream_->device_type());
    pending.done->record(*stream_);
  }
  pending.step = {std::move(batch), draws, factor, seconds, {}};
  pending_.push_back(std::move(pending));
  return absl::OkStatus();
}

// The passes of this rank's part of the batch, microbatch by microbatch.
void DeviceStep::QueueParts(const Batch& batch, const StepSeed& draws) {
  const Shard shard = PartOf(group_);
  const std::vector<float> weights = LabelWeights(config_.loss(), batch);
  const int64_t size = config_.microbatch_size() > 0 ? config_.microbatch_size() : batch.sequences;
  const bool lengthen = lengthens_ && model_->CheckLength(0, batch.length + kLengthGrain, 0).ok();
  const int64_t end = shard.End(batch.sequences);
  for (int64_t first = shard.Begin(batch.sequences); first < end; first += size) {
    QueuePasses(PadPart(batch, first, std::min(size, end - first), weights, lengthen), first, draws);
  }
}

// The passes of a microbatch, which begins with the batch's sequence `first`.
void DeviceStep::QueuePasses(const PaddedPart& part, int64_t first, const StepSeed& draws) {
  const std::vector<LossTerm> terms = LossTerms(config_.loss(), model_->config(), draws.seed, draws.step);
  for (size_t t = 0; t < terms.size(); ++t) {
    ModelInput input;
    input.ids = part.ids;
    input.rows = part.rows;
    SetTerm(model_->config(), draws, first, terms, t, &input, model_->device());
    RunPass(&PassOf(model_->Prepare(input, kLengthGrain), part, terms[t], t == 0));
  }
}

// The pass of this shape, its input refilled.
DeviceStep::Pass& DeviceStep::PassOf(const PreparedInput& prepared, const PaddedPart& part, const LossTerm& term,
                                     bool first_term) {
  const std::vector<at::Tensor> tensors = TensorsOf(prepared, part);
  std::string shape = absl::StrCat(first_term ? "first " : "", term.weight, " ", prepared.untracked, " ",
                                   prepared.recurrences, " ", prepared.selection.begin, " ", prepared.selection.end);
  for (const at::Tensor& tensor : tensors) {
    absl::StrAppend(&shape, ";");
    if (!tensor.defined()) continue;
    for (const int64_t side : tensor.sizes()) absl::StrAppend(&shape, " ", side);
  }
  std::unique_ptr<Pass>& pass = passes_[shape];
  if (pass == nullptr) {
    pass = std::make_unique<Pass>(tensors, model_->device());
    pass->input = prepared;
    pass->weight = term.weight;
    pass->first_term = first_term;
    const std::vector<at::Tensor*> places = pass->input.Tensors();
    const std::vector<at::Tensor>& staged = pass->staged.tensors();
    for (size_t i = 0; i < places.size(); ++i) *places[i] = staged[i];
    pass->labels = staged[places.size()];
    pass->weights = staged[places.size() + 1];
    pass->sequence = staged[places.size() + 2];
    pass->sequences = part.ids.size(0);
  }
  pass->staged.Refill(tensors);
  return *pass;
}

void DeviceStep::RunPass(Pass* pass) {
  const auto work = [&] {
    const at::AutoGradMode recording(true);
    const at::Tensor logits = model_->Forward(pass->input);
    at::Tensor loss = WeightedLoss(config_.loss(), logits, pass->labels, pass->weights);
    if (pass->weight != 1) loss = loss * pass->weight;
    loss.backward();
    const at::NoGradGuard no_grad;
    update_.numbers()[kLoss].add_(loss);
    if (pass->first_term) CountRight(*pass, logits);
  };
  if (graphs_ && pass->graph == nullptr && pass->runs > 0 && recorded_ < kMostGraphs) {
    pass->graph = DeviceGraph::Record(work);
    ++recorded_;
  }
  if (pass->graph != nullptr) {
    pass->graph->Play();
  } else {
    work();
  }
  ++pass->runs;
}

// Adds what the predictions of a pass come to; those for labels that fill up are of no sequence.
void DeviceStep::CountRight(const Pass& pass, const at::Tensor& logits) {
  const at::Tensor& numbers = update_.numbers();
  numbers[kEntropy].add_(SumOfEntropies(logits, pass.weights));
  const at::Tensor wrong = logits.argmax(-1).ne(pass.labels).to(at::kFloat);
  const at::Tensor of_sequence =
      at::zeros({pass.sequences + 1}, wrong.options()).index_add_(0, pass.sequence, wrong).narrow(0, 0, pass.sequences);
  numbers[kTokensWrong].add_(of_sequence.sum());
  numbers[kProblemsRight].add_(of_sequence.eq(0).sum());
}

// Gradients and numbers of all ranks; rank 0 tells the time. The device waits for the sum, the host does not.
absl::Status DeviceStep::AddOverRanks(double seconds) {
  const at::NoGradGuard no_grad;
  const at::Tensor& numbers = update_.numbers();
  numbers[kStop].fill_(StopRequested() ? 1 : 0);
  if (group_->rank() == 0) {
    const double units = std::floor(seconds / kClockUnit);
    numbers[kClock].fill_(units);
    numbers[kClockSeconds].fill_(seconds - units * kClockUnit);
  }
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<PendingSum> sum, group_->StartSum(update_.sums()));
  return sum->Wait();
}

void DeviceStep::RunUpdate() {
  const auto work = [&] {
    const at::NoGradGuard no_grad;
    outcome_.narrow(0, 0, kNumbers).copy_(update_.numbers());
    outcome_[kNumbers].copy_(update_.Run(factor_));
  };
  if (graphs_ && update_graph_ == nullptr && updates_ > 0) update_graph_ = DeviceGraph::Record(work);
  if (update_graph_ != nullptr) {
    update_graph_->Play();
  } else {
    work();
  }
  ++updates_;
}

std::optional<FinishedStep> DeviceStep::Finish(size_t pending) {
  if (pending_.size() <= pending) return std::nullopt;
  Pending oldest = std::move(pending_.front());
  pending_.pop_front();
  if (oldest.done) oldest.done->synchronize();
  const float* const outcome = oldest.outcome.const_data_ptr<float>();
  StepResult& result = oldest.step.result;
  result.loss = outcome[kLoss];
  result.counts = CountAsked(oldest.step.batch, 0, oldest.step.batch.sequences);
  result.counts.tokens_right = result.counts.tokens - static_cast<int64_t>(outcome[kTokensWrong]);
  result.counts.problems_right = static_cast<int64_t>(outcome[kProblemsRight]);
  result.counts.entropy = outcome[kEntropy];
  result.stop = group_ == nullptr ? StopRequested() : outcome[kStop] > 0;
  if (group_ != nullptr) oldest.step.seconds = outcome[kClock] * kClockUnit + outcome[kClockSeconds];
  result.finite = std::isfinite(result.loss) && std::isfinite(outcome[kNumbers]);
  result.grad_norm = std::isfinite(result.loss) ? outcome[kNumbers] : 0;
  update_.Count(result.finite);
  return std::move(oldest.step);
}

}  // namespace tally
