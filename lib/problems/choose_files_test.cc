#include "lib/problems/choose_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/match.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The chosen ones of these files, name -> text; the message of an error.
std::vector<std::string> Chosen(const std::map<std::string, std::string>& files, const std::string& split = "test") {
  std::vector<std::string> names;
  for (const auto& [name, text] : files) names.push_back(name);
  const auto chosen =
      ChooseFiles(names, split, [&](size_t i) -> absl::StatusOr<std::string> { return files.at(names[i]); });
  if (!chosen.ok()) return {std::string(chosen.status().message())};
  std::vector<std::string> found;
  for (const size_t i : chosen->chosen) found.push_back(names[i]);
  return found;
}

constexpr char kState[] = R"({"_data_files": [{"filename": "data-00000-of-00001.arrow"}], "_format_type": null})";

TEST(ChooseFilesTest, ByEndings) {
  EXPECT_THAT(Chosen({{"a.txt", ""},
                      {"b/c.txt.gz", ""},
                      {"b/d.zst", ""},
                      {"e.arrow", ""},
                      {"f.zip", ""},
                      {"m.parquet", ""},
                      {"g.png", ""},
                      {"h", ""},
                      {".i.txt", ""},
                      {"__MACOSX/j.txt", ""},
                      {".k/l.txt", ""},
                      {"", ""}}),
              ElementsAre("a.txt", "b/c.txt.gz", "b/d.zst", "e.arrow", "f.zip", "m.parquet"));
  EXPECT_THAT(Chosen({{"g.png", ""}}), IsEmpty());
  const auto chosen = *ChooseFiles({"a.png", "b.png", "c", "d.txt"}, "all",
                                   [](size_t) -> absl::StatusOr<std::string> { return std::string(); });
  EXPECT_EQ(chosen.left_out, 3);
  EXPECT_THAT(chosen.other_ends, ElementsAre(".png", "nothing"));
}

// As the reference stores a test set: text, pictures, and the same problems as a data set of two splits.
TEST(ChooseFilesTest, OneSplitOfADataSetAndNotItsText) {
  const std::map<std::string, std::string> files = {
      {"n_3_m_7/lines.txt", ""},
      {"n_3_m_7/token_histogram.png", ""},
      {"n_3_m_7/hf_tokenized_dataset/dataset_dict.json", R"({"splits": ["train", "test"]})"},
      {"n_3_m_7/hf_tokenized_dataset/test/data-00000-of-00001.arrow", ""},
      {"n_3_m_7/hf_tokenized_dataset/test/cache-1.arrow", ""},
      {"n_3_m_7/hf_tokenized_dataset/test/dataset_info.json", "{}"},
      {"n_3_m_7/hf_tokenized_dataset/test/state.json", kState},
      {"n_3_m_7/hf_tokenized_dataset/train/data-00000-of-00001.arrow", ""},
      {"n_3_m_7/hf_tokenized_dataset/train/state.json", kState}};
  EXPECT_THAT(Chosen(files), ElementsAre("n_3_m_7/hf_tokenized_dataset/test/data-00000-of-00001.arrow"));
  EXPECT_THAT(Chosen(files, "all"), ElementsAre(HasSubstr("/test/data-"), HasSubstr("/train/data-")));
  EXPECT_THAT(Chosen(files, "validation"),
              ElementsAre(HasSubstr("dataset_dict.json: found the splits test, train, expected validation; --split")));
}

TEST(ChooseFilesTest, AMissingShardIsNoticedInWantedSplitsOnly) {
  const std::map<std::string, std::string> files = {{"dataset_dict.json", R"({"splits": ["train", "test"]})"},
                                                    {"test/data-00000-of-00001.arrow", ""},
                                                    {"test/state.json", kState},
                                                    {"train/state.json", kState}};
  EXPECT_THAT(Chosen(files), ElementsAre("test/data-00000-of-00001.arrow"));
  EXPECT_THAT(Chosen(files, "train"),
              ElementsAre(HasSubstr("train/state.json: lists data-00000-of-00001.arrow, which is not there")));
}

TEST(ChooseFilesTest, RefusesDamagedDescriptions) {
  EXPECT_THAT(Chosen({{"state.json", "{"}}), ElementsAre(HasSubstr("state.json: found no list _data_files")));
  EXPECT_THAT(Chosen({{"state.json", R"({"_data_files": [3]})"}}), ElementsAre(HasSubstr("found 3 in _data_files")));
  EXPECT_THAT(Chosen({{"dataset_dict.json", "[]"}}), ElementsAre(HasSubstr("found no list splits")));
}

// As data sets are published: the names say the split, and of how many files it is.
TEST(ChooseFilesTest, OneSplitOfParquetFiles) {
  std::map<std::string, std::string> files = {{"data/test-00000-of-00002.parquet", ""},
                                              {"data/test-00001-of-00002.parquet", ""},
                                              {"data/train-00000-of-00001.parquet", ""},
                                              {"data/more.parquet", ""},
                                              {"README.md", ""}};
  EXPECT_THAT(Chosen(files),
              ElementsAre("data/more.parquet", "data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet"));
  EXPECT_THAT(Chosen(files, "train"), ElementsAre("data/more.parquet", "data/train-00000-of-00001.parquet"));
  EXPECT_EQ(Chosen(files, "all").size(), 4);
  EXPECT_THAT(
      Chosen(files, "validation"),
      ElementsAre("data/*.parquet: found the splits test, train, expected validation; --split takes another, or all"));
  files.erase("data/test-00000-of-00002.parquet");
  EXPECT_THAT(Chosen(files), ElementsAre(HasSubstr("data/test-*.parquet: found 1 files of 2; expected all")));
  EXPECT_EQ(Chosen(files, "train").size(), 2) << "a split that is not read may have gaps";
  files["data/test-00000-of-00001.parquet"] = "";
  EXPECT_THAT(Chosen(files), ElementsAre(HasSubstr("found 1 files of 1, and others; expected all of one number")));
}

}  // namespace
}  // namespace tally
