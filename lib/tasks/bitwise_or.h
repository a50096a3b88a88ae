// The position task of the reference: the bitwise OR of a one-hot vector and a zero vector. Its problems are counted:
// for each pair of lengths (the first changes slowest) and each position t below the shorter length, counted from the
// left, the shorter vector is one-hot at t and the longer all zeros. Torch-free.
#ifndef TALLY_LIB_TASKS_BITWISE_OR_H_
#define TALLY_LIB_TASKS_BITWISE_OR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lib/tasks/lengths.h"

namespace tally {

class BitwiseOrProblems {
 public:
  // Vectors of these lengths. Costs memory linear in first.count().
  BitwiseOrProblems(const LengthRange& first, const LengthRange& second);

  int64_t count() const { return begins_.back(); }

  // Problem `index` < count(): `00100+000=00100`. Of equal lengths the first vector is one-hot where `first` says so.
  std::string Line(int64_t index, bool first) const;

 private:
  // Problems with a first vector of `length` and a second of at most `longest`.
  int64_t CountUpTo(int length, int longest) const;

  const LengthRange first_, second_;
  std::vector<int64_t> begins_;  // number of the first problem of each first length, and the count
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_BITWISE_OR_H_
