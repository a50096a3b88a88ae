// Ids that say which digit of its number a token is, read off the text by rule. Torch-free.
#ifndef TALLY_LIB_MODEL_POSITIONS_POSITION_IDS_H_
#define TALLY_LIB_MODEL_POSITIONS_POSITION_IDS_H_

#include <cstdint>
#include <vector>

namespace tally {

// Abacus ids (McLeish et al. 2024, arXiv 2405.17399): within a run of digits 1, 2, 3, ...; 0 for any other token.
// `ids` and `out` are arrays of `length` entries.
void AbacusIds(const int64_t* ids, int64_t length, int64_t* out);

// Coupled ids: a digit of weight 10^n has n + 2, in both operands and in the answer; operator and `=` have 1; specials
// have 0. Digits are written least significant first. What this gives away: which digits have equal weight (as Abacus,
// position coupling (Cho et al. 2024, arXiv 2405.20671) and index hints do); carries, copying and where to stop are
// learned.
void CoupledIds(const int64_t* ids, int64_t length, int64_t* out);

// Index of the number that a token belongs to, from 0; an operator has that of the number it opens; specials have 0.
void NumberIds(const int64_t* ids, int64_t length, int64_t* out);

// Weight and partial result of a problem with a scratchpad (lib/tasks/addition.cc, multiplication.cc), in the
// arithmetic vocabulary, all least significant digit first. Of a product, `12x34=360+090`:
//   digit n of x (n + 2, 0); the operator (1, 0); digit j of y (0, j + 2); `=` (1, 2); digit n of partial j (n + 2, j +
//   2); the `+` after partial j (1, j + 3); specials (0, 0).
// Of a sum, `12+9+07=12+03+001`:
//   digit n of operand j and of partial j (n + 2, j); the `+` before either (1, j); `=` (1, 0); specials (0, 0).
void ScratchpadIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* partials);

inline constexpr int64_t kAnswerSegment = 2;

// The part of the line that a token belongs to: 0 the first number, 1 all others up to `=`, kAnswerSegment the answer;
// an operator has that of the number it opens, a special that of the token before it, 0 where there is none. In the
// arithmetic vocabulary.
void SegmentIds(const int64_t* ids, int64_t length, int64_t* out);

// Digits of the numbers before `=`, in turn; of a line without one, those before its last operator.
std::vector<int64_t> OperandDigits(const int64_t* ids, int64_t length);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_POSITION_IDS_H_
