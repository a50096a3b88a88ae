#include "lib/model/positions/position_table.h"

#include <ATen/ops/empty_like.h>

namespace tally {

std::unique_ptr<PositionTable> MakePositionTable(int64_t width, const ModelConfig& config,
                                                 const Initialiser& initialiser, Parameters* parameters) {
  const TableScheme& scheme = TableOf(config);
  return scheme.make == nullptr ? nullptr : scheme.make(width, config, initialiser, parameters);
}

at::Tensor IdsByRule(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*)) {
  const at::Tensor in = ids.contiguous();
  const at::Tensor out = at::empty_like(in);
  const int64_t seq = ids.size(1);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    rule(in.const_data_ptr<int64_t>() + b * seq, seq, out.data_ptr<int64_t>() + b * seq);
  }
  return out;
}

}  // namespace tally
