// testdata/run_of_reference holds a checkpoint as the reference writes it during a run on several GPUs, made with
// PyTorch's torch.save from the recorded model `factorised`: names begin with `module.`, and beside the parameters
// there are an optimizer's and a scheduler's states.
#include "lib/checkpoint/state_dict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/checkpoint/pickle_for_test.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

constexpr char kRun[] = "lib/checkpoint/testdata/run_of_reference";

TEST(StateDictTest, HoldsTheTensorsThatTorchSaved) {
  const absl::StatusOr<StateDict> state =
      StateDict::Read(absl::StrCat(kRun, "/checkpoints/INTERMEDIATE/state_dict.pth"));
  ASSERT_TRUE(state.ok()) << state.status();
  const auto file = *SafetensorsFile::Open("tests/parity/models/factorised/model.safetensors");
  EXPECT_EQ(state->tensors().size(), file->tensors().size());
  for (const auto& [name, view] : file->tensors()) {
    const auto found = state->tensors().find("module." + name);
    ASSERT_NE(found, state->tensors().end()) << name;
    EXPECT_EQ(found->second.dtype, view.dtype) << name;
    EXPECT_EQ(found->second.shape, view.shape) << name;
    EXPECT_EQ(found->second.bytes, view.bytes) << name;
  }
}

TEST(StateDictTest, ARunOfTheReferenceOpensAtItsNewestCheckpoint) {
  const absl::StatusOr<LoadedModel> loaded = LoadModel(kRun);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->folder, HasSubstr("INTERMEDIATE"));
  std::vector<at::Tensor> copies;
  const LoadedModel whole = *LoadModel("tests/parity/models/factorised");
  for (const auto& [name, view] : ParameterViews(*whole.model, &copies)) {
    EXPECT_EQ(ParameterViews(*loaded->model, &copies).at(name).bytes, view.bytes) << name;
  }
}

TEST(StateDictTest, OtherFilesAreRefused) {
  const std::string path = ::testing::TempDir() + "/state_dict.pth";
  const auto refusal = [&](absl::string_view bytes) {
    EXPECT_TRUE(WriteFile(path, bytes).ok());
    const absl::Status status = StateDict::Read(path).status();
    EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
    EXPECT_EQ(status.message().find('\n'), absl::string_view::npos) << status;
    return std::string(status.message());
  };
  const std::string whole = *ReadFile(absl::StrCat(kRun, "/checkpoints/INTERMEDIATE/state_dict.pth"));
  EXPECT_THAT(refusal(""), HasSubstr("state_dict.pth: expected what torch.save writes"));
  EXPECT_THAT(refusal("not a zip archive"), HasSubstr("expected what torch.save writes"));
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{100}}) refusal(whole.substr(0, size));
  EXPECT_EQ(ExitCodeOf(StateDict::Read(path + ".none").status()), kExitMissingInput);
}

// Puts other bytes into the pickle of a saved file; all of it where `from` is empty.
void ReplaceInPickle(const std::string& path, absl::string_view from, absl::string_view to) {
  zip_t* const archive = zip_open(path.c_str(), 0, nullptr);
  ASSERT_NE(archive, nullptr);
  zip_int64_t number = 0;
  while (!absl::EndsWith(zip_get_name(archive, number, 0), "data.pkl")) ++number;
  zip_stat_t facts;
  ASSERT_EQ(zip_stat_index(archive, number, 0, &facts), 0);
  std::string pickle(facts.size, '\0');
  zip_file_t* const file = zip_fopen_index(archive, number, 0);
  ASSERT_EQ(zip_fread(file, &pickle[0], pickle.size()), static_cast<zip_int64_t>(pickle.size()));
  zip_fclose(file);
  const std::string changed = from.empty() ? std::string(to) : absl::StrReplaceAll(pickle, {{from, to}});
  ASSERT_NE(changed, pickle);
  zip_source_t* const source = zip_source_buffer(archive, changed.data(), changed.size(), 0);
  ASSERT_EQ(zip_file_replace(archive, number, source, 0), 0);
  ASSERT_EQ(zip_set_file_compression(archive, number, ZIP_CM_STORE, 0), 0);
  ASSERT_EQ(zip_close(archive), 0);
}

// What StateDict says to a checkpoint whose pickle was changed.
std::string RefusalOfPickle(absl::string_view from, absl::string_view to) {
  const std::string path = ::testing::TempDir() + "/changed.pth";
  EXPECT_TRUE(WriteFile(path, *ReadFile(absl::StrCat(kRun, "/checkpoints/INTERMEDIATE/state_dict.pth"))).ok());
  ReplaceInPickle(path, from, to);
  const absl::Status status = StateDict::Read(path).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
  return std::string(status.message());
}

TEST(StateDictTest, TensorsBeyondTheirDataAreRefused) {
  EXPECT_THAT(RefusalOfPickle(absl::string_view("QK\0", 3), absl::string_view("QJ\0\0\0\x70", 6)),  // the offset
              HasSubstr("found sizes, strides or an offset beyond its data"));
  EXPECT_THAT(RefusalOfPickle("cpuq\x08K\x80", absl::string_view("cpuq\x08M\x81\0", 8)),  // elements of a storage
              HasSubstr("found data of 1024 bytes, expected 1032"));
}

TEST(StateDictTest, TensorsOfOneStorageDoNotMultiplyIt) {
  std::vector<std::pair<std::string, std::string>> tensors;
  for (int i = 0; i < 999; ++i) {
    tensors.emplace_back(absl::StrCat("w", i), PickledTensor("LongStorage", "0", 128, 0, {128}, {1}));
  }
  EXPECT_THAT(RefusalOfPickle("", PickleOfModel(tensors)),
              HasSubstr("found more tensors than data, expected at most 4"));
}

}  // namespace
}  // namespace tally
