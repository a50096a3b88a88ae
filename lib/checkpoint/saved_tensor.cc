#include "lib/checkpoint/saved_tensor.h"

#include <cstddef>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/pickle.h"

namespace tally {
namespace {

constexpr size_t kMostAxes = 16;

// What torch._utils._rebuild_tensor_v2 is called with, and a storage's name; both may have more parts behind these.
constexpr size_t kStorage = 0, kOffset = 1, kShape = 2, kStrides = 3, kTensorParts = 4;
constexpr size_t kTag = 0, kType = 1, kKey = 2, kElements = 4, kStorageParts = 5;

bool IsTuple(const PickleValue& value, size_t least_parts) {
  return value.kind == PickleKind::kTuple && value.parts.size() >= least_parts;
}

// The whole numbers of a tuple, none of them negative.
bool ReadNumbers(const Pickle& pickle, const PickleValue& tuple, std::vector<int64_t>* numbers) {
  if (!IsTuple(tuple, 0) || tuple.parts.size() > kMostAxes) return false;
  for (size_t i = 0; i < tuple.parts.size(); ++i) {
    const PickleValue& part = pickle.Part(tuple, i);
    if (part.kind != PickleKind::kInt || part.number < 0) return false;
    numbers->push_back(part.number);
  }
  return true;
}

// Storage, dtype and number of elements, of ("storage", type, key, device, elements).
absl::Status ReadStorage(const Pickle& pickle, const PickleValue& value, SavedTensor* tensor) {
  const absl::Status none = BadInputError("found no storage, expected what torch.save writes");
  if (value.kind != PickleKind::kPersistent || !IsTuple(pickle.Part(value, 0), kStorageParts)) return none;
  const PickleValue& name = pickle.Part(value, 0);
  const PickleValue &tag = pickle.Part(name, kTag), &type = pickle.Part(name, kType);
  const PickleValue &key = pickle.Part(name, kKey), &elements = pickle.Part(name, kElements);
  if (tag.text != "storage" || type.kind != PickleKind::kGlobal || key.kind != PickleKind::kText) return none;
  const bool is_float = type.text == "torch\nFloatStorage";
  if (!is_float && type.text != "torch\nLongStorage") {
    return BadInputError(absl::StrCat("found a storage of type ", absl::CEscape(type.text),
                                      ", expected torch.FloatStorage or torch.LongStorage"));
  }
  tensor->dtype = is_float ? DType::kF32 : DType::kI64;
  tensor->storage = std::string(key.text);
  tensor->storage_elements = elements.number;
  if (elements.kind != PickleKind::kInt || elements.number < 0 || elements.number > INT64_MAX / 8) return none;
  return absl::OkStatus();
}

// Whether the elements lie within the tensor's storage, and are not more than it has.
bool FitsItsStorage(const SavedTensor& tensor) {
  int64_t elements = 1, last = tensor.offset;
  bool empty = false;
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    const int64_t size = tensor.shape[axis];
    int64_t span = 0;
    if (__builtin_mul_overflow(elements, size, &elements)) return false;
    if (size > 0 && __builtin_mul_overflow(size - 1, tensor.strides[axis], &span)) return false;
    if (__builtin_add_overflow(last, span, &last)) return false;
    empty = empty || size == 0;
  }
  return empty || (last < tensor.storage_elements && elements <= tensor.storage_elements);
}

absl::StatusOr<SavedTensor> ReadTensor(const Pickle& pickle, const PickleValue& value) {
  const absl::Status none = BadInputError("found no tensor, expected one as torch.save writes it");
  if (value.kind != PickleKind::kCall || pickle.Part(value, 0).text != "torch._utils\n_rebuild_tensor_v2") return none;
  const PickleValue& parts = pickle.Part(value, 1);
  if (!IsTuple(parts, kTensorParts)) return none;
  SavedTensor tensor;
  TALLY_RETURN_IF_ERROR(ReadStorage(pickle, pickle.Part(parts, kStorage), &tensor));
  const PickleValue& offset = pickle.Part(parts, kOffset);
  if (offset.kind != PickleKind::kInt || offset.number < 0 ||
      !ReadNumbers(pickle, pickle.Part(parts, kShape), &tensor.shape) ||
      !ReadNumbers(pickle, pickle.Part(parts, kStrides), &tensor.strides) ||
      tensor.shape.size() != tensor.strides.size()) {
    return none;
  }
  tensor.offset = offset.number;
  if (FitsItsStorage(tensor)) return tensor;
  return BadInputError("found sizes, strides or an offset beyond its data, expected them within");
}

}  // namespace

int64_t SavedTensor::elements() const {
  int64_t elements = 1;
  for (const int64_t size : shape) elements *= size;
  return elements;
}

absl::StatusOr<std::map<std::string, SavedTensor>> ReadSavedTensors(absl::string_view pickle_bytes,
                                                                    absl::string_view path) {
  TALLY_ASSIGN_OR_RETURN(const Pickle pickle, Pickle::Read(pickle_bytes, path));
  const PickleValue* const model = pickle.Find(pickle.root(), "model_state");
  if (model == nullptr || model->kind != PickleKind::kDict) {
    return BadInputError(absl::StrCat(path, ": expected a dictionary with model_state"));
  }
  std::map<std::string, SavedTensor> tensors;
  for (size_t i = 0; i < model->parts.size(); i += 2) {
    const PickleValue& name = pickle.Part(*model, i);
    const std::string where = absl::StrCat(path, ": tensor ", absl::CEscape(name.text));
    absl::StatusOr<SavedTensor> tensor = ReadTensor(pickle, pickle.Part(*model, i + 1));
    if (!tensor.ok()) return BadInputError(absl::StrCat(where, ": ", tensor.status().message()));
    if (name.kind != PickleKind::kText || !tensors.emplace(name.text, *std::move(tensor)).second) {
      return BadInputError(absl::StrCat(where, ": expected a name, once"));
    }
  }
  return tensors;
}

std::string RowMajor(const SavedTensor& tensor, absl::string_view storage) {
  const auto item = static_cast<size_t>(SizeOf(tensor.dtype));
  std::string bytes;
  bytes.reserve(static_cast<size_t>(tensor.elements()) * item);
  std::vector<int64_t> index(tensor.shape.size());
  int64_t place = tensor.offset;
  for (int64_t left = tensor.elements(); left > 0; --left) {
    absl::StrAppend(&bytes, storage.substr(static_cast<size_t>(place) * item, item));
    for (size_t axis = index.size(); axis-- > 0;) {
      place += tensor.strides[axis];
      if (++index[axis] < tensor.shape[axis]) break;
      place -= tensor.shape[axis] * tensor.strides[axis];
      index[axis] = 0;
    }
  }
  return bytes;
}

}  // namespace tally
