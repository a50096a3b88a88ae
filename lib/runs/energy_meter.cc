#include "lib/runs/energy_meter.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

std::optional<int64_t> ReadNumber(const std::string& path) {
  const auto text = ReadFile(path);
  int64_t number = 0;
  if (!text.ok() || !absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &number)) return std::nullopt;
  return number;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::string& root) {
  for (int package = 0;; ++package) {
    const std::string folder = absl::StrCat(root, "/intel-rapl:", package);
    const auto now = ReadNumber(folder + "/energy_uj"), range = ReadNumber(folder + "/max_energy_range_uj");
    if (!now || !range) return;
    counters_.push_back({folder + "/energy_uj", *now, *range});
  }
}

std::optional<double> EnergyMeter::Joules() {
  if (counters_.empty()) return std::nullopt;
  for (Counter& counter : counters_) {
    const auto now = ReadNumber(counter.path);
    if (!now) return std::nullopt;
    const int64_t used = *now - counter.last + (*now < counter.last ? counter.range : 0);
    joules_ += 1e-6 * static_cast<double>(used);
    counter.last = *now;
  }
  return joules_;
}

}  // namespace tally
