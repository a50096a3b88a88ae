#include "lib/dataset/tokenize_problems.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/arithmetic/problem.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset_writer.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

// The size of the problem in `line`, which is checked as far as options ask. Errors do not name the line yet.
absl::StatusOr<ProblemSize> ReadProblem(absl::string_view line, const TokenizeOptions& options, std::string* room) {
  TALLY_ASSIGN_OR_RETURN(const ParsedProblem problem, ParseProblem(line, options.format, room));
  if (problem.answer.empty()) {
    return BadInputError(absl::StrCat("byte ", line.size() + 1, ": found the end of the line, expected an answer"));
  }
  if (options.check_answers) TALLY_RETURN_IF_ERROR(CheckAnswer(problem, options.format));
  return SizeOf(problem, options.format.task);
}

// Adds all lines of `in` to `out`.
absl::Status AddLines(const TokenizeOptions& options, const Vocabulary& vocabulary, LineReader* in,
                      TokenDatasetWriter* out) {
  Progress progress("problems");
  std::vector<uint8_t> ids;
  std::string room;
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
    if (!more) return absl::OkStatus();
    const absl::StatusOr<ProblemSize> size = ReadProblem(line, options, &room);
    if (!size.ok()) return in->ErrorHere(size.status().message());
    ids.clear();
    const absl::Status encoded = vocabulary.Encode(line, &ids);
    if (!encoded.ok()) return in->ErrorHere(encoded.message());
    const auto equals = std::find(ids.begin(), ids.end(), vocabulary.equals_id());
    TALLY_RETURN_IF_ERROR(out->Add(*size, ids, equals - ids.begin() + 1));
    if (out->rows() % 4096 == 0) progress.Update(out->rows());
  }
}

const char* VocabularyOf(const ProblemFormat& format) {
  if (format.task == Task::kSorting) return "sort";
  return format.index_hints ? "index" : "pad";
}

}  // namespace

absl::Status TokenizeProblems(const TokenizeOptions& options) {
  TALLY_RETURN_IF_ERROR(ValidateProblemFormat(options.format));
  if (options.out.empty() || options.out == "-") {
    return UsageError("--out needs the name of a file: a data set's header is written last, so it cannot be piped");
  }
  TALLY_ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::ByName(VocabularyOf(options.format)));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<LineReader> in, LineReader::Open(options.in));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<TokenDatasetWriter> out, TokenDatasetWriter::Open(options.out));
  TALLY_RETURN_IF_ERROR(AddLines(options, vocabulary, in.get(), out.get()));
  if (out->rows() == 0) return BadInputError(absl::StrCat(in->name(), ": found no line, expected problems"));
  return out->Commit(options.format, vocabulary);
}

}  // namespace tally
