// What a pickle says, as a graph of values. It reads the opcodes by which protocol 2 writes plain data
// (https://docs.python.org/3/library/pickletools.html), which is what torch.save writes beside its tensors. Nothing
// that the file names is looked up or called, and nothing recurses, so that depth and cycles cost nothing. Torch-free.
#ifndef TALLY_LIB_CHECKPOINT_PICKLE_H_
#define TALLY_LIB_CHECKPOINT_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

enum class PickleKind { kNone, kBool, kInt, kFloat, kText, kTuple, kList, kDict, kGlobal, kCall, kPersistent };

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  int64_t number = 0;           // of kBool and kInt; that of a kFloat is not kept
  absl::string_view text;       // of kText; of kGlobal, "MODULE\nNAME"
  std::vector<uint32_t> parts;  // of kTuple and kList, items; of kDict, key, value, key, ...; of kCall, what is called
                                // and its arguments, a tuple; of kPersistent, its name. For Pickle::Part
};

class Pickle {
 public:
  // The pickle `bytes`, of at most 4 MiB, which outlive this. A collections.OrderedDict is a dictionary; the state that
  // BUILD gives an object is left out. BadInput `PATH: byte N of its pickle: found ..., expected ...` for anything but
  // such a pickle. Takes time and memory in proportion to the bytes.
  static absl::StatusOr<Pickle> Read(absl::string_view bytes, absl::string_view path);

  const PickleValue& root() const { return values_[root_]; }

  // Part `i`, which `value` has.
  const PickleValue& Part(const PickleValue& value, size_t i) const { return values_[value.parts[i]]; }

  // What the dictionary `value` has under the text `key`; null where it is none or has no such key.
  const PickleValue* Find(const PickleValue& value, absl::string_view key) const;

 private:
  friend class PickleReader;
  Pickle() = default;

  std::deque<PickleValue> values_;
  uint32_t root_ = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_PICKLE_H_
