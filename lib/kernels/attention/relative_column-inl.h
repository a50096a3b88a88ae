// RelativeColumnOf (lib/kernels/relative_bias/relative_column.h) for a vector of pairs. Compiled once for each set of
// instructions (Highway's -inl.h pattern), so include it after highway.h, in .cc files alone.
#if defined(TALLY_LIB_KERNELS_ATTENTION_RELATIVE_COLUMN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TALLY_LIB_KERNELS_ATTENTION_RELATIVE_COLUMN_INL_H_
#undef TALLY_LIB_KERNELS_ATTENTION_RELATIVE_COLUMN_INL_H_
#else
#define TALLY_LIB_KERNELS_ATTENTION_RELATIVE_COLUMN_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "lib/kernels/relative_bias/relative_column.h"
#include "lib/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {

// `x` from -clip to clip as 0, ..., 2 clip.
HWY_INLINE Ints ClippedInts(Ints x, int64_t clip) {
  const Ints c = SetInt(clip);
  return hn::Add(hn::Max(hn::Min(x, c), hn::Neg(c)), c);
}

// `columns` with a further, faster coordinate.
HWY_INLINE Ints WithCoordinate(Ints columns, Ints x, int64_t clip) {
  return hn::Add(hn::Mul(columns, SetInt(2 * clip + 1)), ClippedInts(x, clip));
}

// As tally::RelativeColumnOf, a pair in each lane.
HWY_INLINE Ints RelativeColumnsOf(const RelativeClips& clips, Ints first, Ints second, Ints key, Ints recurrence) {
  Ints columns = ClippedInts(first, clips.first);
  if (clips.second > 0) columns = WithCoordinate(columns, second, clips.second);
  if (!clips.ReadRecurrence()) return columns;
  columns = WithCoordinate(columns, hn::Sub(clips.count_second ? second : first, recurrence), clips.shift);
  return WithCoordinate(columns, hn::Sub(key, hn::Add(recurrence, SetInt(clips.begin()))), clips.key);
}

}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#endif  // TALLY_LIB_KERNELS_ATTENTION_RELATIVE_COLUMN_INL_H_
