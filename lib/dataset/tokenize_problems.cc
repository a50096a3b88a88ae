#include "lib/dataset/tokenize_problems.h"

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset_writer.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

// The parts of one line of input. Errors do not name the line yet.
absl::StatusOr<ParsedProblem> ParseLine(absl::string_view line, const ProblemFormat& format, bool check_answer) {
  TALLY_ASSIGN_OR_RETURN(const ParsedProblem problem, ParseProblem(line, format.operation));
  if (problem.answer.empty()) {
    return BadInputError(absl::StrCat("byte ", line.size() + 1, ": found the end of the line, expected an answer"));
  }
  if (check_answer) TALLY_RETURN_IF_ERROR(CheckAnswer(problem, format));
  return problem;
}

// Adds all lines of `in` to `out`.
absl::Status AddLines(const TokenizeOptions& options, const ProblemFormat& format, const Vocabulary& vocabulary,
                      LineReader* in, TokenDatasetWriter* out) {
  Progress progress("problems");
  std::vector<uint8_t> ids;
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
    if (!more) return absl::OkStatus();
    const absl::StatusOr<ParsedProblem> problem = ParseLine(line, format, options.check_answers);
    if (!problem.ok()) return in->ErrorHere(problem.status().message());
    ids.clear();
    const absl::Status encoded = vocabulary.Encode(line, &ids);
    if (!encoded.ok()) return in->ErrorHere(encoded.message());
    TALLY_RETURN_IF_ERROR(out->Add(*problem, ids));
    if (out->rows() % 4096 == 0) progress.Update(out->rows());
  }
}

}  // namespace

absl::Status TokenizeProblems(const TokenizeOptions& options) {
  TALLY_ASSIGN_OR_RETURN(const char operation, OperationOfTask(options.task));
  if (options.out.empty() || options.out == "-") {
    return UsageError("--out needs the name of a file: a data set's header is written last, so it cannot be piped");
  }
  const Vocabulary vocabulary = Vocabulary::Arithmetic();
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<LineReader> in, LineReader::Open(options.in));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<TokenDatasetWriter> out, TokenDatasetWriter::Open(options.out));
  TALLY_RETURN_IF_ERROR(AddLines(options, {operation, options.order}, vocabulary, in.get(), out.get()));
  if (out->rows() == 0) return BadInputError(absl::StrCat(in->name(), ": found no line, expected problems"));
  return out->Commit(options.task, options.order, vocabulary);
}

}  // namespace tally
