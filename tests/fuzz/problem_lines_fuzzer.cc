// Lines of problems, of every task in every format that it has.
#include <algorithm>

#include "lib/base/random.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/registry.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

// The format that three bytes choose; one that the task lacks is without its options.
ProblemFormat ChooseFormat(Choices* choices) {
  const std::vector<std::string> tasks = TaskNames();
  ProblemFormat format(TaskNamed(tasks[choices->Below(tasks.size())]), {});
  constexpr DigitOrder kOrders[] = {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kPlain,
                                    DigitOrder::kOperandsReversed};
  format.order = kOrders[choices->Below(4)];
  const uint8_t bits = choices->Byte();
  format.interleave = bits & 1;
  format.index_hints = bits & 2;
  format.spaces = bits & 4;
  format.scratchpad = bits & 8;
  format.prepended_zeros = (bits >> 4) % 4;
  return ValidateProblemFormat(format).ok() ? format : ProblemFormat(*format.task, {});
}

void CheckAnswers(const ParsedProblem& problem, const ProblemFormat& format) {
  TALLY_LAW(ExpectedAnswer(problem, format) == OracleAnswer(problem, format));
  if (const absl::Status status = CheckAnswer(problem, format); !status.ok()) CheckRefusal(status);
  const ProblemSize size = format.task->Size(problem);
  TALLY_LAW(size.first >= 1 && size.second >= 1);
  (void)format.task->Measures(problem, format);
}

// parse(render(x)) = x: the problem as it would be drawn, written again, is the same problem with its right answer.
void CheckRendering(const ParsedProblem& problem, const ProblemFormat& format, uint64_t seed) {
  const std::vector<std::string> drawn = format.task->DrawnOperands(problem, format);
  ProblemFormat plain = format;
  plain.prepended_zeros = 0;  // drawn operands have them already
  Random random(seed, RandomStream::kTest, 0);
  std::string line, room;
  plain.task->Render(drawn, plain, &random, &line);
  const absl::StatusOr<ParsedProblem> again = ParseProblem(line, plain, &room);
  TALLY_LAW(again.ok());
  TALLY_LAW(plain.task->DrawnOperands(*again, plain) == drawn);
  TALLY_LAW(again->answer == ExpectedAnswer(*again, plain));
}

}  // namespace

void CheckLaws(absl::string_view input) {
  Choices choices(input);
  const ProblemFormat format = ChooseFormat(&choices);
  std::string room;
  const absl::StatusOr<ParsedProblem> problem = ParseProblem(choices.rest(), format, &room);
  if (!problem.ok()) return CheckRefusal(problem.status());
  CheckAnswers(*problem, format);
  CheckRendering(*problem, format, input.size());
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (size_t task = 0; task < TaskNames().size(); ++task) {
    for (const char bits : {0, 1, 2, 4, 8, 32}) {
      const std::string choice = {static_cast<char>(task), static_cast<char>(task % 4), bits};
      Choices choices(choice);
      const ProblemFormat format = ChooseFormat(&choices);
      const size_t operands = format.task->parameters().empty() ? 2 : 3;
      std::vector<std::string> drawn = {"011", "110", "7"};
      drawn.resize(format.task->grid().operands == 1 ? 1 : operands);
      Random random(task, RandomStream::kTest, 1);
      std::string line;
      format.task->Render(drawn, format, &random, &line);
      seeds.push_back(choice + line);
    }
  }
  return seeds;
}

std::vector<std::string> Words() {
  return {"+", "-", "x", "=",        ",",        ":",   "#", "%", "&",    "|",          "^",  "@",
          "~", " ", "0", "00000000", "99999999", "A:1", "£", "β", "A1B2", "123+45=573", "\n", "=0"};
}

}  // namespace tally::fuzz
