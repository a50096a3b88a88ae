#include "lib/eval/predict.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/same_file.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/config/options.h"
#include "lib/eval/evaluate_options.h"
#include "lib/eval/generate.h"
#include "lib/eval/inside.h"
#include "lib/eval/logits.h"
#include "lib/eval/model_run.h"
#include "lib/eval/trace.h"
#include "lib/model/model.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/usual_order.h"

namespace tally {
namespace {

// UsageError for a flag that logits leave without effect.
absl::Status CheckLogitsFlags(const PredictFlags& flags) {
  const std::pair<bool, const char*> answers[] = {{flags.check(), "check"},
                                                  {flags.trace(), "trace"},
                                                  {flags.human(), "human"},
                                                  {flags.answer_only(), "answer_only"},
                                                  {flags.show_probabilities(), "show_probabilities"},
                                                  {flags.max_tokens() > 0, "max_tokens"},
                                                  {flags.inference().temperature() > 0, "temperature"},
                                                  {flags.inference().top_k() > 0, "top_k"},
                                                  {flags.out() != "-", "out"}};
  for (const auto& [given, name] : answers) {
    if (given) return UsageError(absl::StrCat("--logits_out writes logits and no answers; expected no --", name));
  }
  if (flags.ids_in().empty() || flags.in() == "-") return absl::OkStatus();
  return UsageError("--ids_in and --in: found both, expected one of them");
}

absl::Status Validate(const PredictFlags& flags) {
  TALLY_RETURN_IF_ERROR(CheckRanges(flags, "--"));
  if (flags.inference().model().empty()) return UsageError("--model is missing; expected a run or a checkpoint");
  TALLY_RETURN_IF_ERROR(ValidateTopK(flags.inference()));
  if (!flags.ids_in().empty() && flags.logits_out().empty()) {
    return UsageError("--ids_in gives ids for logits; expected --logits_out with it");
  }
  if (!flags.logits_out().empty()) TALLY_RETURN_IF_ERROR(CheckLogitsFlags(flags));
  const bool inside = !flags.attention().empty() || !flags.hidden_states().empty();
  if (inside && !flags.logits_out().empty()) {
    return UsageError("--attention and --hidden_states look at an answer; expected no --logits_out with them");
  }
  if (inside && flags.attention() == flags.hidden_states()) {
    return UsageError("--attention and --hidden_states: found the same file, expected two");
  }
  if (inside && (flags.out() == flags.attention() || flags.out() == flags.hidden_states())) {
    return UsageError("--out and --attention or --hidden_states: found the same file, expected another");
  }
  const std::vector<std::string> inputs = {flags.in(), flags.ids_in()};
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--out", flags.out(), inputs));
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--logits_out", flags.logits_out(), inputs));
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--attention", flags.attention(), inputs));
  return CheckReplacesNoInput("--hidden_states", flags.hidden_states(), inputs);
}

// Tokens of the right answer to `problem` as its line has it, hints included, at most; without EOS.
int64_t MostTokens(const ParsedProblem& problem, const ProblemFormat& format) {
  const std::string answer = ExpectedAnswer(problem, format);
  if (!format.index_hints) return static_cast<int64_t>(answer.size());
  const std::string line = format.task->HintedLine(problem, format, answer, /*start=*/0);
  return static_cast<int64_t>(line.size() - PromptOfLine(line).size());
}

// Completes the lines of --in.
class Completer {
 public:
  Completer(const PredictFlags& flags, const LoadedModel& loaded, const ModelRun& run)
      : flags_(flags), formats_(FormatsOf(loaded.card.data.tasks)), run_(run) {}

  absl::Status Run() {
    for (const ProblemFormat& format : formats_) {
      if (!flags_.human()) break;
      TALLY_ASSIGN_OR_RETURN(const ProblemFormat usual, UsualFormat(format));
      usual_formats_.push_back(usual);
    }
    TALLY_ASSIGN_OR_RETURN(in_, LineReader::Open(flags_.in()));
    TALLY_ASSIGN_OR_RETURN(out_, OutputStream::Open(flags_.out()));
    absl::string_view line;
    while (true) {
      TALLY_ASSIGN_OR_RETURN(const bool more, in_->Next(&line));
      if (!more) break;
      TALLY_RETURN_IF_ERROR(flags_.human() ? UsualLine(line) : Line(line, line));
      ++lines_;
    }
    TALLY_RETURN_IF_ERROR(WriteInsideFiles());
    TALLY_RETURN_IF_ERROR(out_->Commit());
    if (wrong_ == 0) return absl::OkStatus();
    return CheckFailedError(absl::StrCat(wrong_, " of ", lines_, " answers differ from GMP's"));
  }

 private:
  absl::Status UsualLine(absl::string_view line) {
    const absl::StatusOr<FoundProblem> found = FindProblem(line, usual_formats_, &room_);
    if (!found.ok()) return in_->ErrorHere(found.status().message());
    if (!found->problem.answer.empty()) return AnswerFound(found->problem);
    const auto prompt = PromptOf(found->problem, usual_formats_[found->format], formats_[found->format]);
    return prompt.ok() ? Line(*prompt, line) : in_->ErrorHere(prompt.status().message());
  }

  bool LooksInside() const { return !flags_.attention().empty() || !flags_.hidden_states().empty(); }

  absl::Status WriteInsideFiles() const {
    if (!LooksInside()) return absl::OkStatus();
    if (lines_ == 0) return BadInputError(absl::StrCat(in_->name(), ": found no line, expected one problem"));
    return WriteInside(run_, completed_, flags_.attention(), flags_.hidden_states());
  }

  absl::Status AnswerFound(const ParsedProblem& problem) const {
    return in_->ErrorHere(absl::StrCat("found an answer, ", problem.answer, ", expected nothing after ="));
  }

  // Completes the prompt `line`, which was asked for as `asked`.
  absl::Status Line(absl::string_view line, absl::string_view asked) {
    if (LooksInside() && lines_ > 0) {
      return in_->ErrorHere("found a second problem, expected one with --attention and --hidden_states");
    }
    const absl::StatusOr<FoundProblem> found = FindProblem(line, formats_, &room_);
    if (!found.ok()) return in_->ErrorHere(found.status().message());
    if (!found->problem.answer.empty()) return AnswerFound(found->problem);
    const ProblemFormat& format = formats_[found->format];
    if (flags_.trace()) TALLY_RETURN_IF_ERROR(CheckTraceable(run_, format));
    GenerateOptions generate;
    const int64_t room_for_answer = MostTokens(found->problem, format) + 1 + kMoreTokens;
    generate.max_tokens = flags_.max_tokens() > 0 ? flags_.max_tokens() : room_for_answer;
    generate.temperature = flags_.inference().temperature();
    generate.top_k = flags_.inference().top_k();
    const absl::StatusOr<Generated> generated = GenerateAnswer(run_, std::string(line), lines_, generate);
    if (!generated.ok()) return in_->ErrorHere(generated.status().message());
    const std::string right = flags_.check() ? Wanted(OracleAnswer(found->problem, format), format) : "";
    return Write(line, asked, right, format, *generated);
  }

  absl::Status Write(absl::string_view line, absl::string_view asked, const std::string& right,
                     const ProblemFormat& format, const Generated& generated) {
    const std::string decoded = run_.vocabulary->Decode(generated.ids.data(), generated.ids.size());
    completed_ = absl::StrCat(line, decoded);
    const absl::StatusOr<std::string> answer = AnswerIn(completed_, format);
    const bool shortened = flags_.answer_only() || flags_.human();
    std::string text = shortened && answer.ok() ? *answer : decoded;
    if (!flags_.answer_only()) text = absl::StrCat(asked, text);
    if (flags_.check()) {
      wrong_ += !generated.ended || !answer.ok() || *answer != right;
      absl::StrAppend(&text, "\t", right);
    }
    for (size_t i = 0; flags_.show_probabilities() && i < generated.probabilities.size(); ++i) {
      absl::StrAppendFormat(&text, "%c%.4f", i == 0 ? '\t' : ' ', generated.probabilities[i]);
    }
    absl::StrAppend(&text, "\n");
    if (flags_.trace()) {
      TALLY_ASSIGN_OR_RETURN(const std::string trace, TraceOf(run_, completed_, lines_, format));
      absl::StrAppend(&text, trace);
    }
    TALLY_RETURN_IF_ERROR(out_->Write(text));
    return flags_.out() == "-" ? out_->Flush() : absl::OkStatus();
  }

  // The requested part of the answer of a completed line, without its hints and spaces; BadInput for what is not a
  // problem.
  absl::StatusOr<std::string> AnswerIn(const std::string& line, const ProblemFormat& format) {
    TALLY_ASSIGN_OR_RETURN(const ParsedProblem problem, ParseProblem(line, format, &room_));
    return Wanted(problem.answer, format);
  }

  std::string Wanted(absl::string_view answer, const ProblemFormat& format) const {
    if (flags_.human()) return UsualResult(answer, format);
    return flags_.answer_only() ? format.task->Result(answer, format) : std::string(answer);
  }

  const PredictFlags& flags_;
  const std::vector<ProblemFormat> formats_;
  std::vector<ProblemFormat> usual_formats_;  // with --human
  const ModelRun run_;
  std::string room_;  // of the parsed line
  std::unique_ptr<LineReader> in_;
  std::unique_ptr<OutputStream> out_;
  std::string completed_;  // the last line with the model's answer
  int64_t lines_ = 0, wrong_ = 0;
};

}  // namespace

absl::Status Predict(const PredictFlags& flags) {
  TALLY_RETURN_IF_ERROR(Validate(flags));
  if (flags.threads() > 0) at::set_num_threads(flags.threads());
  TALLY_ASSIGN_OR_RETURN(const LoadedModel loaded,
                         LoadModel(flags.inference().model(), flags.inference().accept_edits()));
  TALLY_RETURN_IF_ERROR(PlaceModel(flags.inference().device(), flags.inference().precision(), loaded.model.get()));
  const ModelRun run = {loaded.model.get(), &loaded.card.data.vocabulary, flags.recurrences(),
                        flags.seed(),       flags.inference().offset(),   flags.inference().logit_factor()};
  TALLY_RETURN_IF_ERROR(CheckOffset(run));
  if (flags.logits_out().empty()) return Completer(flags, loaded, run).Run();
  return flags.ids_in().empty() ? WriteLogitsOfLines(run, flags.in(), flags.logits_out())
                                : WriteLogitsOfIds(run, flags.ids_in(), flags.logits_out());
}

}  // namespace tally
