#include "lib/runs/trainer_state.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr char kLossScale[] = "loss_scale", kGoodSteps[] = "good_steps", kExactInARow[] = "exact_in_a_row",
               kDataBegins[] = "data_begins", kStopAtExact[] = "stop_at_exact";

// The keys of whole numbers and of others.
std::vector<std::pair<std::string, int64_t*>> Counts(TrainerState* s) {
  return {{"step", &s->step},
          {"problems", &s->problems},
          {"skipped", &s->skipped},
          {"skipped_in_a_row", &s->skipped_in_a_row},
          {"best_step", &s->best_step},
          {kGoodSteps, &s->good_steps},
          {kExactInARow, &s->exact_in_a_row},
          {kDataBegins, &s->data_begins}};
}
std::vector<std::pair<std::string, double*>> Numbers(TrainerState* s) {
  return {{"seconds", &s->seconds},
          {"best_exact", &s->best_exact},
          {"best_loss", &s->best_loss},
          {kLossScale, &s->loss_scale},
          {kStopAtExact, &s->stop_at_exact}};
}

}  // namespace

std::map<std::string, std::string> StateToMetadata(const TrainerState& state) {
  TrainerState copy = state;
  std::map<std::string, std::string> metadata = {{"data", state.data}};
  for (const auto& [key, value] : Counts(&copy)) metadata[key] = absl::StrCat(*value);
  for (const auto& [key, value] : Numbers(&copy)) metadata[key] = absl::StrFormat("%.17g", *value);
  return metadata;
}

absl::StatusOr<TrainerState> StateFromMetadata(const std::map<std::string, std::string>& metadata,
                                               absl::string_view source) {
  TrainerState state;
  const auto text = [&](const std::string& key) { return metadata.count(key) ? metadata.at(key) : std::string(); };
  const auto error = [&](const std::string& key) {
    return BadInputError(absl::StrCat(source, ": metadata ", key, ": found \"", text(key), "\", expected a number"));
  };
  const auto older = [&](const std::string& key) {
    const bool may_lack =
        key == kLossScale || key == kGoodSteps || key == kExactInARow || key == kStopAtExact || key == kDataBegins;
    return may_lack && metadata.count(key) == 0;
  };
  state.data = text("data");
  for (const auto& [key, value] : Counts(&state)) {
    if (older(key)) continue;
    if (!absl::SimpleAtoi(text(key), value) || *value < 0) return error(key);
  }
  for (const auto& [key, value] : Numbers(&state)) {
    if (older(key)) continue;
    if (!absl::SimpleAtod(text(key), value)) return error(key);
  }
  return state;
}

}  // namespace tally
