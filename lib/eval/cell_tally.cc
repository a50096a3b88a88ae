#include "lib/eval/cell_tally.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/base/status_macros.h"
#include "lib/tasks/problem.h"

namespace tally {

CellTally::CellTally(std::vector<Cell> cells, CellProblems problems, const SamplePlan& plan,
                     const LoggedAnswers& logged, const ProblemCounts& counts)
    : cells_(std::move(cells)),
      problems_(std::move(problems)),
      plan_{std::min(plan.most, problems_.count()), plan.interval},
      logged_(logged),
      counts_(counts) {
  for (Cell& cell : cells_) {
    cell.first_exact = 0;
    if (counts_.training != nullptr) cell.in_training = 0;
  }
}

absl::Status CellTally::AppendLot(int64_t number, std::vector<ScoreLine>* lines) {
  const int64_t begin = drawn_;
  drawn_ = NextLook(plan_, drawn_);
  return problems_.AppendTo(begin, drawn_, number, lines);
}

absl::Status CellTally::Count(const ScoreLine& line, const std::vector<const Answer*>& answers) {
  std::vector<ProblemMeasure> measures;
  bool known = false;
  if (counts_.errors || counts_.training != nullptr) {
    std::string room;
    TALLY_ASSIGN_OR_RETURN(const ParsedProblem problem, ParseProblem(line.text, *counts_.format, &room));
    if (counts_.errors) measures = counts_.format->task->Measures(problem, *counts_.format);
    known = counts_.training != nullptr && counts_.training->Has(problem, *counts_.format);
  }
  for (size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    const Score& score = answers[i]->score;
    const int64_t sample = cell.samples++;
    cell.exact += score.exact;
    cell.first_exact += score.first_right;
    cell.tokens += score.tokens;
    cell.tokens_right += score.tokens_right;
    if (counts_.errors) cell.errors.Add(score, measures);
    if (counts_.training != nullptr) cell.in_training += known;
    Log(cell, sample, line, *answers[i]);
  }
  return absl::OkStatus();
}

void CellTally::Log(const Cell& cell, int64_t sample, const ScoreLine& line, const Answer& answer) {
  const bool as_wrong = logged_.wrong && !answer.score.exact, as_any = sample < logged_.first;
  if (!as_wrong && !as_any) return;
  const size_t prompt = PromptOfLine(line.text).size();
  LoggedAnswer logged = {
      sample, line.text.substr(0, prompt), line.text.substr(prompt), answer.got, answer.ended, answer.score.exact, {}};
  if (logged.exact) logged.got = logged.expected;
  if (as_wrong) log_lines_.wrong.push_back(WrongAnswerToJson(cell, logged));
  if (!as_any) return;
  const auto text = [&](int64_t id) { return id < 0 ? "" : std::string(logged_.vocabulary->TokenText(id)); };
  for (const AnswerToken& t : answer.tokens) {
    logged.tokens.push_back({text(t.right), text(t.predicted), t.log_predicted, t.log_right});
  }
  log_lines_.answers.push_back(AnswerToJson(cell, logged));
}

void CellTally::EndLot() {
  done_ = std::all_of(cells_.begin(), cells_.end(),
                      [&](const Cell& cell) { return IsEnough(plan_, cell.exact, cell.samples); });
}

}  // namespace tally
