#include "tests/parity/recorded.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tally {

std::string RecordedFolder(const std::string& name) { return absl::StrCat("tests/parity/models/", name); }

Recorded::Recorded(const std::string& name) : file_(*SafetensorsFile::Open(RecordedFolder(name) + "/io.safetensors")) {}

bool Recorded::Has(const std::string& name) const { return file_->tensors().count(name) > 0; }

const std::map<std::string, TensorView>& Recorded::tensors() const { return file_->tensors(); }

at::Tensor Recorded::Get(const std::string& name) const {
  if (!Has(name)) return at::Tensor();
  const TensorView& view = file_->tensors().at(name);
  const at::ScalarType type = view.dtype == DType::kF32   ? at::kFloat
                              : view.dtype == DType::kF64 ? at::kDouble
                                                          : at::kLong;
  // Bytes in the file need not be aligned.
  const at::Tensor copy = at::empty(view.shape, type);
  std::memcpy(copy.data_ptr(), view.bytes.data(), view.bytes.size());
  return copy;
}

Batch RecordedBatch(const at::Tensor& ids, const at::Tensor& labels) {
  Batch batch;
  batch.sequences = labels.size(0);
  batch.length = labels.size(1);
  for (int64_t b = 0; b < batch.sequences; ++b) {
    for (int64_t t = 0; t < batch.length; ++t) {
      batch.ids.push_back(ids[b][t].item<int64_t>());
      const int64_t label = labels[b][t].item<int64_t>();
      if (label < 0) continue;
      batch.label_positions.push_back(b * batch.length + t);
      batch.labels.push_back(label);
    }
  }
  return batch;
}

at::Tensor ToTensor(const std::vector<int64_t>& numbers) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(numbers.size())}, at::kLong);
  std::copy(numbers.begin(), numbers.end(), tensor.data_ptr<int64_t>());
  return tensor;
}

at::Tensor ToTensor(const std::vector<float>& numbers) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(numbers.size())}, at::kFloat);
  std::copy(numbers.begin(), numbers.end(), tensor.data_ptr<float>());
  return tensor;
}

double Difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace tally
