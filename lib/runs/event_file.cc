#include "lib/runs/event_file.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "lib/base/checksums.h"
#include "lib/base/os/folder.h"
#include "lib/base/process.h"
#include "lib/base/status_macros.h"
#include "lib/runs/tensorboard_event.pb.h"

namespace tally {
namespace {

constexpr absl::string_view kPrefix = "events.out.tfevents.";

template <typename T>
absl::string_view BytesOf(const T& value) {
  return absl::string_view(reinterpret_cast<const char*>(&value), sizeof(T));
}

// The latest time, in seconds, that an event file in `run` is named after; 0 where there is none.
absl::StatusOr<int64_t> LastFileTime(const std::string& run) {
  int64_t last = 0;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(run));
  for (const std::string& name : names) {
    absl::string_view rest = name;
    int64_t seconds = 0;
    if (!absl::ConsumePrefix(&rest, kPrefix)) continue;
    if (absl::SimpleAtoi(rest.substr(0, rest.find('.')), &seconds)) last = std::max(last, seconds);
  }
  return last;
}

tensorboard::Event EventAt(int64_t step, absl::Time now) {
  tensorboard::Event event;
  event.set_wall_time(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  event.set_step(step);
  return event;
}

}  // namespace

std::string EventRecord(absl::string_view data) {
  const uint64_t length = data.size();
  const uint32_t length_crc = MaskedCrc32c(BytesOf(length));
  const uint32_t data_crc = MaskedCrc32c(data);
  return absl::StrCat(BytesOf(length), BytesOf(length_crc), data, BytesOf(data_crc));
}

absl::StatusOr<std::unique_ptr<EventFile>> EventFile::Open(const std::string& run, int64_t last_step, absl::Time now) {
  TALLY_ASSIGN_OR_RETURN(const int64_t last, LastFileTime(run));
  const int64_t seconds = std::max(absl::ToUnixSeconds(now), last + 1);
  const std::string path =
      absl::StrCat(run, "/", kPrefix, absl::StrFormat("%010d", seconds), ".", HostName(), ".", getpid());
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> empty, AppendFile::Open(path));
  std::unique_ptr<EventFile> file(new EventFile(std::move(empty)));
  tensorboard::Event version = EventAt(0, now);
  version.set_file_version("brain.Event:2");
  TALLY_RETURN_IF_ERROR(file->Write(version));
  tensorboard::Event start = EventAt(last_step + 1, now);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  TALLY_RETURN_IF_ERROR(file->Write(start));
  return file;
}

absl::Status EventFile::Append(const StepMetrics& metrics) {
  tensorboard::Event event = EventAt(metrics.step, absl::Now());
  for (const auto& [name, value] : NamedValues(metrics)) {
    if (name == "step") continue;
    tensorboard::Summary::Value* const added = event.mutable_summary()->add_value();
    added->set_tag(name);
    added->set_simple_value(static_cast<float>(value));
  }
  return Write(event);
}

absl::Status EventFile::Write(const tensorboard::Event& event) {
  return file_->Append(EventRecord(event.SerializeAsString()));
}

}  // namespace tally
