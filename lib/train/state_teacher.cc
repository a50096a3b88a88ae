#include "lib/train/state_teacher.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "lib/base/exit_code.h"
#include "lib/base/random.h"
#include "lib/train/loss.h"

namespace tally {
namespace {

const int64_t* IdsOf(const Batch& batch, int64_t sequence) { return batch.ids.data() + sequence * batch.length; }

// The one recurrence that a problem with `count` of them trains.
int64_t TaughtRecurrence(const LossConfig& loss, int64_t count, Random* random) {
  const int64_t all = count + static_cast<int64_t>(random->Below(loss.extra_recurrences() + 1));
  if (random->Uniform() < loss.taught_last_share()) return count - 1;
  return static_cast<int64_t>(random->Below(all));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateTeacher>> StateTeacher::Create(const LossConfig& loss, const DataFacts& data) {
  if (!loss.answer_only()) {
    return UsageError("train.loss.state_weight reads answers; expected train.loss.answer_only: true");
  }
  const std::vector<TaskFacts>& tasks = data.format.tasks;
  if (tasks.size() > 1) {
    return UsageError(
        absl::StrCat("train.loss.state_weight supervises the state of one task; found data of ", NamesOf(tasks)));
  }
  const ProblemFormat& format = tasks[0].format;
  // Spaces stand between the tokens that the values are of.
  if (format.task->state(format).empty() || format.spaces) {
    return UsageError(absl::StrCat("train.loss.state_weight is ", loss.state_weight(), ", but ", format.task->name(),
                                   " in this form of its lines has no state to supervise (docs/tasks.md)"));
  }
  return absl::WrapUnique(new StateTeacher(loss, data));
}

void StateTeacher::SetVariables(StateConfig* state) const {
  const absl::Span<const StateVariable> variables = format_.task->state(format_);
  int64_t most = 0;
  for (const StateVariable& variable : variables) most = std::max(most, variable.values);
  state->set_variables(static_cast<int32_t>(variables.size()));
  state->set_values(static_cast<int32_t>(most));
}

RecurrencePlan StateTeacher::PlanOf(const ModelConfig& model, const Batch& batch, uint64_t seed, int64_t step,
                                    uint64_t first_sample) const {
  RecurrencePlan plan;
  plan.taught = loss_.state_training() == LossConfig::TAUGHT || step < loss_.taught_steps();
  const int64_t unrolled = LossTerms(loss_, model, seed, step)[0].recurrences;
  for (int64_t s = 0; s < batch.sequences; ++s) {
    int64_t count = CountRecurrences(model, IdsOf(batch, s), batch.length, plan.taught ? 0 : unrolled), first = 0;
    bool answers = true;
    if (plan.taught) {
      Random random(seed, RandomStream::kTaughtRecurrence, first_sample + s);
      first = TaughtRecurrence(loss_, count, &random);
      answers = first + 1 == count;
      count = first + 1;
    }
    plan.first.push_back(first);
    plan.end.push_back(count);
    plan.answers.push_back(answers);
  }
  return plan;
}

void StateTeacher::KeepAnswers(const RecurrencePlan& plan, const Batch& batch, std::vector<float>* weights) const {
  double all = 0, kept = 0;
  for (size_t i = 0; i < weights->size(); ++i) {
    float& weight = (*weights)[i];
    all += weight;
    if (!plan.answers[batch.label_positions[i] / batch.length]) weight = 0;
    kept += weight;
  }
  if (kept == 0) return;
  for (float& weight : *weights) weight = static_cast<float>(weight * all / kept);
}

// The values of all variables after `recurrences`, of a problem whose answer has `labels` tokens; out [labels, V].
void StateTeacher::FillValues(const ParsedProblem& problem, int64_t recurrences, int64_t labels, int64_t* out) const {
  const Task& task = *format_.task;
  std::vector<uint8_t> values(labels * task.state(format_).size());
  task.StateAfter(problem, format_, recurrences, absl::MakeSpan(values));
  std::copy(values.begin(), values.end(), out);
}

StateTargets StateTeacher::TargetsOf(const RecurrencePlan& plan, const Batch& batch, int64_t first, int64_t count,
                                     int64_t label) const {
  const Task& task = *format_.task;
  const auto variables = static_cast<int64_t>(task.state(format_).size());
  const int64_t labels = batch.FirstLabel(first + count) - label;
  int64_t recurrences = 0;
  for (int64_t s = first; s < first + count; ++s) recurrences = std::max(recurrences, plan.end[s] - plan.first[s]);
  StateTargets targets;
  targets.before = at::zeros({count, batch.length, variables}, at::kLong);
  for (int64_t r = 0; r < recurrences; ++r) {
    targets.after.push_back(at::zeros({labels, variables}, at::kLong));
    targets.weight.push_back(at::zeros({labels}, at::kFloat));
  }
  for (int64_t s = first; s < first + count; ++s) {
    const int64_t begin = batch.FirstLabel(s), tokens = batch.FirstLabel(s + 1) - begin;
    if (tokens == 0) continue;
    const int64_t equals = batch.label_positions[begin] - s * batch.length;
    const std::string prompt = vocabulary_.Decode(IdsOf(batch, s), equals + 1);
    std::string room;
    const absl::StatusOr<ParsedProblem> problem = task.Parse(prompt, format_, &room);
    if (!problem.ok()) continue;  // datagen and tokenize have checked every line
    const int64_t place = ((s - first) * batch.length + equals) * variables;
    FillValues(*problem, plan.first[s], tokens, targets.before.data_ptr<int64_t>() + place);
    const double trained = static_cast<double>(plan.end[s] - plan.first[s]);
    for (int64_t p = plan.first[s]; p < plan.end[s]; ++p) {
      const int64_t r = p - plan.first[s], row = begin - label;
      FillValues(*problem, p + 1, tokens, targets.after[r].data_ptr<int64_t>() + row * variables);
      std::fill_n(targets.weight[r].data_ptr<float>() + row, tokens,
                  static_cast<float>(1 / (trained * static_cast<double>(batch.labels.size()))));
    }
  }
  return targets;
}

double StateWeight(const LossConfig& loss, int64_t step) {
  if (loss.state_weight_steps() == 0) return loss.state_weight();
  const double used = static_cast<double>(step) / static_cast<double>(loss.state_weight_steps());
  return loss.state_weight() * std::max(0.0, 1 - used);
}

at::Tensor StateLoss(const std::vector<at::Tensor>& logits, const StateTargets& targets) {
  at::Tensor sum = at::zeros({}, logits[0].options().requires_grad(false));
  for (size_t r = 0; r < targets.after.size(); ++r) {
    const at::Device device = logits[r].device();
    const at::Tensor losses = at::cross_entropy_loss(logits[r].flatten(0, 1), targets.after[r].flatten().to(device),
                                                     /*weight=*/{}, at::Reduction::None);
    sum = sum + losses.view({logits[r].size(0), -1}).sum(-1).dot(targets.weight[r].to(device));
  }
  return sum;
}

}  // namespace tally
