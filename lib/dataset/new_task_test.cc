// A task of one file, registered here, goes from its samples through `datagen check` into a data set and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset.h"
#include "lib/dataset/tokenize_problems.h"
#include "lib/tasks/complement_for_test.h"
#include "lib/tasks/registry.h"
#include "lib/tasks/sampling/generate.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

class NewTaskTest : public ::testing::Test {
 protected:
  // The file of 50 problems.
  std::string Generated() {
    GenerateOptions options;
    options.sampler.format.task = &TaskNamed("complement");
    options.sampler.first = {1, 9};
    options.count = 50;
    options.out = ::testing::TempDir() + "/problems.txt";
    EXPECT_TRUE(GenerateProblems(options).ok());
    return options.out;
  }

  const Complement complement_;
  const TaskRegistration registration_{complement_};
  const ProblemFormat format_{complement_, {}};
};

TEST_F(NewTaskTest, GoesFromSamplesIntoADataSet) {
  const std::string problems = Generated(), tokens = ::testing::TempDir() + "/tokens.safetensors";
  EXPECT_TRUE(CheckProblems({{format_}, {problems}, ::testing::TempDir() + "/report.txt"}).ok());
  TokenizeOptions options;
  options.flags.add_in(problems);
  options.flags.set_out(tokens);
  options.formats = {format_};
  const absl::Status status = TokenizeProblems(options);
  ASSERT_TRUE(status.ok()) << status;
  const auto dataset = TokenDataset::Open(tokens);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->tasks()[0].format.task, &complement_);
  EXPECT_EQ((*dataset)->vocabulary().name(), "tasks");
  EXPECT_EQ((*dataset)->examples(), 50);
  EXPECT_EQ((*dataset)->tasks()[0].first_operand.max, 9);
}

TEST_F(NewTaskTest, WrongAnswersAreFound) {
  const std::string problems = ::testing::TempDir() + "/wrong.txt", report = ::testing::TempDir() + "/report.txt";
  ASSERT_TRUE(WriteFile(problems, "!01=10\n!11=01\n").ok());
  EXPECT_EQ(ExitCodeOf(CheckProblems({{format_}, {problems}, report})), kExitCheckFailed);
  EXPECT_THAT(*ReadFile(report), HasSubstr("wrong.txt:2: found the answer 01, expected 00"));
}

}  // namespace
}  // namespace tally
