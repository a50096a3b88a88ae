#include "lib/runs/override_log.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"

namespace tally {

absl::Status LogOverrides(const std::string& run, int64_t step, const std::vector<Override>& overrides) {
  if (step > 0 && overrides.empty()) return absl::OkStatus();
  const std::string path = run + "/overrides.txt";
  std::string text;
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    TALLY_ASSIGN_OR_RETURN(text, ReadFile(path));
  }
  absl::StrAppend(&text, step == 0 ? "started\n" : absl::StrCat("continued after step ", step, "\n"));
  for (const Override& change : overrides) absl::StrAppend(&text, "  ", OverrideText(change), "\n");
  return WriteFile(path, text);
}

}  // namespace tally
