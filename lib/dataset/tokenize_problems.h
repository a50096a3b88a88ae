// The job of the tool tokenize: problems as text in, a token data set out.
#ifndef TALLY_LIB_DATASET_TOKENIZE_PROBLEMS_H_
#define TALLY_LIB_DATASET_TOKENIZE_PROBLEMS_H_

#include <vector>

#include "absl/status/status.h"
#include "lib/dataset/tokenize_flags.pb.h"
#include "lib/tasks/problem_format.h"

namespace tally {

struct TokenizeOptions {
  TokenizeFlags flags;
  std::vector<ProblemFormat> formats = {ProblemFormat()};  // how the lines are written; recorded in the data set
};

// Reads problems with answers, one a line, and writes the data set, or with "-" a token stream, example by example.
// Memory does not grow with the input. BadInput names the first line that is not a problem of a task, has no answer or
// a wrong one, or says that there is no line at all. The vocabulary is the task's for the format
// (Task::VocabularyName), of several tasks the smallest that covers theirs. UsageError for parts of a format that do
// not go together, for tasks that a line does not tell apart, for no output, and for an order or a test set that a
// stream cannot have.
absl::Status TokenizeProblems(const TokenizeOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_TOKENIZE_PROBLEMS_H_
