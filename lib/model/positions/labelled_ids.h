// Ids of sorting's lines, `A:14,B:7=...`, read off the text by rule, in a vocabulary where `=` has the id of the
// arithmetic one and digits theirs. Torch-free. The first character of a number is its label, whatever it is: `,` and
// `:` are labels too. `ids`, `weights` and `places` are arrays of `length` entries; specials have (0, 0).
#ifndef TALLY_LIB_MODEL_POSITIONS_LABELLED_IDS_H_
#define TALLY_LIB_MODEL_POSITIONS_LABELLED_IDS_H_

#include <cstdint>

namespace tally {

// Weight and place. Number m of the line has place m: its label (1, m), digit n (n + 2, m), the other characters (0,
// m). Of N numbers, rank k of the answer has place N + 3 + k, so that no place of the answer is beside one of the line:
// its label (0, N + 3 + k), the `,` behind it (1, N + 3 + k), and `=` (1, N + 2), as if it stood behind rank -1.
void LabelledIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places);

// The same of an answer with scratchpad (lib/tasks/insertion_rows.h), `A:14,B:7=/A<A;/BA:0<BA;/=B,A`. What a token of
// the answer has names the token that tells what follows it: a label or digit of the question, or a label of the row
// before. Even weights are those of tokens that are looked up, odd ones, one more, those of tokens that look. Number m
// of the line has its label at (2, m), digit n at (2 n + 4, m), and other characters at (0, m); of N numbers, row m has
// place N + 1 + m and the label of rank k in it weight 2 k + 2.
//
//   `=`                  (2, N): what number N's label would be, and rank 0 of a row before the first
//   `/`                  (3, m): number m's label
//   that label           (3, N + 1 + m): rank 0 of row m - 1
//   label of rank k      (2 k + 2, N + 1 + m): its own place, which in row m - 1 has what follows it
//   its `:`              (2 n + 5, m): the digit of number m, n being the highest of both numbers
//   that digit           (2 n + 5, l): the digit of number l, whose label it stands behind
//   `=` at n > 0         (2 n + 3, m): the next lower digit of number m
//   `>`, `=` at n = 0    (2 k + 5, N + 1 + m): rank k + 1 of row m - 1
//   `<`                  (3, m): number m's label
//   `;`                  (2 k + 2, N + 1 + m), k being the number of the row's labels
//   the result           `=`, label of rank k, `,` behind it: ranks 0, k + 1, k + 1 of the last row, as if in row N
void InsertionRowIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places);

// For models of several tasks: ScratchpadIds (position_ids.h) of lines that begin with a digit, else InsertionRowIds.
void LabelledScratchpadIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_LABELLED_IDS_H_
