#include "lib/checkpoint/saved_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/base/exit_code.h"
#include "lib/checkpoint/pickle_for_test.h"

namespace tally {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Refusal(const std::string& pickle) {
  const absl::Status status = ReadSavedTensors(pickle, "file").status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
  return std::string(status.message());
}

std::string RefusalOf(const std::string& tensor) { return Refusal(PickleOfModel({{"w", tensor}})); }

TEST(SavedTensorTest, SaysWhereTensorsLie) {
  const auto tensors = *ReadSavedTensors(PickleOfModel({{"w", PickledTensor("FloatStorage", "0", 9, 2, {2, 3}, {3, 1})},
                                                        {"ids", PickledTensor("LongStorage", "7", 1, 0, {}, {})}}),
                                         "file");
  ASSERT_THAT(tensors, SizeIs(2));
  const SavedTensor &w = tensors.at("w"), &ids = tensors.at("ids");
  EXPECT_EQ(w.dtype, DType::kF32);
  EXPECT_EQ(w.storage, "0");
  EXPECT_EQ(w.storage_elements, 9);
  EXPECT_EQ(w.offset, 2);
  EXPECT_THAT(w.shape, ElementsAre(2, 3));
  EXPECT_THAT(w.strides, ElementsAre(3, 1));
  EXPECT_EQ(w.elements(), 6);
  EXPECT_EQ(ids.dtype, DType::kI64);
  EXPECT_EQ(ids.storage, "7");
  EXPECT_EQ(ids.elements(), 1);
}

TEST(SavedTensorTest, RefusesElementsBeyondTheData) {
  const std::string beyond = "file: tensor w: found sizes, strides or an offset beyond its data, expected them within";
  EXPECT_EQ(RefusalOf(PickledTensor("FloatStorage", "0", 6, 1, {2, 3}, {3, 1})), beyond);
  EXPECT_EQ(RefusalOf(PickledTensor("FloatStorage", "0", 6, 0, {2, 3}, {4, 1})), beyond);
  EXPECT_EQ(RefusalOf(PickledTensor("FloatStorage", "0", 1, 0, {1000}, {0})), beyond);
  EXPECT_EQ(RefusalOf(PickledTensor("FloatStorage", "0", 1, 0, std::vector<uint32_t>(5, 1 << 30),
                                    std::vector<uint32_t>(5, 0))),
            beyond);
  EXPECT_TRUE(
      ReadSavedTensors(PickleOfModel({{"w", PickledTensor("FloatStorage", "0", 0, 0, {0, 9}, {9, 1})}}), "file").ok());
}

TEST(SavedTensorTest, RefusesWhatIsNoTensor) {
  EXPECT_THAT(Refusal(PickleOf("N")), HasSubstr("expected a dictionary with model_state"));
  EXPECT_THAT(Refusal(PickleOf(PickledDict({{"model_state", "]"}}))), HasSubstr("expected a dictionary with"));
  EXPECT_THAT(RefusalOf("N"), HasSubstr("file: tensor w: found no tensor"));
  EXPECT_THAT(RefusalOf("ctorch._utils\n_rebuild_tensor_v2\n)R"), HasSubstr("found no tensor"));
  EXPECT_THAT(RefusalOf(PickledTensor("FloatStorage", "0", 6, 0, {6}, {})), HasSubstr("found no tensor"));
  EXPECT_THAT(RefusalOf(PickledTensor("FloatStorage", "0", 6, 0xffffffff, {6}, {1})), HasSubstr("found no tensor"));
  EXPECT_THAT(RefusalOf(PickledTensor("FloatStorage", "0", 6, 0, {0xffffffff}, {1})), HasSubstr("found no tensor"));
  EXPECT_THAT(RefusalOf(PickledTensor("FloatStorage", "0", 0xffffffff, 0, {1}, {1})), HasSubstr("found no storage"));
  EXPECT_THAT(RefusalOf(PickledTensor("HalfStorage", "0", 6, 0, {6}, {1})),
              HasSubstr("found a storage of type torch\\nHalfStorage, expected torch.FloatStorage or"));
  const std::string tensor = PickledTensor("FloatStorage", "0", 6, 0, {6}, {1});
  EXPECT_THAT(Refusal(PickleOfModel({{"w", tensor}, {"w", tensor}})), HasSubstr("tensor w: expected a name, once"));
}

TEST(SavedTensorTest, RowMajorFollowsTheStrides) {
  std::string storage;
  for (uint32_t i = 0; i < 7; ++i) storage += LittleEndian(i);
  const auto at = [](std::initializer_list<uint32_t> places) {
    std::string bytes;
    for (const uint32_t place : places) bytes += LittleEndian(place);
    return bytes;
  };
  EXPECT_EQ(RowMajor({DType::kF32, "0", 7, 1, {2, 3}, {1, 2}}, storage), at({1, 3, 5, 2, 4, 6}));  // transposed
  EXPECT_EQ(RowMajor({DType::kF32, "0", 7, 1, {2, 3}, {3, 1}}, storage), at({1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(RowMajor({DType::kF32, "0", 7, 6, {}, {}}, storage), at({6}));
  EXPECT_EQ(RowMajor({DType::kF32, "0", 7, 0, {2, 0}, {1, 1}}, storage), "");
}

}  // namespace
}  // namespace tally
