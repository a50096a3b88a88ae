#include "lib/tasks/problem_format.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/tasks/working.h"

namespace tally {
namespace {

constexpr DigitOrder kOrders[] = {DigitOrder::kAllReversed, DigitOrder::kAnswerReversed, DigitOrder::kOperandsReversed,
                                  DigitOrder::kPlain};
constexpr int kMostZeros = 1'000'000;

absl::Status Refuse(bool refused, const char* message) { return refused ? UsageError(message) : absl::OkStatus(); }

// What goes with the working.
absl::Status ValidateWorking(const ProblemFormat& format) {
  if (!format.working) return absl::OkStatus();
  TALLY_RETURN_IF_ERROR(Refuse(!HasWorking(format.task), "working: only sums and products have one"));
  TALLY_RETURN_IF_ERROR(Refuse(format.order != DigitOrder::kAllReversed,
                               "working is written least significant digit first; expected --reverse=all"));
  const bool more = format.interleave || format.index_hints || format.spaces || format.prepended_zeros > 0;
  return Refuse(more, "working excludes interleaving, index hints, random spaces and prepended zeros");
}

}  // namespace

absl::StatusOr<DigitOrder> ParseDigitOrder(absl::string_view text) {
  for (const DigitOrder order : kOrders) {
    if (DigitOrderName(order) == text) return order;
  }
  return UsageError(absl::StrCat("unknown digit order \"", absl::CHexEscape(text),
                                 "\", expected all, answer, operands or none",
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

absl::Status ValidateProblemFormat(const ProblemFormat& format) {
  const bool arithmetic = IsArithmetic(format.task);
  TALLY_RETURN_IF_ERROR(Refuse(format.interleave && !arithmetic, "interleaving needs operands that are numbers"));
  TALLY_RETURN_IF_ERROR(
      Refuse(format.prepended_zeros > 0 && !arithmetic, "prepended zeros need operands that are numbers"));
  TALLY_RETURN_IF_ERROR(Refuse(format.prepended_zeros < 0 || format.prepended_zeros > kMostZeros,
                               "prepended zeros: expected 0..1000000"));
  TALLY_RETURN_IF_ERROR(Refuse(format.index_hints && format.task == Task::kBitwiseOr, "bitwise OR has no index hints"));
  TALLY_RETURN_IF_ERROR(Refuse(format.index_hints && format.interleave, "index hints exclude interleaving"));
  TALLY_RETURN_IF_ERROR(Refuse(format.index_hints && format.spaces, "index hints exclude random spaces"));
  TALLY_RETURN_IF_ERROR(Refuse(format.task == Task::kSorting && format.spaces, "sorting has no random spaces"));
  return ValidateWorking(format);
}

std::string LayoutText(const ProblemFormat& format) {
  std::vector<std::string> parts;
  if (format.interleave) parts.push_back("interleave");
  if (format.index_hints) parts.push_back("index_hints");
  if (format.spaces) parts.push_back("spaces");
  if (format.prepended_zeros > 0) parts.push_back(absl::StrCat("prepended_zeros=", format.prepended_zeros));
  if (format.working) parts.push_back("working");
  return absl::StrJoin(parts, ",");
}

absl::Status ParseLayout(absl::string_view text, ProblemFormat* format) {
  for (absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const absl::string_view whole = part;
    if (part == "interleave") {
      format->interleave = true;
    } else if (part == "index_hints") {
      format->index_hints = true;
    } else if (part == "spaces") {
      format->spaces = true;
    } else if (part == "working") {
      format->working = true;
    } else if (!absl::ConsumePrefix(&part, "prepended_zeros=") || !absl::SimpleAtoi(part, &format->prepended_zeros)) {
      return BadInputError(absl::StrCat("found \"", absl::CHexEscape(whole),
                                        "\", expected interleave, index_hints, spaces, working or prepended_zeros=N"));
    }
  }
  return absl::OkStatus();
}

}  // namespace tally
