#include "lib/train/memory_fit.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/train/microbatch_fit.h"

namespace tally {

Batch LongBatch(const Batch& batch, int64_t sequences, int64_t tokens) {
  std::vector<uint8_t> line;
  while (static_cast<int64_t>(line.size()) < tokens) {
    line.insert(line.end(), batch.ids.begin(), batch.ids.begin() + batch.length);
    line.push_back(kEndId);
  }
  line.resize(tokens);
  BatchRow row;
  row.ids = line;
  return MakeBatch(std::vector<BatchRow>(sequences, row), /*answer_only=*/false);
}

absl::Status FitMemory(BatchSource* source, absl::FunctionRef<double(Batch&)> probe, TrainConfig* config) {
  if (config->max_memory_mb() == 0) return absl::OkStatus();
  const int64_t longest = source->facts().longest_row;
  if (longest == 0) {
    return UsageError(
        "train.max_memory_mb needs data sets, whose longest line is known; expected "
        "train.microbatch_size for a stream");
  }
  TALLY_ASSIGN_OR_RETURN(const Batch batch, source->Take(0, 1));
  const int64_t batch_size = config->batch_size();
  const int64_t asked = config->microbatch_size() > 0 ? std::min(config->microbatch_size(), batch_size) : batch_size;
  const auto probe_size = [&](int64_t sequences) {
    Batch longest_lines = LongBatch(batch, sequences, longest);
    return probe(longest_lines);
  };
  TALLY_ASSIGN_OR_RETURN(const int64_t size, FitMicrobatch(asked, config->max_memory_mb(), probe_size));
  if (size == asked) return absl::OkStatus();
  config->set_microbatch_size(size);
  LogLine(absl::StrFormat("train.max_memory_mb is %d: batches of %d problems are computed %d at a time",
                          config->max_memory_mb(), batch_size, size));
  return absl::OkStatus();
}

}  // namespace tally
