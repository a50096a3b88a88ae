#include "lib/tasks/line_format.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"

namespace tally {
namespace {

constexpr DigitOrder kOrders[] = {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kOperandsReversed,
                                  DigitOrder::kPlain};

}  // namespace

absl::StatusOr<DigitOrder> ParseDigitOrder(absl::string_view text) {
  for (const DigitOrder order : kOrders) {
    if (DigitOrderName(order) == text) return order;
  }
  return UsageError(absl::StrCat("unknown digit order ", Quote(text), ", expected all, answer, operands or none",
                                 DidYouMean(text, {"all", "answer", "operands", "none"})));
}

absl::string_view DigitOrderName(DigitOrder order) {
  switch (order) {
    case DigitOrder::kAllReversed:
      return "all";
    case DigitOrder::kAnswerReversed:
      return "answer";
    case DigitOrder::kOperandsReversed:
      return "operands";
    case DigitOrder::kPlain:
      break;
  }
  return "none";
}

bool OperandsAreReversed(DigitOrder order) {
  return order == DigitOrder::kAllReversed || order == DigitOrder::kOperandsReversed;
}

bool AnswerIsReversed(DigitOrder order) {
  return order == DigitOrder::kAllReversed || order == DigitOrder::kAnswerReversed;
}

}  // namespace tally
