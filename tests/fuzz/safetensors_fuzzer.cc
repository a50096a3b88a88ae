// The header and tensors of a safetensors file.
#include <algorithm>
#include <map>

#include "lib/safetensors/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

// The file that has these contents, its tensors in the order in which their bytes lie.
std::string Written(const SafetensorsContents& contents) {
  std::vector<std::pair<std::string, TensorView>> tensors(contents.tensors.begin(), contents.tensors.end());
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    const auto key = [](const auto& t) { return std::make_pair(t.second.bytes.data(), t.second.bytes.size()); };
    return key(a) < key(b);
  });
  std::vector<NamedTensor> order;
  std::string bytes;
  for (const auto& [name, view] : tensors) {
    order.push_back({name, view.dtype, view.shape});
    bytes.append(view.bytes.data(), view.bytes.size());
  }
  return SafetensorsHeader(order, contents.metadata) + bytes;
}

}  // namespace

void CheckLaws(absl::string_view input) {
  const absl::StatusOr<SafetensorsContents> contents = ReadSafetensorsContents(input, "file");
  if (!contents.ok()) return CheckRefusal(contents.status());
  size_t bytes = 0;
  for (const auto& [name, view] : contents->tensors) {
    TALLY_LAW(static_cast<int64_t>(view.bytes.size()) == view.elements() * SizeOf(view.dtype));
    bytes += view.bytes.size();
  }
  TALLY_LAW(bytes <= input.size());
  const std::string again = Written(*contents);
  const absl::StatusOr<SafetensorsContents> copy = ReadSafetensorsContents(again, "copy");
  TALLY_LAW(copy.ok() && copy->metadata == contents->metadata && copy->tensors.size() == contents->tensors.size());
  for (const auto& [name, view] : contents->tensors) {
    const TensorView& other = copy->tensors.at(name);
    TALLY_LAW(other.dtype == view.dtype && other.shape == view.shape && other.bytes == view.bytes);
  }
}

std::vector<std::string> Seeds() {
  const std::string two = SafetensorsHeader({{"a", DType::kF32, {2, 1}}, {"b", DType::kU8, {3}}}, {{"format", "pt"}});
  const std::string empty = SafetensorsHeader({{"none", DType::kI64, {0, 4}}, {"one", DType::kBool, {}}}, {});
  return {two + std::string(11, 'x'), empty + "y", SafetensorsHeader({}, {}), SafetensorsHeader({}, {{"k", "\n\"é"}})};
}

std::vector<std::string> Words() {
  return {"{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"F32\"",
          "\"U8\"",
          "\"BF16\"",
          "\"I64\"",
          "\"dtype\":",
          "\"shape\":",
          "\"data_offsets\":",
          "\"__metadata__\":",
          "[0,0]",
          "9223372036854775807",
          "18446744073709551616",
          "-1",
          "1e3",
          "\\u0000",
          "\\ud800",
          "null",
          "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}"};
}

}  // namespace tally::fuzz
