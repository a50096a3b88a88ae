#include "lib/model/model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/full.h>

#include <numeric>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/model/prepared_input.h"
#include "lib/model/recurrent.h"
#include "lib/model/rounds.h"
#include "lib/model/validate.h"

namespace tally {

Model::Model(const ModelConfig& config, uint64_t seed)
    : config_(config), parameters_(seed), recurrent_(std::make_unique<Recurrent>(config_, &parameters_)) {}

Model::~Model() = default;

absl::StatusOr<std::unique_ptr<Model>> Model::Create(const ModelConfig& config, uint64_t seed) {
  TALLY_RETURN_IF_ERROR(ValidateModelConfig(config));
  TALLY_RETURN_IF_ERROR(CheckStateVariables(config));
  return std::unique_ptr<Model>(new Model(config, seed));
}

std::unique_ptr<Model> Model::Replica() const {
  std::unique_ptr<Model> replica(new Model(config_, /*seed=*/0));
  for (size_t i = 0; i < parameters_.entries().size(); ++i) {
    replica->parameters_.entries()[i].tensor.set_data(parameters_.entries()[i].tensor);
  }
  replica->device_ = device_;
  replica->precision_ = precision_;
  replica->recompute_ = recompute_;
  return replica;
}

void Model::Place(at::Device device, Precision precision) {
  device_ = device;
  precision_ = precision;
  for (const Parameter& parameter : parameters_.entries()) {
    const at::Tensor moved = parameter.tensor.detach().to(device);
    parameter.tensor.set_data(moved);  // all that share the tensor see it
  }
}

PreparedInput Model::Prepare(const ModelInput& input, int64_t grain) const {
  PreparedInput prepared = recurrent_->Prepare(input, grain);
  prepared.recompute = recompute_;
  return prepared;
}

// What a pass of `input` reads, beside the parameters.
PreparedInput Model::Beside(const ModelInput& input) const {
  const PreparedInput prepared = Prepare(input);
  return device_.is_cpu() ? prepared : prepared.To(device_);
}

at::Tensor Model::Forward(const ModelInput& input) const { return Logits(State(input)); }

at::Tensor Model::Forward(const PreparedInput& input) const {
  const PrecisionGuard guard(precision_, device_);
  return recurrent_->head()(recurrent_->States(input, {})[0]).to(at::kFloat);
}

std::vector<at::Tensor> Model::ForwardAfter(const ModelInput& input, const std::vector<int64_t>& recurrences) const {
  std::vector<at::Tensor> states;
  if (config_.recurrences_per_digit() > 0) {
    ModelInput one = input;
    for (const int64_t count : recurrences) {
      one.recurrences = count;
      states.push_back(Forward(one));
    }
    return recurrences.empty() ? std::vector<at::Tensor>{Forward(input)} : states;
  }
  {
    const PrecisionGuard guard(precision_, device_);
    states = recurrent_->States(Beside(input), recurrences);
  }
  for (at::Tensor& state : states) state = Logits(state);
  return states;
}

OutputAndState Model::ForwardWithState(const ModelInput& input) const {
  const PrecisionGuard guard(precision_, device_);
  const PreparedInput prepared = Beside(input);
  std::vector<int64_t> after(prepared.recurrences);
  std::iota(after.begin(), after.end(), int64_t{1});
  const Head& head = recurrent_->head();
  OutputAndState output;
  at::Tensor normed;
  for (const at::Tensor& state : recurrent_->States(prepared, after)) {
    normed = head.Normed(state);
    output.state_logits.push_back(recurrent_->loop_state().Logits(normed).to(at::kFloat));
  }
  output.logits = head.Output(normed).to(at::kFloat);
  return output;
}

at::Tensor Model::Embed(const ModelInput& input) const {
  const PrecisionGuard guard(precision_, device_);
  return recurrent_->embedding().Normed(Beside(input).embedding);
}

at::Tensor Model::State(const ModelInput& input) const {
  const PrecisionGuard guard(precision_, device_);
  const CommonRound round = device_.is_cpu() ? RoundOf(config_, input) : CommonRound();
  return round.length > 0 ? StateByRounds(input, round) : recurrent_->States(Beside(input), {})[0];
}

at::Tensor Model::StateByRounds(const ModelInput& input, const CommonRound& round) const {
  const int64_t calls = round.length * config_.layers();
  KeyValueCache of_pass(calls), *const cache = input.cache != nullptr ? input.cache : &of_pass;
  ModelInput question = input, answer = input;
  question.ids = input.ids.narrow(1, 0, round.tokens);
  question.rows = at::Tensor();
  question.cache = answer.cache = cache;
  PreparedInput one_round = Prepare(question);
  one_round.counts = at::Tensor();
  one_round.recurrences = round.length;
  one_round.round_lengths = at::full({1}, round.length, at::kLong);
  recurrent_->States(one_round, {});
  cache->BeginCallsAsBefore(calls);
  const int64_t length = input.ids.size(1);
  const at::Tensor sequences = at::floor_divide(input.rows, length);
  answer.rows = input.rows - (sequences + 1) * round.tokens;  // each sequence has that many tokens less
  return recurrent_->States(Prepare(answer), {})[0];
}

at::Tensor Model::Logits(const at::Tensor& state) const {
  const PrecisionGuard guard(precision_, device_);
  return recurrent_->head()(state).to(at::kFloat);
}

absl::Status Model::CheckLength(int64_t digits, int64_t tokens, int64_t offset) const {
  const int64_t needed = recurrent_->embedding().RowsNeeded(digits, tokens, offset);
  const int64_t rows = config_.positions().table_rows();
  if (needed <= rows) return absl::OkStatus();
  return BadInputError(absl::StrCat("a number of ", digits, " digits in a line of ", tokens,
                                    " tokens: needs a position table of ", needed, " rows; the model's has ", rows));
}

absl::Status PlaceModel(absl::string_view device, absl::string_view precision, Model* model) {
  TALLY_ASSIGN_OR_RETURN(const at::Device chosen, ChooseDevice(device));
  TALLY_ASSIGN_OR_RETURN(const Precision parsed, ParsePrecision(precision));
  TALLY_RETURN_IF_ERROR(SetUpPrecision(parsed, chosen));
  model->Place(chosen, parsed);
  return absl::OkStatus();
}

}  // namespace tally
