#include "lib/results/wrong_answer.h"

#include <nlohmann/json.hpp>

namespace tally {

std::string WrongAnswerToJson(const Cell& cell, const WrongAnswer& answer) {
  using Json = nlohmann::ordered_json;
  const Json json = {
      {"problems", cell.problems}, {"first_digits", cell.first_digits}, {"second_digits", cell.second_digits},
      {"operands", cell.operands}, {"recurrences", cell.recurrences},   {"sample", answer.sample},
      {"problem", answer.problem}, {"expected", answer.expected},       {"got", answer.got},
      {"ended", answer.ended}};
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace tally
