#include "lib/model/attention/key_value_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>

namespace tally {
namespace {

// Writes `added` to tokens begin, begin + 1, ... of `store`, which grows by half where it is too small.
at::Tensor Extend(at::Tensor& store, int64_t begin, const at::Tensor& added) {
  const int64_t end = begin + added.size(2);
  if (!store.defined() || store.size(2) < end) {
    const int64_t capacity = std::max<int64_t>(end, store.defined() ? store.size(2) * 3 / 2 : 64);
    const at::Tensor larger = at::empty({added.size(0), added.size(1), capacity, added.size(3)}, added.options());
    if (begin > 0) larger.narrow(2, 0, begin).copy_(store.narrow(2, 0, begin));
    store = larger;
  }
  store.narrow(2, begin, added.size(2)).copy_(added);
  return store.narrow(2, 0, end);
}

}  // namespace

KeyValueCache::Call& KeyValueCache::At(int64_t call) {
  if (repeats_ > 0) call %= repeats_;
  while (call >= static_cast<int64_t>(calls_.size())) calls_.push_back(NewCall());
  return calls_[call];
}

// What the next call begins with.
KeyValueCache::Call KeyValueCache::NewCall() const {
  if (distance_ == 0) return Call();
  Call call = calls_[calls_.size() - distance_];
  if (call.keys.defined()) call.keys = call.keys.clone(), call.values = call.values.clone();
  return call;
}

std::pair<at::Tensor, at::Tensor> KeyValueCache::Append(int64_t call, const at::Tensor& keys,
                                                        const at::Tensor& values) {
  Call& held = At(call);
  return {Extend(held.keys, length_, keys), Extend(held.values, length_, values)};
}

}  // namespace tally
