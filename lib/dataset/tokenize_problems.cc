#include "lib/dataset/tokenize_problems.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/atomic_file.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/same_file.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/options.h"
#include "lib/dataset/example_spool.h"
#include "lib/dataset/read_examples.h"
#include "lib/dataset/token_dataset_writer.h"
#include "lib/dataset/token_stream_writer.h"
#include "lib/problems/problem_reader.h"
#include "lib/tasks/sampling/tell_apart.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

// Writes the spool's examples, the last ones to the test set.
absl::Status WriteSpooled(const TokenizeOptions& options, const DataFormat& format, ExampleSpool* spool,
                          TokenDatasetWriter* train) {
  // Rounded down, but for what a fraction such as .29 lacks in binary.
  const auto test_examples =
      static_cast<int64_t>(options.flags.test_fraction() * static_cast<double>(spool->examples()) * (1 + 1e-12));
  std::unique_ptr<TokenDatasetWriter> test;
  if (options.flags.test_fraction() > 0) {
    if (test_examples == 0 || test_examples == spool->examples()) {
      return BadInputError(absl::StrCat("found ", spool->examples(),
                                        " problems, expected enough for a test fraction of ",
                                        options.flags.test_fraction(), " and for the rest"));
    }
    TALLY_ASSIGN_OR_RETURN(test, TokenDatasetWriter::Open(options.flags.test_out(), format));
  }
  const int64_t train_examples = spool->examples() - test_examples;
  TALLY_RETURN_IF_ERROR(spool->ReadAll([&](const TokenizedProblem& example) {
    return (train->examples() < train_examples ? train : test.get())->Add(example);
  }));
  if (test != nullptr) TALLY_RETURN_IF_ERROR(test->Commit());
  return train->Commit();
}

absl::StatusOr<Vocabulary> VocabularyOf(const TokenizeOptions& options) {
  if (options.flags.vocab().empty()) {
    std::vector<Vocabulary> of_tasks;
    for (const ProblemFormat& format : options.formats) {
      TALLY_ASSIGN_OR_RETURN(const Vocabulary vocabulary, Vocabulary::ByName(format.task->VocabularyName(format)));
      of_tasks.push_back(vocabulary);
    }
    return Vocabulary::Covering(of_tasks);
  }
  const absl::StatusOr<Vocabulary> known = Vocabulary::ByName(options.flags.vocab());
  if (known.ok()) return known;
  const absl::StatusOr<std::string> json = ReadFile(options.flags.vocab());
  if (ExitCodeOf(json.status()) == kExitMissingInput) {
    return MissingInputError(absl::StrCat(json.status().message(), "; as a name: ", known.status().message()));
  }
  if (!json.ok()) return json.status();
  return Vocabulary::FromJson(*json, options.flags.vocab());
}

absl::Status Validate(const TokenizeOptions& options) {
  TALLY_RETURN_IF_ERROR(CheckRanges(options.flags, "--"));
  for (const ProblemFormat& format : options.formats) TALLY_RETURN_IF_ERROR(ValidateProblemFormat(format));
  const std::string clash = FirstClash(options.formats);
  if (!clash.empty()) return UsageError(absl::StrCat("--task: ", clash));
  if (options.flags.out().empty()) return UsageError("--out is missing; expected a file, or - for a token stream");
  if (options.flags.out() == "-" && (options.flags.shuffle() || options.flags.test_fraction() > 0)) {
    return UsageError(
        "--out=-: a token stream has the order of its lines, so it excludes --shuffle and --test_fraction");
  }
  std::error_code none;
  if (!options.flags.test_out().empty() && std::filesystem::weakly_canonical(options.flags.out(), none) ==
                                               std::filesystem::weakly_canonical(options.flags.test_out(), none)) {
    return UsageError("--out and --test_out: found one name, expected two files");
  }
  const std::vector<std::string> inputs(options.flags.in().begin(), options.flags.in().end());
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--out", options.flags.out(), inputs));
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--test_out", options.flags.test_out(), inputs));
  if (options.flags.test_fraction() == 1) return UsageError("--test_fraction=1; expected less than 1");
  if ((options.flags.test_fraction() > 0) == options.flags.test_out().empty() || options.flags.test_out() == "-") {
    return UsageError("--test_fraction and --test_out, the name of a file, need each other");
  }
  return absl::OkStatus();
}

ReadExamplesOptions ReadingOf(const TokenizeOptions& options, const Vocabulary& vocabulary) {
  return {&options.formats, &vocabulary, options.flags.check_answers(), options.flags.threads()};
}

absl::Status WriteStream(const TokenizeOptions& options, const DataFormat& format, ProblemReader* in) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenStreamWriter> out,
                         TokenStreamWriter::Open(options.flags.out(), format));
  TALLY_RETURN_IF_ERROR(ReadExamples(ReadingOf(options, format.vocabulary), in,
                                     [&](const TokenizedProblem& example) { return out->Add(example); }));
  return out->Commit();
}

}  // namespace

absl::Status TokenizeProblems(const TokenizeOptions& options) {
  TALLY_RETURN_IF_ERROR(Validate(options));
  TALLY_ASSIGN_OR_RETURN(const Vocabulary vocabulary, VocabularyOf(options));
  const DataFormat format = DataFormatOf(options.formats, vocabulary);
  TALLY_ASSIGN_OR_RETURN(
      const std::unique_ptr<ProblemReader> in,
      ProblemReader::Open({options.flags.in().begin(), options.flags.in().end()}, options.flags.split(), vocabulary));
  if (options.flags.out() == "-") return WriteStream(options, format, in.get());
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<TokenDatasetWriter> out,
                         TokenDatasetWriter::Open(options.flags.out(), format));
  if (!options.flags.shuffle() && options.flags.test_fraction() == 0) {
    TALLY_RETURN_IF_ERROR(ReadExamples(ReadingOf(options, vocabulary), in.get(),
                                       [&](const TokenizedProblem& example) { return out->Add(example); }));
    return out->Commit();
  }
  TALLY_ASSIGN_OR_RETURN(
      const std::unique_ptr<ExampleSpool> spool,
      ExampleSpool::Open(FolderOf(options.flags.out()), options.flags.shuffle(), options.flags.seed()));
  TALLY_RETURN_IF_ERROR(ReadExamples(ReadingOf(options, vocabulary), in.get(),
                                     [&](const TokenizedProblem& example) { return spool->Add(example); }));
  return WriteSpooled(options, format, spool.get(), out.get());
}

}  // namespace tally
