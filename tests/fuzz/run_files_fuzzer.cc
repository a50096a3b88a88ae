// Small files of a run: DONE and other texts with a hash line, the trainer's state, records of event files.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/checksums.h"
#include "lib/checkpoint/done_file.h"
#include "lib/runs/event_file.h"
#include "lib/runs/trainer_state.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

void CheckDone(absl::string_view text) {
  static const TestFolder& folder = *new TestFolder;
  (void)CheckHashLine(text);
  const std::string signed_text = WithHashLine(text);
  TALLY_LAW(CheckHashLine(signed_text) == HashLine::kRight);
  folder.Write("config.json", "{}");
  for (const absl::string_view done : {text, absl::string_view(signed_text)}) {
    folder.Write("DONE", done);
    const absl::Status status = CheckDoneFile(folder.path(), {"config.json"});
    if (!status.ok()) CheckRefusal(status);
  }
}

// `text` has lines KEY=VALUE.
void CheckState(absl::string_view text) {
  std::map<std::string, std::string> metadata;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string, std::string> key_value = absl::StrSplit(line, absl::MaxSplits('=', 1));
    metadata.insert(key_value);
  }
  const absl::StatusOr<TrainerState> state = StateFromMetadata(metadata, "file");
  if (!state.ok()) return CheckRefusal(state.status());
  const std::map<std::string, std::string> again = StateToMetadata(*state);
  TALLY_LAW(StateToMetadata(*StateFromMetadata(again, "copy")) == again);
}

// CRC-32C bit by bit (RFC 3720, appendix B.4), masked as event files do.
uint32_t SlowMaskedCrc(absl::string_view data) {
  uint32_t crc = 0xffffffff;
  for (const char c : data) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82f63b78 & (0 - (crc & 1)));
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
}

// A record gives its data back to a reader that trusts nothing.
void CheckRecord(absl::string_view data) {
  const std::string record = EventRecord(data);
  uint64_t length = 0;
  uint32_t length_crc = 0, data_crc = 0;
  TALLY_LAW(record.size() == sizeof(length) + sizeof(length_crc) + data.size() + sizeof(data_crc));
  std::memcpy(&length, record.data(), sizeof(length));
  std::memcpy(&length_crc, record.data() + sizeof(length), sizeof(length_crc));
  std::memcpy(&data_crc, record.data() + record.size() - sizeof(data_crc), sizeof(data_crc));
  TALLY_LAW(length == data.size() && record.substr(12, length) == data);
  TALLY_LAW(length_crc == SlowMaskedCrc(record.substr(0, sizeof(length))) && data_crc == SlowMaskedCrc(data));
}

}  // namespace

void CheckLaws(absl::string_view input) {
  Choices choices(input);
  switch (choices.Below(3)) {
    case 0:
      return CheckDone(choices.rest());
    case 1:
      return CheckState(choices.rest());
    default:
      return CheckRecord(choices.rest());
  }
}

std::vector<std::string> Seeds() {
  std::string state = "\1";
  for (const auto& [key, value] : StateToMetadata(TrainerState())) absl::StrAppend(&state, key, "=", value, "\n");
  const std::string lines = "step 1000\nb1946ac92492d234 2 config.json\n";
  return {'\0' + WithHashLine(lines), '\0' + lines, '\0' + std::string("step 5\n"), state, std::string("\2\0\1abc", 6)};
}

std::vector<std::string> Words() {
  return {"step ", "# xxh3 ", " of the lines above\n", "config.json", "\n", "step=", "loss_scale=", "inf", "nan",
          "-0",    "1e-320"};
}

}  // namespace tally::fuzz
