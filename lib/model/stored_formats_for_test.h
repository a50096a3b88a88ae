// What testdata/formats holds: configurations of one model as four commits stored them.
#ifndef TALLY_LIB_MODEL_STORED_FORMATS_FOR_TEST_H_
#define TALLY_LIB_MODEL_STORED_FORMATS_FOR_TEST_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// Expects that each goes on as it was trained; `stored` reads what a commit stored.
inline void ExpectFunctionOfEachFormat(absl::FunctionRef<AttentionConfig(const std::string& commit)> stored) {
  EXPECT_EQ(stored("d486943").far_key_bias_jitter(), 0);
  EXPECT_EQ(stored("d486943").log_power(), 1);
  EXPECT_EQ(stored("61b26e5").log_power(), 1);
  EXPECT_EQ(stored("667d848").far_key_bias_jitter(), 1.5);
  EXPECT_EQ(stored("667d848").log_power(), 0.5);
  EXPECT_EQ(stored("fb6cfad").far_key_bias_jitter(), 1.5);
  EXPECT_EQ(stored("fb6cfad").log_power(), 0.5);
}

}  // namespace tally

#endif  // TALLY_LIB_MODEL_STORED_FORMATS_FOR_TEST_H_
