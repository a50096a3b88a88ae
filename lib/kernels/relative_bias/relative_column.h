// Which column of a relative bias's table a pair of tokens has. Torch-free, for processors and devices.
#ifndef TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_COLUMN_H_
#define TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_COLUMN_H_

#include <cstdint>

#include "lib/kernels/cuda/host_device.h"

namespace tally {

// How far each coordinate of a pair (query i, key j) counts, either way; 0: it is not there. p is the number of the
// recurrence, from 0. It counts digits, by first ids, of which 2 is that of a number's first digit, or, with
// `count_second`, operands, by second ids, which begin with 0.
struct RelativeClips {
  int64_t first = 0;          // of first_i - first_j
  int64_t second = 0;         // of second_i - second_j
  int64_t shift = 0;          // of first_i - first_j - p
  int64_t key = 0;            // of first_j - 2 - p: how far the key is from digit p of its number
  bool count_second = false;  // second ids take the place of first ones in `shift` and `key`, and 0 that of 2

  TALLY_HOST_DEVICE int64_t columns() const {
    return (2 * first + 1) * (2 * second + 1) * (2 * shift + 1) * (2 * key + 1);
  }

  TALLY_HOST_DEVICE bool ReadRecurrence() const { return shift > 0 || key > 0; }
  TALLY_HOST_DEVICE int64_t begin() const { return count_second ? 0 : 2; }  // the id that p = 0 stands for
};

// The ids of one sample.
struct SampleIds {
  const int64_t* first = nullptr;   // [seq]
  const int64_t* second = nullptr;  // [seq], or null where nothing reads them
  int64_t recurrence = 0;
};

// `x` from -clip to clip as 0, ..., 2 clip.
TALLY_HOST_DEVICE inline int64_t Clipped(int64_t x, int64_t clip) {
  return (x < -clip ? -clip : x > clip ? clip : x) + clip;
}

// The column of a pair: its coordinates in the order of RelativeClips, the last one fastest. `first` and `second` are
// the differences of its ids, `key` the key's id of those that the recurrence counts by. Rises with each of the three.
TALLY_HOST_DEVICE inline int64_t RelativeColumnOf(const RelativeClips& clips, int64_t first, int64_t second,
                                                  int64_t key, int64_t recurrence) {
  int64_t column = Clipped(first, clips.first) * (2 * clips.second + 1) + Clipped(second, clips.second);
  if (!clips.ReadRecurrence()) return column;
  const int64_t shift = (clips.count_second ? second : first) - recurrence;
  column = column * (2 * clips.shift + 1) + Clipped(shift, clips.shift);
  return column * (2 * clips.key + 1) + Clipped(key - clips.begin() - recurrence, clips.key);
}

// The column of query i and key j.
TALLY_HOST_DEVICE inline int64_t RelativeColumn(const RelativeClips& clips, const SampleIds& ids, int64_t i,
                                                int64_t j) {
  const int64_t second = ids.second == nullptr ? 0 : ids.second[i] - ids.second[j];
  return RelativeColumnOf(clips, ids.first[i] - ids.first[j], second, (clips.count_second ? ids.second : ids.first)[j],
                          ids.recurrence);
}

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_RELATIVE_BIAS_RELATIVE_COLUMN_H_
