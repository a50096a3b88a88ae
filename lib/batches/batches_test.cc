#include "lib/batches/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/tokenize_problems.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `text`, one problem a line, as a data set.
std::shared_ptr<const TokenDataset> DatasetOf(absl::string_view text) {
  TokenizeOptions options;
  options.flags.add_in(absl::StrCat(::testing::TempDir(), "/problems.txt"));
  options.flags.set_out(absl::StrCat(::testing::TempDir(), "/tokens.safetensors"));
  options.flags.set_check_answers(false);
  EXPECT_TRUE(WriteFile(options.flags.in(0), text).ok());
  EXPECT_TRUE(TokenizeProblems(options).ok());
  return *TokenDataset::Open(options.flags.out());
}

// `count` problems of many lengths.
std::shared_ptr<const TokenDataset> Sums(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, std::string(i * 7 % 13 + 1, '1'), "+", std::string(i * 5 % 11 + 1, '2'), "=3\n");
  }
  return DatasetOf(text);
}

TEST(BatchesTest, ABatchHoldsInputsAnswerPositionsAndLabels) {
  const auto dataset = DatasetOf("12+3=42\n1+2=3\n");
  const auto batches = *Batches::Create({{dataset}}, {/*batch_size=*/2, /*pool_batches=*/1, /*seed=*/0});
  const Batch batch = *batches->Take(0, 2);
  EXPECT_EQ(batch.sequences, 2);
  EXPECT_EQ(batch.length, 7);
  // Sorted by length: 1+2=3, then 12+3=42; ids as in the vocabulary, no EOS, as nothing follows it.
  EXPECT_THAT(batch.ids, ElementsAre(5, 14, 6, 17, 7, 0, 0, 5, 6, 14, 7, 17, 8, 6));
  EXPECT_THAT(batch.label_positions, ElementsAre(3, 4, 11, 12, 13));
  EXPECT_THAT(batch.labels, ElementsAre(7, 3, 8, 6, 3));
  EXPECT_THAT(batch.samples, ElementsAre(1, 0));
}

// The law that resuming rests on.
TEST(BatchesTest, AreAPureFunctionOfTheirPlace) {
  const auto dataset = Sums(103);
  const BatchOptions options = {/*batch_size=*/4, /*pool_batches=*/5, /*seed=*/9};
  const auto inorder = *Batches::Create({{dataset}}, options);
  std::vector<Batch> expected;
  for (int64_t step = 0; step < 60; ++step) expected.push_back(*inorder->Take(4 * step, 4));
  const auto jumping = *Batches::Create({{dataset}}, options);
  for (int64_t i = 0; i < 60; ++i) {
    const int64_t step = i * 37 % 60;
    const Batch batch = *jumping->Take(4 * step, 4);
    EXPECT_EQ(batch.ids, expected[step].ids) << step;
    EXPECT_EQ(batch.samples, expected[step].samples) << step;
  }
}

// Steps may take more or fewer problems than batch_size.
TEST(BatchesTest, AnyCutOfTheOrderGivesTheSameProblems) {
  const auto dataset = Sums(103);
  const BatchOptions options = {/*batch_size=*/4, /*pool_batches=*/5, /*seed=*/9};
  const std::vector<int64_t> all = (*Batches::Create({{dataset}}, options))->Take(0, 150)->samples;
  ASSERT_EQ(all.size(), 150u);
  const auto source = *Batches::Create({{dataset}}, options);
  std::vector<int64_t> seen;
  for (int64_t count = 1; seen.size() < 136; ++count) {
    const Batch batch = *source->Take(static_cast<int64_t>(seen.size()), count);
    EXPECT_EQ(batch.sequences, count);
    seen.insert(seen.end(), batch.samples.begin(), batch.samples.end());
  }
  EXPECT_EQ(seen, std::vector<int64_t>(all.begin(), all.begin() + 136));
}

TEST(BatchesTest, AnEpochVisitsExamplesOnceAndEpochsDiffer) {
  const auto dataset = Sums(103);
  const auto batches = *Batches::Create({{dataset}}, {/*batch_size=*/4, /*pool_batches=*/5, /*seed=*/9});
  std::vector<std::vector<int64_t>> epochs;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<int64_t> seen;
    for (int64_t step = 0; step < 25; ++step) {
      const Batch batch = *batches->Take(4 * (epoch * 25 + step), 4);
      seen.insert(seen.end(), batch.samples.begin(), batch.samples.end());
    }
    EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 100u);
    epochs.push_back(seen);
  }
  EXPECT_NE(epochs[0], epochs[1]);
  const auto other = *Batches::Create({{dataset}}, {/*batch_size=*/4, /*pool_batches=*/5, /*seed=*/10});
  EXPECT_NE(other->Take(0, 4)->samples, batches->Take(0, 4)->samples);
}

TEST(BatchesTest, PoolsSaveMostPadding) {
  const auto dataset = Sums(640);
  const auto padding = [&](int64_t pool_batches) {
    const auto batches = *Batches::Create({{dataset}}, {/*batch_size=*/8, pool_batches, /*seed=*/1});
    int64_t padded = 0;
    for (int64_t step = 0; step < 80; ++step) {
      const Batch batch = *batches->Take(8 * step, 8);
      padded += std::count(batch.ids.begin(), batch.ids.end(), kPadId);
    }
    return padded;
  };
  EXPECT_LT(padding(16), padding(1) / 4);
}

// Batches of one group, but for those at the border of two.
TEST(BatchesTest, PoolsAreSortedByTheGroupThatIsGiven) {
  const auto dataset = Sums(640);
  BatchOptions options = {/*batch_size=*/8, /*pool_batches=*/16, /*seed=*/1};
  const auto digits_of_second = [](auto ids) {
    const auto plus = std::find_if(ids.begin(), ids.end(), [](int64_t id) { return id > kLastDigitId; });
    return static_cast<int64_t>(std::find_if(plus + 1, ids.end(), [](int64_t id) { return id > kLastDigitId; }) - plus -
                                1);
  };
  const auto mixed = [&] {
    const auto batches = *Batches::Create({{dataset}}, options);
    int64_t count = 0;
    for (int64_t step = 0; step < 80; ++step) {
      const Batch batch = *batches->Take(8 * step, 8);
      std::set<int64_t> groups;
      for (int64_t s = 0; s < 8; ++s) {
        groups.insert(digits_of_second(absl::MakeSpan(batch.ids).subspan(s * batch.length, batch.length)));
      }
      count += groups.size() > 1 ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(mixed(), 80);
  options.group = [&](absl::Span<const uint8_t> ids) { return digits_of_second(ids); };
  EXPECT_LE(mixed(), 5 * 10);  // five pools of eleven groups
}

std::vector<WeightedDataset> TwoDatasets() {
  const auto a = Sums(300);
  return {{a, 3}, {DatasetOf("1+1=2\n1+2=3\n1+3=4\n"), 1}};
}

TEST(BatchesTest, SeveralDataSetsKeepTheirShares) {
  const auto batches = *Batches::Create(TwoDatasets(), {/*batch_size=*/8, /*pool_batches=*/4, /*seed=*/9});
  const Batch many = *batches->Take(0, kMixtureBlock);
  int64_t of_second = 0;
  for (const int64_t sample : many.samples) of_second += sample >= 300;
  EXPECT_EQ(of_second, kMixtureBlock / 4);
  EXPECT_EQ(batches->facts().format.tasks[0].first_operand.max, 13);
  EXPECT_THAT(*batches->Fingerprint(0), HasSubstr("300 problems"));
  EXPECT_THAT(*batches->Fingerprint(0), HasSubstr("; 3 problems"));
  EXPECT_THAT(*batches->Fingerprint(0), HasSubstr(", weight "));
}

TEST(BatchesTest, AMixtureIsAPureFunctionOfThePlace) {
  const BatchOptions options = {/*batch_size=*/8, /*pool_batches=*/4, /*seed=*/9};
  const auto inorder = *Batches::Create(TwoDatasets(), options);
  const auto jumping = *Batches::Create(TwoDatasets(), options);
  for (int64_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(inorder->Take(8 * i, 8).ok());
    const int64_t step = i * 37 % 1000;
    EXPECT_EQ(jumping->Take(8 * step, 8)->ids, (*Batches::Create(TwoDatasets(), options))->Take(8 * step, 8)->ids);
  }
}

TEST(BatchesTest, DataSetsOfDifferentFormatsAreRefused) {
  std::vector<WeightedDataset> datasets = TwoDatasets();
  TokenizeOptions other;
  other.flags.add_in(absl::StrCat(::testing::TempDir(), "/problems.txt"));
  other.flags.set_out(absl::StrCat(::testing::TempDir(), "/other.safetensors"));
  other.formats[0].order = DigitOrder::kPlain;
  ASSERT_TRUE(TokenizeProblems(other).ok());
  datasets[1].data = *TokenDataset::Open(other.flags.out());
  const auto batches = Batches::Create(datasets, {/*batch_size=*/8, /*pool_batches=*/4, /*seed=*/9});
  EXPECT_EQ(ExitCodeOf(batches.status()), kExitBadInput);
  EXPECT_THAT(
      std::string(batches.status().message()),
      HasSubstr(
          "tokens.safetensors: found addition with digits reversed: none beside addition with digits reversed: all"));
}

TEST(BatchesTest, ASequentialFileComesInItsOrder) {
  const auto dataset = Sums(103);
  const BatchOptions options = {/*batch_size=*/4, /*pool_batches=*/5, /*seed=*/9, /*answer_only=*/true,
                                /*sequential=*/true};
  const auto batches = *Batches::Create({{dataset}}, options);
  for (int64_t pool = 0; pool < 10; ++pool) {
    std::vector<int64_t> samples = batches->Take(20 * pool, 20)->samples;
    std::sort(samples.begin(), samples.end());
    std::vector<int64_t> expected;
    for (int64_t i = 0; i < 20; ++i) expected.push_back((20 * pool + i) % 103);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(samples, expected);
  }
}

TEST(BatchesTest, ADataSetSmallerThanABatchIsRefused) {
  const auto dataset = Sums(5);
  const auto batches = Batches::Create({{dataset}}, {/*batch_size=*/6, /*pool_batches=*/1, /*seed=*/0});
  EXPECT_EQ(ExitCodeOf(batches.status()), kExitBadInput);
  EXPECT_THAT(std::string(batches.status().message()), HasSubstr("found 5 problems, expected at least 6"));
  EXPECT_TRUE(Batches::Create({{dataset}}, {/*batch_size=*/5, /*pool_batches=*/16, /*seed=*/0}).ok());
}

TEST(OpenBatchesTest, PathsAndWeights) {
  const auto paths = ParseDataPaths({"a.safetensors", "b.safetensors:3", "d:x:.5", "odd:name"});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_EQ((*paths)[0].path, "a.safetensors");
  EXPECT_EQ((*paths)[0].weight, 1);
  EXPECT_EQ((*paths)[1].path, "b.safetensors");
  EXPECT_EQ((*paths)[1].weight, 3);
  EXPECT_EQ((*paths)[2].path, "d:x");
  EXPECT_EQ((*paths)[2].weight, 0.5);
  EXPECT_EQ((*paths)[3].path, "odd:name");
  EXPECT_EQ((*paths)[3].weight, 1);
}

TEST(OpenBatchesTest, BadPathsAndWeightsAreUsageErrors) {
  for (const char* value : {"", ":3", "a:0", "a:-1", "a:inf", "a:nan"}) {
    const auto paths = ParseDataPaths({value});
    EXPECT_EQ(ExitCodeOf(paths.status()), kExitUsage) << value;
    EXPECT_THAT(std::string(paths.status().message()), HasSubstr("expected FILE or FILE:WEIGHT")) << value;
  }
  EXPECT_THAT(std::string(ParseDataPaths({"-", "a"}).status().message()), HasSubstr("goes with no other --data"));
  EXPECT_EQ(ExitCodeOf(ParseDataPaths({}).status()), kExitUsage);
}

}  // namespace
}  // namespace tally
