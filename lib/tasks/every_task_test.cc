// What holds for every task of the registry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/base/exit_code.h"
#include "lib/tasks/operands/layouts.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/sampler.h"
#include "lib/tasks/sampling/sampling_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

// Samples of `task` with up to six digits, changed as the test wants.
SamplerOptions Samples(const std::string& task, LengthRange lengths = {1, 6}) {
  SamplerOptions options = OfLengths(lengths, lengths);
  options.format.task = &TaskNamed(task);
  return options;
}

class EveryTaskTest : public ::testing::TestWithParam<std::string> {
 protected:
  const Task& task() const { return TaskNamed(GetParam()); }
  bool Has(OptionSet option) const { return (task().options() & option) != 0; }
};

// Samples parse, their answers are the oracle's, and their lengths those asked for.
TEST_P(EveryTaskTest, SamplesAreRight) {
  for (const DigitOrder order : {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kPlain}) {
    SamplerOptions options = Samples(GetParam());
    options.format.order = order;
    std::string line;
    for (int i = 0; i < 72; ++i) {
      const ParsedProblem problem = SampleParts(options, i, &line);
      EXPECT_EQ(problem.answer, OracleAnswer(problem, options.format)) << line;
      EXPECT_EQ(problem.answer, ExpectedAnswer(problem, options.format)) << line;
      const ProblemSize size = task().Size(problem);
      EXPECT_TRUE(options.first.contains(size.first) && options.second.contains(size.second)) << line;
    }
  }
}

// A line with hints comes back from its problem, and from that of the same line without hints, at one first hint.
TEST_P(EveryTaskTest, HintsAreThoseOfTheLinesThatAreDrawn) {
  if (!Has(kHasIndexHints)) {
    EXPECT_EQ(task().HintedLine({}, {}, "", 0), "");
    return;
  }
  SamplerOptions hinted = Samples(GetParam());
  hinted.format.index_hints = true;
  const SamplerOptions plain = Samples(GetParam());
  std::string room;
  for (int i = 0; i < 72; ++i) {
    const std::string line = Sample(hinted, i);
    for (const SamplerOptions& options : {hinted, plain}) {
      const ParsedProblem problem = SampleParts(options, i, &room);
      const std::string answer = ExpectedAnswer(problem, options.format);
      int equal = 0;
      for (int start = 0; start < kHints; ++start) {
        equal += task().HintedLine(problem, options.format, answer, start) == line ? 1 : 0;
      }
      EXPECT_EQ(equal, 1) << line;
    }
  }
}

TEST_P(EveryTaskTest, ScratchpadsEndInTheAnswer) {
  if (!Has(kHasScratchpad)) GTEST_SKIP();
  SamplerOptions options = Samples(GetParam());
  options.format.scratchpad = true;
  ProblemFormat bare = options.format;
  bare.scratchpad = false;
  std::string line;
  for (int i = 0; i < 72; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    EXPECT_EQ(problem.answer, OracleAnswer(problem, options.format)) << line;
    EXPECT_EQ(task().Result(problem.answer, options.format), ExpectedAnswer(problem, bare)) << line;
  }
}

// A line is on the side of the split that its sample was drawn for.
TEST_P(EveryTaskTest, LinesKeepTheirSideOfASplit) {
  if (!Has(kHasSplit)) GTEST_SKIP();
  SamplerOptions options = Samples(GetParam(), {3, 6});
  options.split = {Split::kTest, 0.3};
  options.format.order = DigitOrder::kPlain;
  std::string line;
  for (int i = 0; i < 40; ++i) {
    const ParsedProblem problem = SampleParts(options, i, &line);
    EXPECT_TRUE(IsTestProblem(ProblemHash(problem, options.format), 0.3)) << line;
  }
}

// Before the first recurrence all are 0, and no value is beyond those of its variable.
TEST_P(EveryTaskTest, StatesStayWithinTheirValues) {
  for (const DigitOrder order : {DigitOrder::kAllReversed, DigitOrder::kPlain}) {
    SamplerOptions options = Samples(GetParam());
    options.format.order = order;
    const absl::Span<const StateVariable> variables = task().state(options.format);
    if (variables.empty()) continue;
    std::string line;
    for (int i = 0; i < 72; ++i) {
      const ParsedProblem problem = SampleParts(options, i, &line);
      for (int64_t recurrences = 0; recurrences < 12; ++recurrences) {
        std::vector<uint8_t> state((problem.answer.size() + 1) * variables.size(), 255);
        task().StateAfter(problem, options.format, recurrences, absl::MakeSpan(state));
        for (size_t k = 0; k < state.size(); ++k) {
          const StateVariable& variable = variables[k % variables.size()];
          EXPECT_LT(state[k], recurrences == 0 ? 1 : variable.values) << line << " " << variable.name;
        }
      }
    }
  }
}

TEST_P(EveryTaskTest, AdversarialProblemsDifferAndKeepTheirLengths) {
  SamplerOptions usual = Samples(GetParam(), {5, 6}), hard = usual;
  hard.adversarial = 1;
  if (!Has(kHasAdversarial)) {
    EXPECT_EQ(ExitCodeOf(Sampler::Create(hard).status()), kExitUsage);
    return;
  }
  int different = 0;
  std::string line, hard_line;
  for (int i = 0; i < 20; ++i) {
    const ProblemSize size = task().Size(SampleParts(usual, i, &line));
    const ParsedProblem problem = SampleParts(hard, i, &hard_line);
    EXPECT_EQ(problem.answer, OracleAnswer(problem, hard.format)) << hard_line;
    EXPECT_EQ(task().Size(problem).first, size.first) << line << " " << hard_line;
    EXPECT_EQ(task().Size(problem).second, size.second) << line << " " << hard_line;
    different += line != hard_line;
  }
  EXPECT_GT(different, 10);
}

TEST_P(EveryTaskTest, RefusesWhatItDoesNotHave) {
  ProblemFormat format;
  format.task = &task();
  format.parameters["no_such_parameter"] = 1;
  EXPECT_THAT(std::string(ValidateProblemFormat(format).message()),
              HasSubstr("--no_such_parameter: " + GetParam() + " has no such option"));
  format.parameters.clear();
  format.interleave = true;
  EXPECT_EQ(ValidateProblemFormat(format).ok(), Has(kHasInterleaving));
  for (const TaskParameter& parameter : task().parameters()) {
    format = ProblemFormat(task(), {});
    format.parameters[std::string(parameter.name)] = parameter.most + 1;
    EXPECT_EQ(ExitCodeOf(ValidateProblemFormat(format)), kExitUsage);
  }
}

// Garbage is refused, and never read past its end.
TEST_P(EveryTaskTest, BadLinesAreRefused) {
  const ProblemFormat format(task(), {});
  std::string line, room;
  SampleParts(Samples(GetParam()), 3, &line);
  for (size_t i = 0; i < line.size(); ++i) {
    for (const char c : {'\0', 'Q', '=', ' ', '\xff'}) {
      std::string changed = line;
      changed[i] = c;
      const absl::StatusOr<ParsedProblem> problem = ParseProblem(changed, format, &room);
      EXPECT_TRUE(problem.ok() || ExitCodeOf(problem.status()) == kExitBadInput) << changed;
    }
    const std::string beginning = line.substr(0, i);
    const absl::StatusOr<ParsedProblem> begun = ParseProblem(beginning, format, &room);
    EXPECT_TRUE(!begun.ok() || begun->answer != ExpectedAnswer(*begun, format)) << beginning;
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, EveryTaskTest, ::testing::ValuesIn(TaskNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tally
