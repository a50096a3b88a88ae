#include "lib/model/positions/position_ids.h"

#include <algorithm>

#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

// Of the arithmetic vocabulary.
constexpr int64_t kTimesId = 16;
constexpr int64_t kEqualsId = 17;

bool IsOperator(int64_t id) { return id > kLastDigitId; }

// Whether the line's first operator is that of products.
bool IsProduct(const int64_t* ids, int64_t length) {
  const int64_t* const first = std::find_if(ids, ids + length, IsOperator);
  return first != ids + length && *first == kTimesId;
}

// Partial results of a sum, whose weights are CoupledIds. The first number has the partial that a product's has: no
// operator has told them apart yet.
void SumPartials(const int64_t* ids, int64_t length, int64_t* partials) {
  int64_t partial = 0;
  for (int64_t i = 0; i < length; ++i) {
    partial = ids[i] == kEqualsId ? 0 : partial + IsOperator(ids[i]);
    partials[i] = ids[i] < kFirstDigitId ? 0 : partial;
  }
}

}  // namespace

void AbacusIds(const int64_t* ids, int64_t length, int64_t* out) {
  int64_t run = 0;
  for (int64_t i = 0; i < length; ++i) {
    run = IsDigitId(ids[i]) ? run + 1 : 0;
    out[i] = run;
  }
}

void CoupledIds(const int64_t* ids, int64_t length, int64_t* out) {
  AbacusIds(ids, length, out);
  for (int64_t i = 0; i < length; ++i) {
    const bool special = ids[i] < kFirstDigitId;
    if (!special) out[i] += 1;
  }
}

void NumberIds(const int64_t* ids, int64_t length, int64_t* out) {
  int64_t number = 0;
  for (int64_t i = 0; i < length; ++i) {
    number += IsOperator(ids[i]);
    out[i] = ids[i] < kFirstDigitId ? 0 : number;
  }
}

void ScratchpadIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* partials) {
  CoupledIds(ids, length, weights);
  if (!IsProduct(ids, length)) return SumPartials(ids, length, partials);
  NumberIds(ids, length, partials);
  for (int64_t i = 0; i < length; ++i) {
    const bool first_operator = partials[i] == 1 && IsOperator(ids[i]);
    if (first_operator) {
      partials[i] = 0;
    } else if (partials[i] == 1) {
      partials[i] = weights[i];
      weights[i] = 0;
    }
  }
}

void SegmentIds(const int64_t* ids, int64_t length, int64_t* out) {
  int64_t segment = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (IsOperator(ids[i])) segment = ids[i] == kEqualsId ? kAnswerSegment : std::max<int64_t>(segment, 1);
    out[i] = segment;
  }
}

std::vector<int64_t> OperandDigits(const int64_t* ids, int64_t length) {
  std::vector<int64_t> digits;
  int64_t run = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (IsOperator(ids[i]) && run > 0) digits.push_back(run);
    if (ids[i] == kEqualsId) break;
    run = IsDigitId(ids[i]) ? run + 1 : 0;
  }
  return digits;
}

}  // namespace tally
