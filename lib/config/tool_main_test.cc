#include "lib/config/tool_main.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/base/version.h"
#include "lib/config/config_test.pb.h"

namespace tally {
namespace {

using config_test::MakerConfig;
using config_test::MakerFlags;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// What the flags of the tool are read into.
MakerFlags flags;

Tool TestTool() {
  flags.Clear();
  Tool tool;
  tool.name = "maker";
  tool.purpose = "makes problems";
  tool.synopsis = "maker --task=addition [flags] > problems.txt";
  tool.examples = {{"maker --count=5", "five sums"}, {"maker --task=sorting", "lists to sort"}};
  tool.options = {&flags};
  return tool;
}

struct Outcome {
  int code;
  std::string out;
  std::string err;
  std::vector<std::string> arguments;
  bool ran = false;
};

Outcome RunWith(std::vector<std::string> words, const Tool& tool, const std::function<absl::Status()>& run) {
  words.insert(words.begin(), "/bin/" + tool.name);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Outcome outcome;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.code = RunTool(argv.size(), argv.data(), tool, [&](const std::vector<std::string>& arguments) {
    outcome.ran = true;
    outcome.arguments = arguments;
    return run();
  });
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

Outcome RunWith(const std::vector<std::string>& words) {
  return RunWith(words, TestTool(), [] { return absl::OkStatus(); });
}

void ExpectUsageError(const std::vector<std::string>& words, const std::string& message) {
  const Outcome outcome = RunWith(words);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "maker: " + message + "\n");
  EXPECT_EQ(outcome.out, "");
  EXPECT_FALSE(outcome.ran);
}

TEST(ToolMainTest, SetsFlagsInEachForm) {
  const Outcome outcome = RunWith({"--task=sorting", "--count", "-7", "--noshuffle", "--rate=1e-3"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.ran);
  EXPECT_EQ(flags.task(), "sorting");
  EXPECT_EQ(flags.count(), -7);
  EXPECT_EQ(flags.rate(), 1e-3);
  EXPECT_FALSE(flags.order().shuffle());
  EXPECT_EQ(RunWith({"--shuffle", "--task="}).code, 0);
  EXPECT_TRUE(flags.order().shuffle());
  EXPECT_EQ(flags.task(), "");
  EXPECT_EQ(RunWith({"--shuffle=false", "--count=1", "--count=2"}).code, 0);
  EXPECT_FALSE(flags.order().shuffle());
  EXPECT_EQ(flags.count(), 2);
}

TEST(ToolMainTest, ListFlagsCollectWithTheirCommas) {
  EXPECT_EQ(RunWith({"--set=a=[1,2]", "--count=3", "--set", "b=x"}).code, 0);
  EXPECT_THAT(flags.set(), ElementsAre("a=[1,2]", "b=x"));
  EXPECT_EQ(RunWith({"--set="}).code, 0);
  EXPECT_THAT(flags.set(), ElementsAre(""));
}

TEST(ToolMainTest, UnknownFlagsNameTheNearest) {
  ExpectUsageError({"--cuont=3"}, "unknown flag --cuont; did you mean --count? (maker --help lists them)");
  ExpectUsageError({"--recurrences"}, "unknown flag --recurrences (maker --help lists them)");
  ExpectUsageError({"-task=x"}, "unknown flag -task; did you mean --task? (maker --help lists them)");
  ExpectUsageError({"--halp"}, "unknown flag --halp; did you mean --help? (maker --help lists them)");
  ExpectUsageError({"--=3"}, "unknown flag -- (maker --help lists them)");
  ExpectUsageError({"--notask"}, "unknown flag --notask; did you mean --task? (maker --help lists them)");
}

TEST(ToolMainTest, BadValuesNameFlagAndReason) {
  ExpectUsageError({"--count=many"}, "bad value \"many\" for --count: expected an integer within its range");
  ExpectUsageError({"--rate=; x"}, "bad value \"; x\" for --rate: expected a number");
  ExpectUsageError({"--shuffle=maybe"}, "bad value \"maybe\" for --shuffle: expected true or false");
  ExpectUsageError({"--count"}, "--count needs a value");
  ExpectUsageError({"--seed=-1"}, "bad value \"-1\" for --seed: expected an integer from 0, within its range");
  ExpectUsageError({"--kind=rotray"},
                   "bad value \"rotray\" for --kind: expected one of PLAIN, ROTARY; did you mean ROTARY?");
}

TEST(ToolMainTest, NumbersOutOfRangeNameFlagAndRange) {
  ExpectUsageError({"--count=-11"}, "--count=-11; expected -10..1000000");
  EXPECT_EQ(RunWith({"--count=-10"}).code, 0);
}

TEST(ToolMainTest, NamesOfValuesMayBeInLowerCase) {
  EXPECT_EQ(RunWith({"--kind=rotary"}).code, 0);
  EXPECT_EQ(flags.kind(), config_test::ROTARY);
}

TEST(ToolMainTest, OldNamesAreTakenWithALineThatNamesTheNew) {
  const Outcome outcome = RunWith({"--what=sorting", "--nomix"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(flags.task(), "sorting");
  EXPECT_FALSE(flags.order().shuffle());
  EXPECT_EQ(outcome.err, "maker: --what is now --task\nmaker: --mix is now --shuffle\n");
}

TEST(ToolMainTest, FieldsOfAConfigurationAreFlagsWhereTheyNameOne) {
  MakerConfig config;
  Tool tool = TestTool();
  tool.configuration = &config;
  const auto run = [] { return absl::OkStatus(); };
  EXPECT_EQ(RunWith({"--steps=-3", "--data=a", "--data=b"}, tool, run).code, 0);  // the whole is checked later
  EXPECT_EQ(config.train().steps(), -3);
  EXPECT_FALSE(config.train().has_batch_size());
  EXPECT_THAT(config.data(), ElementsAre("a", "b"));
  EXPECT_EQ(RunWith({"--batch_size=3"}, tool, run).code, 2);
  EXPECT_THAT(RunWith({"--help"}, tool, run).out,
              HasSubstr("  --steps                 budget in steps (train.steps)\n"));
}

TEST(ToolMainTest, UnexpectedArgumentsAreUsageErrors) {
  ExpectUsageError({"file.txt"}, "unexpected argument \"file.txt\"; maker takes flags only");
  ExpectUsageError({"--shuffle", "true"}, "unexpected argument \"true\"; maker takes flags only");
}

TEST(ToolMainTest, ArgumentsArePassedOn) {
  Tool tool = TestTool();
  tool.takes_arguments = true;
  const Outcome outcome = RunWith({"a", "--count=3", "-", "--", "--count=4"}, tool, [] { return absl::OkStatus(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.arguments, ElementsAre("a", "-", "--count=4"));
  EXPECT_EQ(flags.count(), 3);
}

TEST(ToolMainTest, HelpShowsTheManualOnStandardOutput) {
  const Outcome outcome = RunWith({"--count=3", "--help", "--bad"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_FALSE(outcome.ran);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, R"(maker - makes problems

Usage: maker --task=addition [flags] > problems.txt

Examples:
  maker --count=5
      five sums
  maker --task=sorting
      lists to sort

Problems:
  --task                  which problems to make: addition, multiplication or sorting (default:
                          addition)
  --count                 number of problems (default: 1000)
  --[no]shuffle           mixes the lines (default: true)

Configuration:
  --rate                  learning rate (default: 0.5)
  --set                   sets one field of the configuration, such as model.hidden_size=128; may be
                          repeated, and a later value of the same field wins over an earlier one
  --kind                  plain or rotary (default: PLAIN)
  --seed                  another seed, other problems (default: 0)

Help:
  --help                  prints this text
  --version               prints version and commit
)");
}

TEST(ToolMainTest, VersionShowsNameCommitAndDetails) {
  Tool tool = TestTool();
  tool.version_details = "LibTorch 2.11.0\n";
  const Outcome outcome = RunWith({"--version"}, tool, [] { return absl::OkStatus(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_FALSE(outcome.ran);
  EXPECT_EQ(outcome.out, absl::StrCat("maker ", TallyVersion(), " (", TallyCommit(), ")\nLibTorch 2.11.0\n"));
}

TEST(ToolMainTest, TheStatusBecomesMessageAndExitCode) {
  const Outcome outcome = RunWith({}, TestTool(), [] { return BadInputError("a.txt:3: found x, expected y"); });
  EXPECT_EQ(outcome.code, 65);
  EXPECT_EQ(outcome.err, "maker: a.txt:3: found x, expected y\n");
  EXPECT_EQ(RunWith({}, TestTool(), [] { return StoppedError("stopped"); }).code, 75);
}

TEST(ToolMainTest, AClosedOutputEndsQuietly) {
  const Outcome outcome = RunWith({}, TestTool(), [] { return OutputClosedError(); });
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST(ToolMainTest, SigpipeAndFileSizeSignalsBecomeErrors) {
  const Outcome outcome = RunWith({}, TestTool(), [] {
    raise(SIGPIPE);
    raise(SIGXFSZ);
    return absl::OkStatus();
  });
  EXPECT_EQ(outcome.code, 0);
}

TEST(ToolMainTest, WhatTheMachineDoesNotGiveIsNoBug) {
  const Outcome memory = RunWith({}, TestTool(), []() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_EQ(memory.code, 74);
  EXPECT_EQ(memory.err, "maker: out of memory\n");
  const Outcome torch = RunWith({}, TestTool(), []() -> absl::Status {
    throw std::runtime_error("you tried to allocate 8 bytes. Error code 12 (Cannot allocate memory)");
  });
  EXPECT_EQ(torch.code, 74);
  EXPECT_EQ(torch.err, "maker: out of memory\n");
  const Outcome thread = RunWith({}, TestTool(), []() -> absl::Status {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
  });
  EXPECT_EQ(thread.code, 74);
  EXPECT_EQ(thread.err, "maker: cannot start a thread: Resource temporarily unavailable\n");
}

TEST(ToolMainTest, ExceptionsAreBugs) {
  const Outcome other = RunWith({}, TestTool(), []() -> absl::Status { throw std::runtime_error("broken"); });
  EXPECT_EQ(other.code, 70);
  EXPECT_EQ(other.err, "maker: internal error: broken\n");
  EXPECT_EQ(RunWith({}, TestTool(), []() -> absl::Status { throw 3; }).code, 70);
}

TEST(ToolMainTest, TwoFlagsOfOneNameAreABug) {
  Tool tool = TestTool();
  MakerFlags more;
  tool.options.push_back(&more);
  const Outcome outcome = RunWith({}, tool, [] { return absl::OkStatus(); });
  EXPECT_EQ(outcome.code, 70);
  EXPECT_THAT(outcome.err, HasSubstr("two flags are called --task"));
}

TEST(ToolMainTest, PagesHaveTypesRangesAndDefaults) {
  MakerConfig config;
  Tool tool = TestTool();
  tool.configuration = &config;
  const auto run = [] { return absl::OkStatus(); };
  const std::string page = RunWith({"--help=markdown"}, tool, run).out;
  EXPECT_THAT(page, StartsWith("# maker\n"));
  EXPECT_THAT(page, HasSubstr("\n## Problems\n\n| flag | values | default | what it does |\n|---|---|---|---|\n"
                              "| `--task` | text | `addition` | which problems to make: addition, multiplication or "
                              "sorting; once `what` |\n"
                              "| `--count` | integer -10..1000000 | `1000` | number of problems |\n"));
  EXPECT_THAT(page, HasSubstr("| `--steps` | integer 0.. | `7` | budget in steps; sets `train.steps` |\n"));
  const std::string fields = RunWith({"--help=configuration"}, tool, run).out;
  EXPECT_THAT(fields, HasSubstr("\n## train\n\ntraining\n\n| field |"));
  EXPECT_THAT(fields, HasSubstr("| `steps` | integer 0.. | `7` | budget in steps; flag `--steps`; may change on "
                                "`--resume` |\n"));
  EXPECT_THAT(fields, HasSubstr("| `kind` | `PLAIN`, `ROTARY` | `PLAIN` | a \\| or a &lt; b |\n"));
  EXPECT_EQ(RunWith({"--help=roff"}).code, 2);
}

TEST(ToolMainTest, TheManPageHasWhatHelpHas) {
  Tool tool = TestTool();
  tool.purpose = ".makes \\problems";
  const std::string page = RunWith({"--help=man"}, tool, [] { return absl::OkStatus(); }).out;
  EXPECT_THAT(page, StartsWith(absl::StrCat(".TH \"MAKER\" 1 \"\" \"Tally ", TallyVersion(), "\" Tally\n.SH NAME\n",
                                            "maker \\- \\&.makes \\eproblems\n.SH SYNOPSIS\n",
                                            "maker \\-\\-task=addition [flags] > problems.txt\n")));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fBmaker \\-\\-count=5\\fR\nfive sums\n"));
  EXPECT_THAT(page, HasSubstr(".SS \"Problems\"\n"));
  EXPECT_THAT(page, HasSubstr(".TP\n\\fB\\-\\-[no]shuffle\\fR\nmixes the lines (default: true)\n"));
}

TEST(ToolMainTest, CompletionsOfferFlagsAndTheirWords) {
  MakerConfig config;
  Tool tool = TestTool();
  tool.configuration = &config;
  tool.takes_arguments = true;
  tool.words = {{"", {"check"}}, {"task", {"addition", "sorting"}}};
  const auto run = [] { return absl::OkStatus(); };
  const std::string bash = RunWith({"--help=bash"}, tool, run).out;
  EXPECT_THAT(bash, StartsWith("_tally_flags[maker]='--help --version --task= --count= --shuffle --noshuffle "));
  EXPECT_THAT(bash, HasSubstr("\n_tally_values['maker ']='check'\n"));
  EXPECT_THAT(bash, HasSubstr("\n_tally_values['maker --task']='addition sorting'\n"));
  EXPECT_THAT(bash, HasSubstr("\n_tally_values['maker --kind']='PLAIN ROTARY'\n"));
  EXPECT_THAT(bash, HasSubstr("train.steps= "));
  const std::string zsh = RunWith({"--help=zsh"}, tool, run).out;
  EXPECT_THAT(zsh, StartsWith("_tally_tools+=('maker:makes problems')\n_tally_maker() {\n"));
  EXPECT_THAT(zsh, HasSubstr("'--task=[which problems to make\\: addition, multiplication or sorting (default\\: "
                             "addition)]:task:(addition sorting)'"));
  EXPECT_THAT(zsh, HasSubstr("'--shuffle[mixes the lines (default\\: true)]' '--noshuffle["));
  EXPECT_THAT(zsh, HasSubstr("'1: :_alternative \"words:word:(check)\" \"files:file:_files\"'"));
}

TEST(ToolMainTest, WordsOfAFlagThatThereIsNotAreABug) {
  Tool tool = TestTool();
  tool.words = {{"tsak", {"addition"}}};
  EXPECT_EQ(RunWith({}, tool, [] { return absl::OkStatus(); }).code, 70);
}

TEST(ToolMainTest, HelpToAFullDiskIsAnIoError) {
  const int saved = dup(STDOUT_FILENO);
  const int full = open("/dev/full", O_WRONLY);
  char name[] = "maker", help[] = "--help";
  char* argv[] = {name, help};
  testing::internal::CaptureStderr();
  dup2(full, STDOUT_FILENO);
  const int code = RunTool(2, argv, TestTool(), [](const std::vector<std::string>&) { return absl::OkStatus(); });
  dup2(saved, STDOUT_FILENO);
  close(full);
  close(saved);
  EXPECT_EQ(code, 74);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), StartsWith("maker: standard output: cannot write: "));
}

}  // namespace
}  // namespace tally
