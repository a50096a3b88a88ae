#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/registry.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {

const Task& AbsoluteDifferenceTask();  // lib/tasks/registry.cc declares it where the task is registered for good

namespace {

using ::testing::HasSubstr;

class AbsoluteDifferenceTest : public ::testing::Test {
 protected:
  AbsoluteDifferenceTest() : registration_(AbsoluteDifferenceTask()) {
    options_.format.task = &AbsoluteDifferenceTask();
    options_.first = options_.second = {1, 30};
  }

  // What is wrong with a line, or "".
  std::string Fault(const std::string& line) const {
    std::string room;
    const absl::StatusOr<ParsedProblem> problem = ParseProblem(line, options_.format, &room);
    const absl::Status status = problem.ok() ? CheckAnswer(*problem, options_.format) : problem.status();
    return std::string(status.message());
  }

  const TaskRegistration registration_;
  SamplerOptions options_;
};

TEST_F(AbsoluteDifferenceTest, KnownProblems) {
  options_.format.order = DigitOrder::kPlain;
  EXPECT_EQ(Fault("12-345=333"), "");
  EXPECT_EQ(Fault("345-12=333"), "");
  EXPECT_EQ(Fault("7-7=0"), "");
  EXPECT_THAT(Fault("12-345=-333"), HasSubstr("byte 8: found '-'"));
  EXPECT_THAT(Fault("12-345=334"), HasSubstr("expected \"333\""));
}

TEST_F(AbsoluteDifferenceTest, SamplesHaveTheAnswerOfGmp) {
  Sampler sampler = *Sampler::Create(options_);
  std::string line, room;
  for (uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(sampler.Sample(/*seed=*/1, RandomStream::kTest, i, &line).ok());
    const absl::StatusOr<ParsedProblem> problem = ParseProblem(line, options_.format, &room);
    ASSERT_TRUE(problem.ok()) << problem.status() << " " << line;
    EXPECT_EQ(problem->answer, OracleAnswer(*problem, options_.format)) << line;
  }
}

}  // namespace
}  // namespace tally
