#include "lib/dataset/tokenize_problems.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/options.h"
#include "lib/dataset/row_spool.h"
#include "lib/dataset/token_dataset_writer.h"
#include "lib/dataset/token_stream_writer.h"
#include "lib/tasks/problem.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

// The size of the problem in `line`, which is checked as far as options ask. Errors do not name the line yet.
absl::StatusOr<ProblemSize> ReadProblem(absl::string_view line, const TokenizeOptions& options, std::string* room) {
  TALLY_ASSIGN_OR_RETURN(const ParsedProblem problem, ParseProblem(line, options.format, room));
  if (problem.answer.empty()) {
    return BadInputError(absl::StrCat("byte ", line.size() + 1, ": found the end of the line, expected an answer"));
  }
  if (options.flags.check_answers()) TALLY_RETURN_IF_ERROR(CheckAnswer(problem, options.format));
  return options.format.task->Size(problem);
}

// Gives all lines of `in` to `add` as rows.
absl::Status ReadRows(const TokenizeOptions& options, const Vocabulary& vocabulary, LineReader* in,
                      absl::FunctionRef<absl::Status(const TokenRow&)> add) {
  Progress progress("problems");
  TokenRow row;
  std::string room;
  absl::string_view line;
  for (int64_t rows = 0;; ++rows) {
    TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
    if (!more && rows == 0) return BadInputError(absl::StrCat(in->name(), ": found no line, expected problems"));
    if (!more) return absl::OkStatus();
    const absl::StatusOr<ProblemSize> size = ReadProblem(line, options, &room);
    if (!size.ok()) return in->ErrorHere(size.status().message());
    row.size = *size;
    row.ids.clear();
    const absl::Status encoded = vocabulary.Encode(line, &row.ids);
    if (!encoded.ok()) return in->ErrorHere(encoded.message());
    const auto equals = std::find(row.ids.begin(), row.ids.end(), vocabulary.equals_id());
    row.answer_start = equals - row.ids.begin() + 1;
    TALLY_RETURN_IF_ERROR(add(row));
    if (rows % 4096 == 0) progress.Update(rows);
  }
}

absl::Status AddRow(const TokenRow& row, TokenDatasetWriter* out) {
  return out->Add(row.size, row.ids, row.answer_start);
}

// Writes the spool's rows, the last ones to the test set.
absl::Status WriteSpooled(const TokenizeOptions& options, const Vocabulary& vocabulary, RowSpool* spool,
                          TokenDatasetWriter* train) {
  const auto test_rows = static_cast<int64_t>(options.flags.test_fraction() * static_cast<double>(spool->rows()));
  std::unique_ptr<TokenDatasetWriter> test;
  if (options.flags.test_fraction() > 0) {
    if (test_rows == 0 || test_rows == spool->rows()) {
      return BadInputError(absl::StrCat("found ", spool->rows(), " problems, expected enough for a test fraction of ",
                                        options.flags.test_fraction(), " and for the rest"));
    }
    TALLY_ASSIGN_OR_RETURN(test, TokenDatasetWriter::Open(options.flags.test_out()));
  }
  const int64_t train_rows = spool->rows() - test_rows;
  TALLY_RETURN_IF_ERROR(spool->ReadAll(
      [&](const TokenRow& row) { return AddRow(row, train->rows() < train_rows ? train : test.get()); }));
  if (test != nullptr) TALLY_RETURN_IF_ERROR(test->Commit(options.format, vocabulary));
  return train->Commit(options.format, vocabulary);
}

absl::StatusOr<Vocabulary> VocabularyOf(const TokenizeOptions& options) {
  if (options.flags.vocab().empty()) {
    return Vocabulary::ByName(options.format.task->VocabularyName(options.format));
  }
  TALLY_ASSIGN_OR_RETURN(const std::string json, ReadFile(options.flags.vocab()));
  return Vocabulary::FromJson(json, options.flags.vocab());
}

absl::Status Validate(const TokenizeOptions& options) {
  TALLY_RETURN_IF_ERROR(CheckRanges(options.flags, "--"));
  TALLY_RETURN_IF_ERROR(ValidateProblemFormat(options.format));
  if (options.flags.out().empty()) return UsageError("--out is missing; expected a file, or - for a token stream");
  if (options.flags.out() == "-" && (options.flags.shuffle() || options.flags.test_fraction() > 0)) {
    return UsageError(
        "--out=-: a token stream has the order of its lines, so it excludes --shuffle and --test_fraction");
  }
  if (options.flags.test_fraction() == 1) return UsageError("--test_fraction=1; expected less than 1");
  if ((options.flags.test_fraction() > 0) == options.flags.test_out().empty() || options.flags.test_out() == "-") {
    return UsageError("--test_fraction and --test_out, the name of a file, need each other");
  }
  return absl::OkStatus();
}

absl::Status WriteStream(const TokenizeOptions& options, const Vocabulary& vocabulary, LineReader* in) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenStreamWriter> out,
                         TokenStreamWriter::Open(options.flags.out(), options.format, vocabulary));
  TALLY_RETURN_IF_ERROR(ReadRows(options, vocabulary, in, [&](const TokenRow& row) { return out->Add(row); }));
  return out->Commit();
}

}  // namespace

absl::Status TokenizeProblems(const TokenizeOptions& options) {
  TALLY_RETURN_IF_ERROR(Validate(options));
  TALLY_ASSIGN_OR_RETURN(const Vocabulary vocabulary, VocabularyOf(options));
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<LineReader> in, LineReader::Open(options.flags.in()));
  if (options.flags.out() == "-") return WriteStream(options, vocabulary, in.get());
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<TokenDatasetWriter> out, TokenDatasetWriter::Open(options.flags.out()));
  if (!options.flags.shuffle() && options.flags.test_fraction() == 0) {
    TALLY_RETURN_IF_ERROR(
        ReadRows(options, vocabulary, in.get(), [&](const TokenRow& row) { return AddRow(row, out.get()); }));
    return out->Commit(options.format, vocabulary);
  }
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<RowSpool> spool,
                         RowSpool::Open(FolderOf(options.flags.out()), options.flags.shuffle(), options.flags.seed()));
  TALLY_RETURN_IF_ERROR(ReadRows(options, vocabulary, in.get(), [&](const TokenRow& row) { return spool->Add(row); }));
  return WriteSpooled(options, vocabulary, spool.get(), out.get());
}

}  // namespace tally
