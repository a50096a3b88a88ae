#include "lib/eval/run_for_test.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/models_for_test.h"

namespace tally {

std::string MakeRunForTest(const std::string& name, const ProblemFormat& format) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/", name);
  ModelCard card;
  card.config = Recipe();
  card.format = format;
  card.vocabulary = *Vocabulary::ByName(format.task->VocabularyName(format));
  card.config.set_vocabulary_size(card.vocabulary.size());
  card.trained_first = card.trained_second = {1, 3};
  card.step = 12;
  EXPECT_TRUE(SaveCheckpoint(run, card, *Shaken(card.config, 1), {}, {}).ok());
  return run;
}

}  // namespace tally
