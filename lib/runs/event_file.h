// TensorBoard's event files, RUN/events.out.tfevents.*: scalars over steps. Torch-free.
//
//   1. A file is a row of records: length (U64), masked CRC-32C of the length, data, masked CRC-32C of the data
//      (tensorflow/core/lib/io/record_writer.h). Data are Event messages.
//   2. The first record holds the version. The second says that a process starts, at the first step that it will log.
//   3. Each logged step adds a record.
// A process that continues a run cannot cut earlier files, which TensorBoard may be reading. It writes another, and the
// start in it makes TensorBoard forget what earlier files say of later steps.
#ifndef TALLY_LIB_RUNS_EVENT_FILE_H_
#define TALLY_LIB_RUNS_EVENT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "lib/base/os/append_file.h"
#include "lib/runs/metrics.h"

namespace tally {

namespace tensorboard {
class Event;
}

// Not thread-safe. Readers see each record at once.
class EventFile : public MetricsSink {
 public:
  // A new file in `run`, named after `now`, for steps after `last_step`. Its name sorts behind those of earlier files,
  // since readers take them by name. CannotCreate, IoError.
  static absl::StatusOr<std::unique_ptr<EventFile>> Open(const std::string& run, int64_t last_step, absl::Time now);

  // Scalars have the names that they have in metrics.jsonl. IoError.
  absl::Status Append(const StepMetrics& metrics) override;
  absl::Status Sync() override { return file_->Sync(); }

 private:
  explicit EventFile(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}
  absl::Status Write(const tensorboard::Event& event);

  const std::unique_ptr<AppendFile> file_;
};

// `data` as a record of such a file.
std::string EventRecord(absl::string_view data);

}  // namespace tally

#endif  // TALLY_LIB_RUNS_EVENT_FILE_H_
