// Examples of lines of problems, made by several threads.
//
// Lines come and go in rounds of blocks; while one round's lines become examples,
//   1. the first thread gives away the examples of the round before, in order,
//   2. and reads the lines of the round after;
//   3. then it takes blocks too, as the other threads do.
#ifndef TALLY_LIB_DATASET_READ_EXAMPLES_H_
#define TALLY_LIB_DATASET_READ_EXAMPLES_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "lib/dataset/example_facts.h"
#include "lib/problems/problem_reader.h"
#include "lib/tasks/problem_format.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

struct ReadExamplesOptions {
  const std::vector<ProblemFormat>* formats = nullptr;  // of the lines
  const Vocabulary* vocabulary = nullptr;
  bool check_answers = true;
  int threads = 1;  // 0: half the cores. They change nothing but the time
};

// Gives all lines of `in` to `add` as examples, one after another in this thread. BadInput names the first line that is
// not a problem of one of the formats, has no answer, or, where answers are checked, a wrong one; the examples before
// it have been given then. Errors of `in` and `add`.
absl::Status ReadExamples(const ReadExamplesOptions& options, ProblemReader* in,
                          absl::FunctionRef<absl::Status(const TokenizedProblem&)> add);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_READ_EXAMPLES_H_
