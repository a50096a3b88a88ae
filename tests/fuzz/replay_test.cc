// A target without libFuzzer: its seeds, and seeded changes of them, in a fraction of a second. Runs in every test run,
// under sanitizers too. TALLY_FUZZ_ROUNDS=N makes N changes in place of 2,000.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/random.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/rounds.h"

// Of the sanitizers, where there are any.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace tally::fuzz {
namespace {

constexpr int64_t kRounds = 2000;
constexpr size_t kLongestInput = 1 << 14;

std::string* const current = new std::string;  // the input that is being read

void PrintInput() {
  const std::string text = absl::StrCat("the input was \"", absl::CHexEscape(*current), "\"\n");
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

void OnSignal(int number) {
  PrintInput();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

// Sanitizers print what they have found first, and take signals for themselves.
void TellInputOnDeath() {
  if (__sanitizer_set_death_callback != nullptr) return __sanitizer_set_death_callback(PrintInput);
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) std::signal(number, OnSignal);
}

// Numbers on which readers stumble, as bytes of a file or digits of a text.
std::string OddNumber(Random* random) {
  constexpr uint64_t kOdd[] = {0, 1, 127, 128, 255, 256, 32767, 65535, 65536, INT32_MAX, UINT32_MAX, INT64_MAX};
  const uint64_t value = kOdd[random->Below(std::size(kOdd))] + random->Below(3) - 1;
  if (random->Below(2) == 0) return absl::StrCat(value);
  return std::string(reinterpret_cast<const char*>(&value), size_t{1} << random->Below(4));
}

// Some bytes to put in: a word, an odd number, a part of a seed, or one byte.
std::string Piece(const std::vector<std::string>& seeds, const std::vector<std::string>& words, Random* random) {
  switch (random->Below(words.empty() ? 3 : 4)) {
    case 0:
      return std::string(1, static_cast<char>(random->Below(256)));
    case 1:
      return OddNumber(random);
    case 2: {
      const std::string& seed = seeds[random->Below(seeds.size())];
      const size_t begin = random->Below(seed.size() + 1);
      return seed.substr(begin, random->Below(seed.size() - begin + 1));
    }
    default:
      return words[random->Below(words.size())];
  }
}

// `input` with one change: a bit, a part that is left out or doubled, or a piece put over or between its bytes.
void Change(const std::vector<std::string>& seeds, const std::vector<std::string>& words, Random* random,
            std::string* input) {
  const size_t at = random->Below(input->size() + 1), left = input->size() - at;
  const size_t some = random->Below(std::min<size_t>(left, 16) + 1);
  switch (random->Below(5)) {
    case 0:
      if (left > 0) (*input)[at] = static_cast<char>((*input)[at] ^ (1 << random->Below(8)));
      break;
    case 1:
      input->erase(at, random->Below(4) == 0 ? left : some);
      break;
    case 2:
      input->insert(at, input->substr(at, some));
      break;
    case 3:
      input->insert(at, Piece(seeds, words, random));
      break;
    default: {
      const std::string piece = Piece(seeds, words, random);
      input->replace(at, std::min(left, piece.size()), piece);
    }
  }
  input->resize(std::min(input->size(), kLongestInput));
}

TEST(ReplayTest, SeedsKeepTheLaws) {
  TellInputOnDeath();
  const std::vector<std::string> seeds = Seeds();
  EXPECT_FALSE(seeds.empty());
  for (const std::string& seed : seeds) {
    *current = seed;
    CheckLaws(*current);
    EXPECT_LE(seed.size(), kLongestInput);
  }
  *current = "";
  CheckLaws("");
}

TEST(ReplayTest, ChangedSeedsKeepTheLaws) {
  TellInputOnDeath();
  const std::vector<std::string> seeds = Seeds(), words = Words();
  const int64_t rounds = RoundsOr(kRounds);
  for (int64_t round = 0; round < rounds; ++round) {
    Random random(1, RandomStream::kTest, round);
    *current = seeds[random.Below(seeds.size())];
    for (uint64_t changes = 1 + random.Below(4); changes > 0; --changes) Change(seeds, words, &random, current);
    // A copy of its own size, so that a sanitizer sees a read behind its end.
    const std::vector<char> bytes(current->begin(), current->end());
    CheckLaws(absl::string_view(bytes.data(), bytes.size()));
  }
}

}  // namespace
}  // namespace tally::fuzz
