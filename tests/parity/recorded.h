// Values recorded with the reference (tests/parity/models/README.md), and what both parity tests do with them.
#ifndef TALLY_TESTS_PARITY_RECORDED_H_
#define TALLY_TESTS_PARITY_RECORDED_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/batches/batch.h"
#include "lib/safetensors/safetensors.h"

namespace tally {

// The folder of a recorded model.
std::string RecordedFolder(const std::string& name);

// The tensors in io.safetensors of one folder.
class Recorded {
 public:
  explicit Recorded(const std::string& name);

  bool Has(const std::string& name) const;

  // A copy; undefined where there is none of this name.
  at::Tensor Get(const std::string& name) const;

  const std::map<std::string, TensorView>& tensors() const;

 private:
  std::unique_ptr<SafetensorsFile> file_;
};

// A batch of ids [batch, seq], its last column included, and labels [batch, seq - 1], negative where not counted.
Batch RecordedBatch(const at::Tensor& ids, const at::Tensor& labels);

// Numbers [n] as a tensor, int64 or float32.
at::Tensor ToTensor(const std::vector<int64_t>& numbers);
at::Tensor ToTensor(const std::vector<float>& numbers);

// The largest absolute difference.
double Difference(const at::Tensor& a, const at::Tensor& b);

}  // namespace tally

#endif  // TALLY_TESTS_PARITY_RECORDED_H_
