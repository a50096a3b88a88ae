#include "lib/tasks/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/tasks/complement_for_test.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/sampler.h"

namespace tally {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RegistryTest, FindsTasksByName) {
  for (const std::string& name : TaskNames()) {
    const absl::StatusOr<const Task*> task = FindTask(name);
    ASSERT_TRUE(task.ok()) << task.status();
    EXPECT_EQ((*task)->name(), name);
  }
  const absl::Status status = FindTask("adition").status();
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unknown task \"adition\", expected one of addition, "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("did you mean addition?"));
}

TEST(RegistryTest, GridsOfForeignNamesAreThoseOfTwoOperands) {
  EXPECT_EQ(GridOfTask("cube_roots").first_axis, "digits of the first operand");
  EXPECT_EQ(GridOfTask("sorting").first_axis, "digits of the longest number");
}

TEST(RegistryTest, ATaskIsOneFileAndOneLine) {
  const Complement complement;
  EXPECT_THAT(TaskNames(), Not(Contains("complement")));
  {
    const TaskRegistration registration(complement);
    SamplerOptions options;
    options.format.task = &TaskNamed("complement");
    options.first = {1, 9};
    Sampler sampler = *Sampler::Create(options);
    std::string line, room;
    for (uint64_t i = 0; i < 100; ++i) {
      ASSERT_TRUE(sampler.Sample(1, RandomStream::kTest, i, &line).ok());
      const absl::StatusOr<ParsedProblem> problem = ParseProblem(line, options.format, &room);
      ASSERT_TRUE(problem.ok()) << problem.status() << " " << line;
      EXPECT_EQ(problem->operands[0].size(), 1 + i % 9);
      EXPECT_EQ(problem->answer, OracleAnswer(*problem, options.format)) << line;
    }
    EXPECT_THAT(std::string(ParseProblem("!01+1=1", options.format, &room).status().message()),
                HasSubstr("byte 4: found '+', expected 0 or 1 or '='"));
  }
  EXPECT_FALSE(FindTask("complement").ok());
}

}  // namespace
}  // namespace tally
