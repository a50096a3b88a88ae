#include "lib/train/device_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/process.h"
#include "lib/model/positions/registry.h"
#include "lib/model/prepared_input.h"
#include "lib/train/padded_part.h"
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
  return tensors;
}

}  // namespace

// The forward and backward pass of one shape.
struct DeviceStep::Pass {
  Pass(const std::vector<at::Tensor>& like, at::Device device) : staged(like, device) {}

  StagedTensors staged;
  PreparedInput input;  // its tensors are staged ones
  at::Tensor labels, weights;
  double weight = 1;       // of its loss
  bool first_term = true;  // of the loss, the one that predictions are of
  int64_t runs = 0;
  std::unique_ptr<DeviceGraph> graph;
  at::Tensor predictions;  // [n] int64, of its last run
};

// A queued step.
struct DeviceStep::Pending {
  FinishedStep step;
  at::Tensor numbers;  // loss and norm, on the host
  std::vector<std::pair<at::Tensor, std::vector<int64_t>>>
      predictions;                 // of each microbatch, and the real ones' places
  std::optional<c10::Event> done;  // on CUDA devices
};

bool DeviceStep::Serves(const TrainConfig& config, const Optimizer& optimizer) {
  return config.loss().state_weight() == 0 && config.precision() != TrainConfig::FP16 &&
         ServesOnDevice(config.optimizer(), optimizer);
}

DeviceStep::DeviceStep(const TrainConfig* config, Model* model, Optimizer* optimizer, Ema* ema, bool graphs)
    : config_(*config),
      model_(model),
      update_(config->optimizer(), optimizer, ema,
              config->precision() == TrainConfig::BF16 ? at::kBFloat16 : at::kFloat),
      graphs_(graphs && model->device().is_cuda() && DeviceGraph::CanRecord()),
      lengthens_(DrawsForAnyLength(model->config())),
      stream_(NewStream(model->device())) {
  const at::TensorOptions options = at::TensorOptions(at::kFloat).device(model->device());
  factor_ = at::zeros({}, options);
  loss_ = at::zeros({}, options);
  entropy_ = at::zeros({}, options);
  numbers_ = at::zeros({3}, options);
}

DeviceStep::~DeviceStep() = default;

void DeviceStep::Queue(Batch batch, const StepSeed& draws, double factor) {
  c10::OptionalStreamGuard on_stream;
  if (stream_) {
    FollowCurrent(*stream_);
    on_stream.reset_stream(*stream_);
  }
  const std::vector<float> weights = LabelWeights(config_.loss(), batch);
  const int64_t size = config_.microbatch_size() > 0 ? config_.microbatch_size() : batch.sequences;
  const bool lengthen = lengthens_ && model_->CheckLength(0, batch.length + kLengthGrain, 0).ok();
  Pending pending;
  for (int64_t first = 0; first < batch.sequences; first += size) {
    const int64_t sequences = std::min(size, batch.sequences - first);
    QueuePasses(PadPart(batch, first, sequences, weights, lengthen), first, draws, &pending);
  }
  factor_.fill_(factor);
  RunUpdate();
  pending.numbers = Fetched(numbers_);
  if (stream_) {
    pending.done.emplace(stream_->device_type());
    pending.done->record(*stream_);
  }
  pending.step.batch = std::move(batch);
  pending.step.draws = draws;
  pending.step.factor = factor;
  pending_.push_back(std::move(pending));
}

// The passes of a microbatch, which begins with the batch's sequence `first`.
void DeviceStep::QueuePasses(const PaddedPart& part, int64_t first, const StepSeed& draws, Pending* pending) {
  const std::vector<LossTerm> terms = LossTerms(config_.loss(), model_->config(), draws.seed, draws.step);
  for (size_t t = 0; t < terms.size(); ++t) {
    ModelInput input;
    input.ids = part.ids;
    input.rows = part.rows;
    SetTerm(model_->config(), draws, first, terms, t, &input, model_->device());
    Pass& pass = PassOf(model_->Prepare(input, kLengthGrain), part, terms[t], t == 0);
    RunPass(&pass);
    if (t == 0) pending->predictions.emplace_back(Fetched(pass.predictions), part.real);
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
    loss_.add_(loss);
    if (pass->first_term) entropy_.add_(SumOfEntropies(logits, pass->weights));
    pass->predictions = logits.argmax(-1);
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

void DeviceStep::RunUpdate() {
  const auto work = [&] {
    const at::NoGradGuard no_grad;
    numbers_.copy_(at::stack({loss_, update_.Run(loss_, factor_), entropy_}));
    loss_.zero_();
    entropy_.zero_();
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
  std::vector<int64_t> predictions;
  for (const auto& [tensor, places] : oldest.predictions) {
    for (const int64_t place : places) predictions.push_back(tensor.const_data_ptr<int64_t>()[place]);
  }
  StepResult& result = oldest.step.result;
  const float* const numbers = oldest.numbers.const_data_ptr<float>();
  result.loss = numbers[0];
  result.counts = CountRight(oldest.step.batch, 0, oldest.step.batch.sequences, predictions);
  result.counts.entropy = numbers[2];
  result.stop = StopRequested();
  result.finite = std::isfinite(result.loss) && std::isfinite(numbers[1]);
  result.grad_norm = std::isfinite(result.loss) ? numbers[1] : 0;
  update_.Count(result.finite);
  return std::move(oldest.step);
}

}  // namespace tally
