// Pickles as torch.save writes them, put together from their opcodes.
#ifndef TALLY_LIB_CHECKPOINT_PICKLE_FOR_TEST_H_
#define TALLY_LIB_CHECKPOINT_PICKLE_FOR_TEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace tally {

// A number as `size` bytes.
inline std::string LittleEndian(uint64_t number, size_t size = 4) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(number >> 8 * i));
  return bytes;
}

inline std::string PickledInt(uint32_t number) { return "J" + LittleEndian(number); }

inline std::string PickledText(absl::string_view text) {
  return absl::StrCat("X", LittleEndian(static_cast<uint32_t>(text.size())), text);
}

inline std::string PickledTuple(const std::vector<std::string>& parts) {
  return absl::StrCat("(", absl::StrJoin(parts, ""), "t");
}

inline std::string PickledTuple(const std::vector<uint32_t>& numbers) {
  std::vector<std::string> parts;
  for (const uint32_t number : numbers) parts.push_back(PickledInt(number));
  return PickledTuple(parts);
}

inline std::string PickledDict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string text = "}(";
  for (const auto& [key, value] : items) absl::StrAppend(&text, PickledText(key), value);
  return text + "u";
}

// A tensor of the storage `key`, which has `elements` of `type` (FloatStorage, LongStorage).
inline std::string PickledTensor(absl::string_view type, absl::string_view key, uint32_t elements, uint32_t offset,
                                 const std::vector<uint32_t>& shape, const std::vector<uint32_t>& strides) {
  const std::string storage = PickledTuple({PickledText("storage"), absl::StrCat("ctorch\n", type, "\n"),
                                            PickledText(key), PickledText("cpu"), PickledInt(elements)});
  const std::vector<std::string> parts = {storage + "Q",
                                          PickledInt(offset),
                                          PickledTuple(shape),
                                          PickledTuple(strides),
                                          "\x89",
                                          "ccollections\nOrderedDict\n)R"};
  return absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\n", PickledTuple(parts), "R");
}

inline std::string PickleOf(absl::string_view value) { return absl::StrCat("\x80\x02", value, "."); }

// A checkpoint with these parameters.
inline std::string PickleOfModel(const std::vector<std::pair<std::string, std::string>>& parameters) {
  return PickleOf(PickledDict({{"model_state", PickledDict(parameters)}}));
}

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_PICKLE_FOR_TEST_H_
