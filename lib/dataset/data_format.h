// What all examples of a token data set or token stream have in common, and how its metadata record it.
#ifndef TALLY_LIB_DATASET_DATA_FORMAT_H_
#define TALLY_LIB_DATASET_DATA_FORMAT_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "lib/tasks/problem_format.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

struct DataFormat {
  ProblemFormat lines;
  Vocabulary vocabulary;
};

// The keys task, digit_order, layout (LayoutText) and vocabulary (the text of tokenizer.json).
std::map<std::string, std::string> FormatMetadata(const ProblemFormat& lines, const Vocabulary& vocabulary);

// Back. BadInput names `source`, and the key that is missing or has a value that is not known.
absl::StatusOr<DataFormat> ParseFormatMetadata(const std::map<std::string, std::string>& metadata,
                                               absl::string_view source);

// The value of `key`. BadInput where there is none.
absl::StatusOr<std::string> FindMetadata(const std::map<std::string, std::string>& metadata, const std::string& key,
                                         absl::string_view source);

// BadInput where examples of `b` cannot be mixed with those of `a`; names both sources and what differs.
absl::Status CheckSameFormat(const DataFormat& a, absl::string_view a_source, const DataFormat& b,
                             absl::string_view b_source);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_DATA_FORMAT_H_
