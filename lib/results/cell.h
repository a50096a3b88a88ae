// Results of evaluation: one JSON line a cell (docs/formats/results.md). A cell is a set of problems of the same
// operand lengths, or a file of given problems, answered with one recurrence count.
#ifndef TALLY_LIB_RESULTS_CELL_H_
#define TALLY_LIB_RESULTS_CELL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "lib/results/error_counts.h"

namespace tally {

struct Interval {
  double low = 0;
  double high = 1;
};

// The 95 % Wilson score interval of `successes` out of `trials` (Wilson, "Probable inference, the law of succession,
// and statistical inference", JASA 22, 1927). [0, 1] for no trials.
Interval WilsonInterval(int64_t successes, int64_t trials);

// Values of Cell::decoding: every token given the right ones before it, or the model's own answer, with a cache of keys
// and values or without.
inline constexpr char kTeacherForced[] = "teacher_forced";
inline constexpr char kGenerate[] = "generate";
inline constexpr char kGenerateWithoutCache[] = "generate_without_cache";

// What Cell::split and Cell::precision are where nothing else was asked for, the defaults of eval's flags.
inline constexpr char kUsualSplit[] = "test";
inline constexpr char kUsualPrecision[] = "F32";

struct Cell {
  std::string task;           // "addition"
  std::string tasks;          // of a model of several: those that were evaluated, "addition,sorting"; else ""
  std::string problems;       // what given problems are called: files or folders; "" for a cell of the grid
  std::string grid;           // text of the whole grid that was asked for (grid.h), "" where it is not known; of given
                              // problems "cells_by=lengths" or "cells_by=folder", "" where they have no lengths
  int64_t line = 0;           // of given problems: number of this line among those of the whole evaluation, from 1;
  int64_t lines = 0;          // how many they are; 0 and 0 where it is not known
  std::string problems_hash;  // of all given problems in their cells, 16 hexadecimal digits; "" where it is not known
  std::string given;          // all given files and folders, where `problems` is one file of several; else ""
  std::string split = kUsualSplit;  // of given data sets the one that was read
  bool add_index_hints = false;     // given problems got index hints
  int64_t first_digits = 0;  // lengths, as the task counts them (lib/tasks/task_grid.h); 0 for a file of any lengths
  int64_t second_digits = 0;
  int64_t operands = 0;     // 0 for a file of any lengths and where the task does not count them
  int64_t samples = 0;      // problems scored
  int64_t samples_max = 0;  // most problems; fewer where there are no more, or by `interval`
  double interval = 0;      // half-width of exact's interval that was enough; 0: all samples
  int64_t exact = 0;        // samples whose every answer token, EOS included, is right
  int64_t tokens = 0;       // answer tokens scored
  int64_t tokens_right = 0;
  int64_t first_exact = -1;                 // samples whose first answer token is right; -1: not recorded
  int64_t in_training = -1;                 // samples that are also in the training data; -1: not looked up
  std::string overlap_with;                 // these data sets, with commas between; "": not looked up or not known
  std::string decoding = kTeacherForced;    // how answers were judged
  double temperature = 0;                   // of drawn answers; 0: the likeliest token
  int64_t top_k = 0;                        // drawn among this many tokens; 0: all
  std::string model;                        // folder of the checkpoint as it was given
  int64_t step = 0;                         // training step of the checkpoint
  int64_t recurrences = 0;                  // at test time
  int64_t offset = -1;                      // of a table of digit positions; -1: as configured
  double logit_factor = 1;                  // on all attention logits
  std::string precision = kUsualPrecision;  // of the model's arithmetic
  bool accept_edits = false;                // the checkpoint might have been changed since it was written
  uint64_t seed = 0;
  int64_t trained_first_max = 0;  // longest operands of the training data; 0 where not known
  int64_t trained_second_max = 0;
  ErrorCounts errors;  // where answers are wrong; empty: not counted

  // Whether it is the cell of some lengths, and not a file of given problems of any lengths.
  bool has_lengths() const { return problems.empty() || absl::StartsWith(grid, "cells_by="); }
  double exact_fraction() const { return samples == 0 ? 0 : static_cast<double>(exact) / samples; }
};

// "30 x 7", "5 x 5, 4 operands", "30" of one operand, after what given problems are called, "tests, 30 x 7", or that
// alone where they have no lengths; after "sorting, " where the model has several tasks.
std::string CellName(const Cell& cell);

// "1 recurrence", "16 recurrences": how many there are of what `noun` calls one.
std::string Counted(int64_t count, absl::string_view noun);

// The cell as one line of JSON without a newline. Keys in a fixed order, fractions and interval included, so that equal
// cells give equal bytes.
std::string CellToJson(const Cell& cell);

// Reads such a line. BadInput names the missing or wrong key; counts that contradict each other (exact > samples) are
// refused. Unknown keys are ignored; lines from before a key existed have what it would have said then. The caller adds
// file and line.
absl::StatusOr<Cell> CellFromJson(absl::string_view line);

// All cells of a stream of lines ("-": standard input). BadInput with file and line; an empty file is BadInput.
absl::StatusOr<std::vector<Cell>> ReadCells(const std::string& path);

// A token of an answer: the right one and the model's, "" where one of the two answers is over, with log-probabilities
// in nats.
struct LoggedToken {
  std::string right;
  std::string predicted;
  double log_predicted = 0;
  absl::optional<double> log_right;  // where it is known
};

// What `--log_samples` writes a line of where it is wrong, and `--log_answers` in any case.
struct LoggedAnswer {
  int64_t sample = 0;    // number of the problem in its cell, from 0
  std::string problem;   // "321+54="
  std::string expected;  // "573"
  std::string got;       // "574"
  bool ended = true;     // the end token came; else the answer was cut off
  bool exact = false;
  std::vector<LoggedToken> tokens;  // for `--log_answers`
};

// The line, without a newline, of an answer in `cell`: for `--log_samples`, and for `--log_answers`.
std::string WrongAnswerToJson(const Cell& cell, const LoggedAnswer& answer);
std::string AnswerToJson(const Cell& cell, const LoggedAnswer& answer);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_CELL_H_
