// What is in a token data set, for people and for other programs: the reports of tokenize.
#ifndef TALLY_LIB_DATASET_REPORT_H_
#define TALLY_LIB_DATASET_REPORT_H_

#include <string>

#include "absl/status/status.h"

namespace tally {

// Writes a data set's facts, of several tasks with ; between, and its first ten examples, as text, to `out`. Errors of
// TokenDataset::Open and OutputStream, here and below.
absl::Status InspectDataset(const std::string& path, const std::string& out);

// Writes histograms as JSON lines:
//   {"histogram":"token","id":5,"token":"1","count":N}         tokens of all examples
//   {"histogram":"row_length","tokens":12,"count":N}           examples, EOS included
//   {"histogram":"answer_length","tokens":3,"count":N}         examples, by tokens of the answer without EOS
//   {"histogram":"operand_lengths","first":3,"second":5,"count":N}    ProblemSize of the examples
//   {"histogram":"digit","part":"answer","place":0,"digit":7,"count":N}    digits at a place from the left, of "first"
//                                                              and "others", the operands, and "answer"
//   {"histogram":"measure","measure":"longest_carry_run","value":2,"count":N}    Task::Measures of the examples
// Of a data set with several tasks, operand lengths have "task":"addition" as well.
// Memory grows with the number of different values only.
absl::Status DescribeDataset(const std::string& path, const std::string& out);

// Writes each example as {"context":"321+54=","completion":"861"}.
absl::Status ExportDataset(const std::string& path, const std::string& out);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_REPORT_H_
