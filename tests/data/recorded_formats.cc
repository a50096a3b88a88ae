#include "tests/data/recorded_formats.h"

namespace tally {

std::vector<std::pair<const char*, ProblemFormat>> RecordedFormats() {
  return {
      // task, digit order, interleaved, hints, spaces, prepended zeros
      {"add_bucket", {Task::kAddition, DigitOrder::kPlain, false, false, false, 0}},
      {"add_bucket_20_20_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_bucket_index_hints", {Task::kAddition, DigitOrder::kPlain, false, true, false, 0}},
      {"add_bucket_index_hints_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, true, false, 0}},
      {"add_bucket_no_carry", {Task::kAddition, DigitOrder::kPlain, false, false, false, 0}},
      {"add_bucket_no_carry_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_bucket_p05", {Task::kAddition, DigitOrder::kPlain, false, false, true, 0}},
      {"add_bucket_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_bucket_reverse_all_and_answer", {Task::kAddition, DigitOrder::kOperandsReversed, false, false, false, 0}},
      {"add_bucket_reverse_all_keep_0", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_bucket_reverse_all_p01", {Task::kAddition, DigitOrder::kAllReversed, false, false, true, 0}},
      {"add_bucket_reverse_answer", {Task::kAddition, DigitOrder::kAnswerReversed, false, false, false, 0}},
      {"add_plain", {Task::kAddition, DigitOrder::kPlain, false, false, false, 0}},
      {"add_plain_exact_100_100_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_plain_exact_20_20_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_plain_exact_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_plain_interleave", {Task::kAddition, DigitOrder::kPlain, true, false, false, 0}},
      {"add_plain_interleave_p02", {Task::kAddition, DigitOrder::kPlain, true, false, true, 0}},
      {"add_plain_interleave_unequal_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, true, false, false, 0}},
      {"add_plain_keep_places", {Task::kAddition, DigitOrder::kPlain, false, false, false, 0}},
      {"add_plain_keep_places_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 0}},
      {"add_plain_no_carry", {Task::kAddition, DigitOrder::kPlain, false, false, false, 0}},
      {"add_plain_p03_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, true, 0}},
      {"add_plain_prepend_zeros_2", {Task::kAddition, DigitOrder::kPlain, false, false, false, 2}},
      {"add_plain_prepend_zeros_3_reverse_all", {Task::kAddition, DigitOrder::kAllReversed, false, false, false, 3}},
      {"add_plain_reverse_answer", {Task::kAddition, DigitOrder::kAnswerReversed, false, false, false, 0}},
      {"mul_bucket", {Task::kMultiplication, DigitOrder::kPlain, false, false, false, 0}},
      {"mul_bucket_index_hints_reverse_all", {Task::kMultiplication, DigitOrder::kAllReversed, false, true, false, 0}},
      {"mul_bucket_reverse_all", {Task::kMultiplication, DigitOrder::kAllReversed, false, false, false, 0}},
      {"mul_plain", {Task::kMultiplication, DigitOrder::kPlain, false, false, false, 0}},
      {"mul_plain_exact_15_15_reverse_all", {Task::kMultiplication, DigitOrder::kAllReversed, false, false, false, 0}},
      {"mul_plain_exact_reverse_all", {Task::kMultiplication, DigitOrder::kAllReversed, false, false, false, 0}},
      {"mul_plain_prepend_zeros_1", {Task::kMultiplication, DigitOrder::kPlain, false, false, false, 1}},
      {"or_all", {Task::kBitwiseOr, DigitOrder::kPlain, false, false, false, 0}},
      {"or_exact", {Task::kBitwiseOr, DigitOrder::kPlain, false, false, false, 0}},
      {"or_exact_unequal", {Task::kBitwiseOr, DigitOrder::kPlain, false, false, false, 0}},
      {"or_p02", {Task::kBitwiseOr, DigitOrder::kPlain, false, false, true, 0}},
      {"or_uncut_first40", {Task::kBitwiseOr, DigitOrder::kPlain, false, false, false, 0}},
      {"sort_10_4_reverse_all", {Task::kSorting, DigitOrder::kAllReversed, false, false, false, 0}},
      {"sort_4_5", {Task::kSorting, DigitOrder::kPlain, false, false, false, 0}},
      {"sort_4_5_index_hints_reverse_all", {Task::kSorting, DigitOrder::kAllReversed, false, true, false, 0}},
      {"sort_5_4_reverse_all", {Task::kSorting, DigitOrder::kAllReversed, false, false, false, 0}},
      {"sub_bucket", {Task::kSubtraction, DigitOrder::kPlain, false, false, false, 0}},
      {"sub_bucket_reverse_all", {Task::kSubtraction, DigitOrder::kAllReversed, false, false, false, 0}},
      {"sub_bucket_reverse_answer_p01", {Task::kSubtraction, DigitOrder::kAnswerReversed, false, false, true, 0}},
      {"sub_plain", {Task::kSubtraction, DigitOrder::kPlain, false, false, false, 0}},
      {"sub_plain_keep_places_reverse_all", {Task::kSubtraction, DigitOrder::kAllReversed, false, false, false, 0}},
      {"sub_plain_prepend_zeros_2", {Task::kSubtraction, DigitOrder::kPlain, false, false, false, 2}},
  };
}

}  // namespace tally
