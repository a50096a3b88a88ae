// What the examples of a token data set or token stream are, and how its metadata record it.
#ifndef TALLY_LIB_DATASET_DATA_FORMAT_H_
#define TALLY_LIB_DATASET_DATA_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "lib/dataset/example_facts.h"
#include "lib/tasks/problem_format.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// A task that examples are of: what its lines look like, and how long its operands are.
struct TaskFacts {
  ProblemFormat format;
  DigitRange first_operand;  // 0..0 where not known
  DigitRange second_operand;
};

// One task, or several that a line tells apart (tell_apart.h): which one an example has is read off its text.
struct DataFormat {
  std::vector<TaskFacts> tasks = {TaskFacts()};
  Vocabulary vocabulary = Vocabulary::Arithmetic();
};

// The formats of `tasks`, in their order.
std::vector<ProblemFormat> FormatsOf(const std::vector<TaskFacts>& tasks);

// Of `formats`, whose operands' lengths are not known yet.
DataFormat DataFormatOf(const std::vector<ProblemFormat>& formats, const Vocabulary& vocabulary);

// "addition, sorting".
std::string NamesOf(const std::vector<TaskFacts>& tasks);

// vocabulary (the text of tokenizer.json) and, of one task, the keys task, digit_order, layout (LayoutText), and
// first_operand and second_operand ("1..20") where they are known. Of several tasks, the key `tasks` has a JSON list of
// objects with those keys.
std::map<std::string, std::string> FormatMetadata(const DataFormat& format);

// Back. BadInput names `source`, and the key that is missing or has a value that is not known; with `lengths` those of
// operands must be there. BadInput too for tasks that a line does not tell apart.
absl::StatusOr<DataFormat> ParseFormatMetadata(const std::map<std::string, std::string>& metadata,
                                               absl::string_view source, bool lengths);

// The format of a task by the texts of its name (Task::name), digit order and layout, as they are stored. BadInput
// names `source` and the text that is not known.
absl::StatusOr<ProblemFormat> ParseTaskFormat(absl::string_view task, absl::string_view order, absl::string_view layout,
                                              absl::string_view source);

// The value of `key`. BadInput where there is none.
absl::StatusOr<std::string> FindMetadata(const std::map<std::string, std::string>& metadata, const std::string& key,
                                         absl::string_view source);

// BadInput where the vocabularies differ; names both sources, and the flag of tokenize that makes them equal.
absl::Status CheckSameVocabulary(const Vocabulary& a, absl::string_view a_source, const Vocabulary& b,
                                 absl::string_view b_source);

// The number among `formats` of the one that an example, its ids with EOS, is of. 0 where it is of none: only a file
// that `tokenize` did not write has such.
size_t FormatOfExample(absl::Span<const uint8_t> ids, const std::vector<ProblemFormat>& formats,
                       const Vocabulary& vocabulary);

// What data sets hold together.
class Mixture {
 public:
  // Adds the tasks of `data`. BadInput, which names both sources, where it has another vocabulary than data before, a
  // task in another format, or one that a line does not tell apart from another.
  absl::Status Add(const DataFormat& data, const std::string& source);

  // Of all data so far: each task once, with the lengths of all its operands.
  const DataFormat& format() const { return format_; }

 private:
  absl::Status AddTask(const TaskFacts& task, const std::string& source);

  DataFormat format_ = {{}, Vocabulary::Arithmetic()};
  std::vector<std::string> sources_;  // of each task
};

}  // namespace tally

#endif  // TALLY_LIB_DATASET_DATA_FORMAT_H_
