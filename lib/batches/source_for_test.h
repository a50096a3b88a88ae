// A source of problems without a file, for tests. Torch-free.
#ifndef TALLY_LIB_BATCHES_SOURCE_FOR_TEST_H_
#define TALLY_LIB_BATCHES_SOURCE_FOR_TEST_H_

#include <string>
#include <vector>

#include "lib/batches/batch.h"

namespace tally {

// Gives the line 1+2=3, EOS behind it, again and again.
class SourceForTest : public BatchSource {
 public:
  SourceForTest() {
    facts_.longest_example = 6;
    facts_.examples = 1;
  }

  const DataFacts& facts() const override { return facts_; }
  DataFacts* mutable_facts() { return &facts_; }
  absl::StatusOr<Batch> Take(int64_t /*first*/, int64_t count) override {
    const std::vector<uint8_t> ids = {5, 14, 6, 17, 7, kEndId};
    Example example;
    example.ids = ids;
    example.answer_start = 4;
    return MakeBatch(std::vector<Example>(count, example), /*answer_only=*/true);
  }
  absl::StatusOr<std::string> Fingerprint(int64_t /*first*/) override { return fingerprint; }

  std::string fingerprint = "one problem";

 private:
  DataFacts facts_;
};

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_SOURCE_FOR_TEST_H_
