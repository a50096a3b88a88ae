// An example of a data set or a stream, and what is asked and counted of each.
#ifndef TALLY_LIB_DATASET_EXAMPLE_FACTS_H_
#define TALLY_LIB_DATASET_EXAMPLE_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "lib/tasks/line_format.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// A problem as ids, while a data set or a stream of them is made.
struct TokenizedProblem {
  ProblemSize size;
  std::vector<uint8_t> ids;  // without the EOS
  int64_t answer_start = 0;  // position in ids
  size_t task = 0;           // number of its format among those of the data
};

// Number of digits, both ends included; 0..0 before the first Widen.
struct DigitRange {
  int64_t min = 0;
  int64_t max = 0;

  void Widen(int64_t digits);
  void Widen(const DigitRange& other);
};

// Of some examples: ids in the longest one, and digits in the longest number.
struct ExampleExtent {
  int64_t longest_example = 0;
  int64_t longest_number = 0;

  void Add(absl::Span<const uint8_t> example);
  void Add(const ExampleExtent& other);
};

// True where an answer of at least one token begins at `answer_start` and is between `=` and a final EOS.
bool AnswerIsInPlace(absl::Span<const uint8_t> example, int64_t answer_start, const Vocabulary& vocabulary);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_EXAMPLE_FACTS_H_
