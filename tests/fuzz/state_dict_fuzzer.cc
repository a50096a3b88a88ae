// The pickle of a checkpoint that torch.save wrote.
#include "absl/strings/str_cat.h"
#include "lib/checkpoint/pickle_for_test.h"
#include "lib/checkpoint/saved_tensor.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {

constexpr int64_t kMostBytes = 1 << 16;  // of a storage that is made to read from

void CheckLaws(absl::string_view input) {
  const auto tensors = ReadSavedTensors(input, "file");
  if (!tensors.ok()) return CheckRefusal(tensors.status());
  for (const auto& [name, tensor] : *tensors) {
    const int64_t item = SizeOf(tensor.dtype), bytes = tensor.storage_elements * item;
    TALLY_LAW(tensor.elements() <= tensor.storage_elements);
    if (bytes > kMostBytes) continue;
    const std::string storage(static_cast<size_t>(bytes), 'x');  // of its exact size, for the sanitizers
    TALLY_LAW(RowMajor(tensor, storage) == std::string(static_cast<size_t>(tensor.elements() * item), 'x'));
  }
}

std::vector<std::string> Seeds() {
  const std::string tensor = PickledTensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});
  const std::string scalar = PickledTensor("LongStorage", "1", 1, 0, {}, {});
  const std::string step = PickledDict({{"step", "G" + std::string(8, '\1')}, {"betas", "K\1K\2\x86"}});
  return {PickleOfModel({{"w", tensor}, {"b", scalar}}), PickleOfModel({}),
          PickleOf(PickledDict({{"optimizer_state", step}, {"model_state", PickledDict({{"w", tensor}})}})),
          PickleOfModel({{"t", PickledTensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3})}})};
}

std::vector<std::string> Words() {
  return {"(",
          ".",
          "J",
          "K",
          "M",
          "\x8a\x01",
          "G",
          "N",
          "\x88",
          "\x89",
          "X",
          ")",
          "t",
          "\x85",
          "\x86",
          "\x87",
          "]",
          "a",
          "e",
          "}",
          "s",
          "u",
          std::string("q\0", 2),
          "r",
          std::string("h\0", 2),
          "j",
          "R",
          "b",
          "Q",
          "ctorch\nFloatStorage\n",
          "ctorch\nLongStorage\n",
          "ctorch._utils\n_rebuild_tensor_v2\n",
          "ccollections\nOrderedDict\n)R",
          PickledText("storage"),
          PickledText("model_state"),
          PickledTensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1})};
}

}  // namespace tally::fuzz
