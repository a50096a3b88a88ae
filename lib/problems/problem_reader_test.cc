#include "lib/problems/problem_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zip.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/problems/arrow_for_test.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

// A folder of the test's own; gives files their folders.
class ProblemReaderTest : public ::testing::Test {
 protected:
  ProblemReaderTest()
      : folder_(
            absl::StrCat(::testing::TempDir(), "/", ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(folder_) / name;
    std::filesystem::create_directories(path.parent_path());
    EXPECT_TRUE(WriteFile(path.string(), text).ok());
    return path.string();
  }

  // Every line behind its file's place in the folder; the message of the error where there is one.
  Words Lines(const Words& words, const std::string& split = "test") {
    auto reader = ProblemReader::Open(words, split, vocabulary_);
    if (!reader.ok()) return {std::string(reader.status().message())};
    Words lines;
    absl::string_view line;
    while (true) {
      const absl::StatusOr<bool> more = (*reader)->Next(&line);
      if (!more.ok()) return {std::string(more.status().message())};
      if (!*more) return lines;
      lines.push_back(absl::StrCat((*reader)->file().substr(folder_.size() + 1), ": ", line));
    }
  }

  const std::string folder_;
  const Vocabulary vocabulary_ = Vocabulary::Arithmetic();
};

// A zip archive of these files, name -> text, at `path`.
void WriteZip(const std::string& path, const std::vector<std::pair<std::string, std::string>>& files) {
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  ASSERT_NE(archive, nullptr);
  for (const auto& [name, text] : files) {
    zip_source_t* const source = zip_source_buffer(archive, text.data(), text.size(), 0);
    ASSERT_GE(zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8), 0);
  }
  ASSERT_EQ(zip_close(archive), 0);
}

TEST_F(ProblemReaderTest, FilesInTheOrderInWhichTheyAreNamed) {
  const std::string b = Write("b.txt", "1+1=2\n2+2=4\n"), a = Write("a.problems", "3+3=6\n");
  for (const Words& words : {Words{b, a}, Words{absl::StrCat(b, ",", a)}}) {
    EXPECT_THAT(Lines(words), ElementsAre("b.txt: 1+1=2", "b.txt: 2+2=4", "a.problems: 3+3=6"));
  }
}

TEST_F(ProblemReaderTest, OfAFolderWhatEndsLikeProblemsHoweverDeep) {
  Write("set/two/n_2.txt", "11+11=22\n");
  Write("set/one/n_1.txt", "1+1=2\n");
  Write("set/one/histogram.png", "PNG");
  Write("set/.cache/old.txt", "9+9=18\n");
  Write("set/.hidden.txt", "8+8=16\n");
  EXPECT_THAT(Lines({folder_ + "/set"}), ElementsAre("set/one/n_1.txt: 1+1=2", "set/two/n_2.txt: 11+11=22"));
}

TEST_F(ProblemReaderTest, ACommaInAName) {
  EXPECT_THAT(Lines({Write("1,2.txt", "1+1=2\n")}), ElementsAre("1,2.txt: 1+1=2"));
}

TEST_F(ProblemReaderTest, RefusesWhatHoldsNoProblems) {
  const std::string full = Write("full.txt", "1+1=2\n"), empty = Write("empty.txt", "");
  std::filesystem::create_directories(folder_ + "/nothing");
  Write("pictures/a.png", "PNG");
  EXPECT_THAT(Lines({full, empty}), ElementsAre(HasSubstr("empty.txt: found no line, expected problems")));
  EXPECT_THAT(Lines({folder_ + "/nothing"}), ElementsAre(HasSubstr("nothing: found no file that ends in .txt")));
  EXPECT_THAT(Lines({folder_ + "/pictures"}), ElementsAre(HasSubstr("pictures: found no file that ends in .txt")));
  EXPECT_THAT(Lines({full, full}), ElementsAre(HasSubstr("full.txt: found twice, expected once")));
  EXPECT_THAT(Lines({folder_, full}), ElementsAre(HasSubstr("full.txt: found twice, expected once")));
  EXPECT_THAT(Lines({absl::StrCat(full, ",", folder_, "/gone.txt")}),
              ElementsAre(HasSubstr("gone.txt: cannot be opened")));
  EXPECT_EQ(ExitCodeOf(ProblemReader::Open({folder_ + "/gone"}, "all", vocabulary_).status()), kExitMissingInput);
}

TEST_F(ProblemReaderTest, ErrorsNameFileAndLine) {
  const std::string first = Write("first.txt", "1+1=2\n"), torn = Write("torn.txt", "1+1=2\n2+2");
  EXPECT_THAT(Lines({first, torn}), ElementsAre(HasSubstr("torn.txt:2: the stream ends within this line")));
  const auto reader = *ProblemReader::Open({first}, "all", vocabulary_);
  absl::string_view line;
  ASSERT_TRUE(*reader->Next(&line));
  EXPECT_THAT(reader->ErrorHere("odd").message(), HasSubstr("first.txt:1: odd"));
}

TEST_F(ProblemReaderTest, ArchivesAreReadLikeFolders) {
  Write("set/plain.txt", "5+5=01\n");
  WriteZip(folder_ + "/set/z.zip",
           {{"a/n_1.txt", "1+1=2\n"},
            {"a/picture.png", "PNG"},
            {"b/hf_tokenized_dataset/dataset_dict.json", R"({"splits": ["train", "test"]})"},
            {"b/hf_tokenized_dataset/test/state.json", R"({"_data_files": [{"filename": "d.arrow"}]})"},
            {"b/hf_tokenized_dataset/test/d.arrow", ArrowForTest()},
            {"b/lines.txt", "12+3=42\n"},
            {"__MACOSX/a/._n_1.txt", "x"}});
  const Words arrow = {"set/z.zip/b/hf_tokenized_dataset/test/d.arrow: 12+3=42",
                       "set/z.zip/b/hf_tokenized_dataset/test/d.arrow: 1 + 1=2",
                       "set/z.zip/b/hf_tokenized_dataset/test/d.arrow: 9+9=81"};
  EXPECT_THAT(Lines({folder_ + "/set/z.zip"}), ElementsAre("set/z.zip/a/n_1.txt: 1+1=2", arrow[0], arrow[1], arrow[2]));
  EXPECT_THAT(Lines({folder_ + "/set"}),
              ElementsAre("set/plain.txt: 5+5=01", "set/z.zip/a/n_1.txt: 1+1=2", arrow[0], arrow[1], arrow[2]));
  EXPECT_THAT(Lines({folder_ + "/set/z.zip"}, "validation"), ElementsAre(HasSubstr("found the splits test, train")));
}

TEST_F(ProblemReaderTest, ADamagedArchiveIsRefused) {
  const std::string path = folder_ + "/set.zip";
  Write("x.txt", "");
  std::string lines;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&lines, i, "+1=\n");
  WriteZip(path, {{"a.txt", lines}});
  const std::string whole = *ReadFile(path);
  for (const size_t length : {size_t{4}, whole.size() / 2, whole.size() - 1}) {
    ASSERT_TRUE(WriteFile(path, whole.substr(0, length)).ok());
    EXPECT_THAT(Lines({path}), ElementsAre(HasSubstr("set.zip: found no whole zip archive (is it truncated?)")));
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  ASSERT_TRUE(WriteFile(path, damaged).ok());
  EXPECT_THAT(Lines({path}), ElementsAre(HasSubstr("set.zip/a.txt: ")));
}

// A program in place of Python, which gets Parquet on its standard input.
void SetPython(const std::string& path, const std::string& script) {
  ASSERT_TRUE(WriteFile(path, absl::StrCat("#!/bin/sh\n", script, "\n")).ok());
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  setenv("TALLY_PYTHON", path.c_str(), 1);
}

TEST_F(ProblemReaderTest, ParquetIsReadByPython) {
  const std::string parquet = absl::StrCat("PAR1", std::string(100000, 'x'), "PAR1");
  const std::string stream = Write("stream", ArrowForTest()), path = Write("set/p.parquet", parquet);
  SetPython(folder_ + "/python", absl::StrCat("cat > ", folder_, "/got; cat ", stream));
  EXPECT_THAT(Lines({path}), ElementsAre("set/p.parquet: 12+3=42", "set/p.parquet: 1 + 1=2", "set/p.parquet: 9+9=81"));
  EXPECT_EQ(*ReadFile(folder_ + "/got"), parquet);
  WriteZip(folder_ + "/set/z.zip", {{"q.parquet", parquet}});
  EXPECT_EQ(Lines({folder_ + "/set"}).size(), 6);
  EXPECT_EQ(*ReadFile(folder_ + "/got"), parquet) << "unpacked into a file";
}

TEST_F(ProblemReaderTest, ParquetThatPythonDoesNotReadToTheEnd) {
  const std::string half = Write("half", ArrowForTest().substr(0, 400)), path = Write("p.parquet", "PAR1");
  const auto refusal = [&](const std::string& script) {
    SetPython(folder_ + "/python", script);
    return Lines({path});
  };
  const std::string has_ended = absl::StrCat("p.parquet: ", folder_, "/python has ended with code ");
  EXPECT_THAT(refusal("echo warning >&2; echo no module >&2; exit 3"),
              ElementsAre(HasSubstr("/python cannot read without pyarrow (no module); expected that package, or")));
  EXPECT_THAT(refusal("echo 'row 7: found a null in text' >&2; exit 65"),
              ElementsAre(HasSubstr("p.parquet: row 7: found a null in text")));
  EXPECT_THAT(refusal("kill -KILL $$"), ElementsAre(HasSubstr(absl::StrCat(has_ended, "137 before"))));
  EXPECT_THAT(refusal(absl::StrCat("cat ", half, "; kill -KILL $$")),
              ElementsAre(HasSubstr(absl::StrCat(has_ended, "137 before"))));
  EXPECT_THAT(refusal(absl::StrCat("cat ", half)), ElementsAre(HasSubstr("code 0 before it had read all")));
  EXPECT_THAT(refusal("echo not Arrow at all"), ElementsAre(HasSubstr("found no message of an Arrow stream")));
  setenv("TMPDIR", "/no/folder", 1);
  EXPECT_THAT(refusal("true"), ElementsAre(HasSubstr("the folder for temporary files, TMPDIR or /tmp: ")));
  unsetenv("TMPDIR");
  setenv("TALLY_PYTHON", "/no/python", 1);
  EXPECT_THAT(Lines({path}), ElementsAre(HasSubstr("p.parquet: found Parquet, which Python with pyarrow reads: "
                                                   "/no/python: No such file or directory")));
}

// The program itself, where Python has no packages at all.
TEST_F(ProblemReaderTest, ParquetWithoutPyarrow) {
  const std::string path = Write("p.parquet", "PAR1");
  SetPython(folder_ + "/python", "exec python3 -I -S \"$@\"");
  EXPECT_THAT(Lines({path}), ElementsAre(HasSubstr("cannot read without pyarrow (ModuleNotFoundError: No module named "
                                                   "'pyarrow'); expected that package")));
}

// There are gzip files that hold themselves.
TEST_F(ProblemReaderTest, CompressedDataMayHoldCompressedDataAFewTimes) {
  std::string packed = "1+1=2\n";
  for (int times = 1; times <= 5; ++times) {
    gzFile file = gzopen((folder_ + ".gz").c_str(), "wb");
    EXPECT_EQ(gzwrite(file, packed.data(), static_cast<unsigned>(packed.size())), static_cast<int>(packed.size()));
    gzclose(file);
    packed = *ReadFile(folder_ + ".gz");
    const std::string path = Write("packed", packed);
    if (times <= 4) {
      EXPECT_THAT(Lines({path}), ElementsAre("packed: 1+1=2")) << times;
    }
  }
  EXPECT_THAT(Lines({Write("packed", packed)}),
              ElementsAre(HasSubstr("packed: found compressed data within compressed data, more than 4 times")));
}

TEST_F(ProblemReaderTest, WhatAFileIsIsToldByItsBytes) {
  EXPECT_THAT(Lines({Write("ids", ArrowForTest())}), ElementsAre("ids: 12+3=42", "ids: 1 + 1=2", "ids: 9+9=81"));
  EXPECT_THAT(Lines({Write("text.gz", "1+1=2\n")}), ElementsAre("text.gz: 1+1=2"));
}

}  // namespace
}  // namespace tally
