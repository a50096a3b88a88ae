// A std::vector whose numbers begin at a cache line: no load or store of a SIMD vector straddles two lines.
#ifndef TALLY_LIB_KERNELS_ALIGNED_VECTOR_H_
#define TALLY_LIB_KERNELS_ALIGNED_VECTOR_H_

#include <cstddef>
#include <new>
#include <vector>

namespace tally {

template <typename T>
struct CacheLineAllocator {
  using value_type = T;

  CacheLineAllocator() = default;
  template <typename U>
  CacheLineAllocator(const CacheLineAllocator<U>&) {}  // NOLINT(google-explicit-constructor): allocators convert

  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kLine)); }
  void deallocate(T* numbers, size_t) { ::operator delete(numbers, kLine); }

  static constexpr std::align_val_t kLine{64};
};

template <typename T, typename U>
bool operator==(const CacheLineAllocator<T>&, const CacheLineAllocator<U>&) {
  return true;
}
template <typename T, typename U>
bool operator!=(const CacheLineAllocator<T>&, const CacheLineAllocator<U>&) {
  return false;
}

template <typename T>
using AlignedVector = std::vector<T, CacheLineAllocator<T>>;

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ALIGNED_VECTOR_H_
