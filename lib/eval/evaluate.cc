#include "lib/eval/evaluate.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/same_file.h"
#include "lib/base/process.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/dataset/dataset_problems.h"
#include "lib/eval/answer_lines.h"
#include "lib/eval/cell_problems.h"
#include "lib/eval/cell_tally.h"
#include "lib/eval/for_each.h"
#include "lib/eval/given_problems.h"
#include "lib/eval/shard_cells.h"
#include "lib/model/model.h"
#include "lib/model/torch_runtime.h"
#include "lib/results/cell_writer.h"
#include "lib/results/settings.h"
#include "lib/results/summary.h"

namespace tally {
namespace {

// Cells are scored together up to this many full batches for each thread, so that threads have work while few problems
// make a cell. Results do not depend on it; a stop signal waits for so much work.
constexpr int64_t kBatchesAtOnce = 4;

class Evaluator {
 public:
  explicit Evaluator(const EvaluateOptions& options)
      : options_(options), flags_(options.flags), inference_(options.flags.inference()) {}

  absl::Status Run() {
    TALLY_ASSIGN_OR_RETURN(loaded_, LoadModel(inference_.model(), inference_.accept_edits()));
    TALLY_RETURN_IF_ERROR(PlaceModel(inference_.device(), inference_.precision(), loaded_.model.get()));
    batch_tokens_ = flags_.batch_tokens() > 0 ? flags_.batch_tokens() : UsualBatchTokens();
    TALLY_RETURN_IF_ERROR(ChooseTasks());
    run_ = {loaded_.model.get(), &loaded_.card.data.vocabulary, 0,
            flags_.seed(),       inference_.offset(),           inference_.logit_factor()};
    TALLY_RETURN_IF_ERROR(CheckOffset(run_));
    const std::vector<int64_t>& counts = options_.grid.recurrences;
    if (counts.size() == 1) run_.recurrences = counts[0];
    TALLY_RETURN_IF_ERROR(ListCells());
    if (!flags_.overlap_with().empty()) {
      TALLY_ASSIGN_OR_RETURN(training_,
                             KnownProblems::Read(absl::StrSplit(flags_.overlap_with(), ',', absl::SkipEmpty())));
    }
    TALLY_RETURN_IF_ERROR(CheckOutputs());
    TALLY_ASSIGN_OR_RETURN(writer_,
                           CellWriter::Open(flags_.out(), {flags_.log_samples(), flags_.log_answers()}, JobSettings()));
    TALLY_RETURN_IF_ERROR(ScoreCells());
    TALLY_RETURN_IF_ERROR(writer_->Commit());
    PrintSummary();
    return CheckMinimum();
  }

 private:
  // A task that is evaluated.
  struct EvaluatedTask {
    TaskFacts facts;
    Grid grid;  // of the options, as the task can have it
  };

  // A cell of a task, of its grid or of given problems.
  struct Item {
    const EvaluatedTask* task;
    GridCell grid;
    std::string problems;  // what the given ones are called; "" for the grid's
    std::optional<CellProblems> given;
    int64_t number = 0;  // of given ones among all of the evaluation, from 0
  };

  absl::Status CheckOutputs() const {
    const std::vector<std::string> inputs(flags_.problems().begin(), flags_.problems().end());
    TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--out", flags_.out(), inputs));
    TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--log_samples", flags_.log_samples(), inputs));
    return CheckReplacesNoInput("--log_answers", flags_.log_answers(), inputs);
  }

  int64_t UsualBatchTokens() const {
    const at::Device device = loaded_.model->device();
    return device.is_cpu() ? kBatchTokensOfCpus : BatchTokensOfDevice(loaded_.model->config(), MemoryOf(device));
  }

  const std::vector<TaskFacts>& ModelTasks() const { return loaded_.card.data.tasks; }

  // Those of the model that were asked for, in the model's order.
  absl::Status ChooseTasks() {
    for (const Task* const task : options_.tasks) {
      const auto has = [&](const TaskFacts& facts) { return facts.format.task == task; };
      if (std::any_of(ModelTasks().begin(), ModelTasks().end(), has)) continue;
      return BadInputError(absl::StrCat(inference_.model(), ": found a model of ", NamesOf(ModelTasks()),
                                        ", expected one of ", task->name()));
    }
    for (const TaskFacts& facts : ModelTasks()) {
      const bool chosen =
          std::find(options_.tasks.begin(), options_.tasks.end(), facts.format.task) != options_.tasks.end();
      if (options_.tasks.empty() || chosen) tasks_.push_back({facts, GridFor(*facts.format.task, options_.grid)});
    }
    return absl::OkStatus();
  }

  // The grid that was asked for. Where all operands of a task have one length, that of the row, it has no columns.
  static Grid GridFor(const Task& task, Grid grid) {
    if (task.grid().one_length && !grid.cols.empty()) {
      grid.cols.clear();
      grid.operands = {task.grid().operands};
    }
    return grid;
  }

  // Lists the cells of this shard and makes the problems of each once, so that what cannot be is refused at the start.
  // A shard has its part of each task's grid.
  absl::Status ListCells() {
    if (HasGiven()) return ListGiven();
    for (const EvaluatedTask& task : tasks_) {
      const ProblemFormat& format = task.facts.format;
      for (const GridCell& cell : CellsOfShard(CellsOf(task.grid), format, options_.shard)) {
        TALLY_RETURN_IF_ERROR(CellProblems::ForGrid(format, cell, flags_.seed()).status());
        items_.push_back({&task, cell, "", std::nullopt, 0});
      }
    }
    return absl::OkStatus();
  }

  bool HasGiven() const { return flags_.problems_size() > 0; }
  std::string GivenWords() const { return absl::StrJoin(flags_.problems(), ","); }

  absl::Status ListGiven() {
    std::vector<ProblemFormat> formats;
    for (const EvaluatedTask& task : tasks_) formats.push_back(task.facts.format);
    GivenProblems given;
    given.words.assign(flags_.problems().begin(), flags_.problems().end());
    given.split = flags_.split();
    given.add_index_hints = flags_.add_index_hints();
    TALLY_ASSIGN_OR_RETURN(given.by, ParseCellsBy(flags_.cells_by()));
    TALLY_ASSIGN_OR_RETURN(GivenCells read, ReadGivenProblems(given, formats, loaded_.card.data.vocabulary));
    given_cells_ = static_cast<int64_t>(read.cells.size());
    given_hash_ = read.hash;
    std::vector<double> costs;
    for (const GivenCell& cell : read.cells) costs.push_back(cell.cost);
    const std::string all = GivenWords();
    for (const size_t i : NumbersOfShard(costs, options_.shard)) {
      GivenCell& cell = read.cells[i];
      const std::string& name = given.by == CellsBy::kFile ? cell.file : all;
      items_.push_back({&tasks_[cell.format], cell.lengths, name, std::move(cell.problems), static_cast<int64_t>(i)});
    }
    return absl::OkStatus();
  }

  // What the cells of a task record as their grid.
  std::string GridOf(const EvaluatedTask& task) const {
    if (!HasGiven()) return GridText(task.grid);
    return flags_.cells_by() == "file" ? "" : absl::StrCat("cells_by=", flags_.cells_by());
  }

  std::string TaskNames() const {
    return absl::StrJoin(tasks_, ",", [](std::string* out, const EvaluatedTask& task) {
      absl::StrAppend(out, task.facts.format.task->name());
    });
  }

  // What all cells of a task record.
  Cell CommonCell(const EvaluatedTask& task) const {
    Cell cell;
    cell.task = std::string(task.facts.format.task->name());
    if (ModelTasks().size() > 1) cell.tasks = TaskNames();
    cell.grid = GridOf(task);
    cell.problems_hash = given_hash_;
    cell.split = flags_.split();
    cell.add_index_hints = flags_.add_index_hints();
    cell.overlap_with = flags_.overlap_with();
    cell.samples_max = flags_.samples();
    cell.interval = flags_.interval();
    cell.decoding = flags_.decoding();
    cell.temperature = inference_.temperature();
    cell.top_k = inference_.top_k();
    cell.model = inference_.model();
    cell.step = loaded_.card.step;
    cell.recurrences = run_.recurrences > 0 ? run_.recurrences : loaded_.card.config.recurrences();
    cell.offset = inference_.offset();
    cell.logit_factor = inference_.logit_factor();
    cell.precision = absl::AsciiStrToUpper(inference_.precision());
    cell.accept_edits = inference_.accept_edits();
    cell.seed = flags_.seed();
    cell.trained_first_max = task.facts.first_operand.max;
    cell.trained_second_max = task.facts.second_operand.max;
    return cell;
  }

  Settings JobSettings() const {
    Settings settings = SettingsOf(CommonCell(tasks_[0]));
    for (size_t t = 1; t < tasks_.size(); ++t) {
      settings.emplace_back(absl::StrCat("grid of ", tasks_[t].facts.format.task->name()), GridOf(tasks_[t]));
    }
    settings.emplace_back("problems", absl::StrJoin(flags_.problems(), " "));
    settings.emplace_back("recurrences", LengthsText(options_.grid.recurrences));
    // Rounding differs between batches and devices.
    settings.emplace_back("batch_tokens", absl::StrCat(batch_tokens_));
    settings.emplace_back("device", loaded_.model->device().str());
    settings.emplace_back("shard", absl::StrCat(options_.shard.index, "/", options_.shard.count));
    settings.emplace_back("log_samples", flags_.log_samples().empty() ? "no" : "yes");
    settings.emplace_back("log_answers", absl::StrCat(Logged().first));
    if (flags_.errors()) settings.emplace_back("errors", "yes");
    if (training_.has_value()) settings.emplace_back("overlap_hashes", training_->Hashes());
    return settings;
  }

  LoggedAnswers Logged() const {
    LoggedAnswers logged;
    logged.wrong = !flags_.log_samples().empty();
    const int64_t most = flags_.answers_a_cell() > 0 ? flags_.answers_a_cell() : kMaxSamples;
    logged.first = flags_.log_answers().empty() ? 0 : most;
    logged.vocabulary = run_.vocabulary;
    return logged;
  }

  // The cell of `item` that is written, for each recurrence count.
  std::vector<Cell> CellsOfItem(const Item& item, int64_t problems) const {
    const std::vector<int64_t>& counts = options_.grid.recurrences;
    const auto lines = static_cast<int64_t>(std::max<size_t>(1, counts.size()));
    Cell cell = CommonCell(*item.task);
    cell.problems = item.problems;
    if (const std::string given = GivenWords(); !cell.has_lengths() && given != cell.problems) cell.given = given;
    if (HasGiven()) cell.samples_max = problems;
    if (HasGiven()) cell.lines = given_cells_ * lines;
    cell.first_digits = item.grid.first;
    cell.second_digits = item.grid.second;
    cell.operands = item.task->facts.format.task->grid().operands == 0 ? 0 : item.grid.operands;
    std::vector<Cell> cells(lines, cell);
    for (int64_t i = 0; i < lines; ++i) {
      if (!counts.empty()) cells[i].recurrences = counts[i];
      if (HasGiven()) cells[i].line = item.number * lines + i + 1;
    }
    return cells;
  }

  absl::StatusOr<CellTally> TallyOf(Item& item) const {
    TALLY_ASSIGN_OR_RETURN(CellProblems problems, ProblemsOf(item));
    std::vector<Cell> cells = CellsOfItem(item, problems.count());
    SamplePlan plan = PlanOf(flags_);
    if (HasGiven()) plan.most = problems.count();
    return CellTally(std::move(cells), std::move(problems), plan, Logged(),
                     {&item.task->facts.format, flags_.errors(), training_.has_value() ? &*training_ : nullptr});
  }

  // Given ones are given away.
  absl::StatusOr<CellProblems> ProblemsOf(Item& item) const {
    if (item.given.has_value()) return *std::move(item.given);
    return CellProblems::ForGrid(item.task->facts.format, item.grid, flags_.seed());
  }

  absl::Status ScoreCells() {
    const auto total = static_cast<int64_t>(items_.size());
    if (writer_->groups() > 0) LogLine(absl::StrCat("keeping ", writer_->groups(), " of ", total, " cells"));
    Progress progress("cells", total);
    for (int64_t begin = writer_->groups(); begin < total; begin = writer_->groups()) {
      if (StopRequested()) return Stopped(begin, total);
      TALLY_RETURN_IF_ERROR(ScoreSome(begin, EndOfSome(begin)));
      progress.Update(writer_->groups());
    }
    return absl::OkStatus();
  }

  absl::Status Stopped(int64_t done, int64_t total) const {
    return StoppedError(absl::StrCat("stopped after ", done, " of ", total, " cells",
                                     writer_->keeps() ? ", saved; the same command continues" : ""));
  }

  // The end of the cells from `begin` on that are scored together.
  int64_t EndOfSome(int64_t begin) const {
    const double most = static_cast<double>(kBatchesAtOnce * batch_tokens_) * ThreadCount(flags_.threads());
    double tokens = 0;
    auto end = begin;
    do {
      const Item& item = items_[end];
      if (HasGiven() && item.grid.first == 0) return end + 1;  // a file of problems of any lengths
      const int64_t samples = item.given.has_value() ? item.given->count() : flags_.samples();
      tokens += static_cast<double>(LineTokens(item.task->facts.format, item.grid) * samples);
    } while (++end < static_cast<int64_t>(items_.size()) && tokens < most);
    return end;
  }

  // Scores cells begin, ..., end - 1, lot by lot, and writes them.
  absl::Status ScoreSome(int64_t begin, int64_t end) {
    std::vector<std::optional<CellTally>> made(end - begin);
    TALLY_RETURN_IF_ERROR(ForEach(end - begin, flags_.threads(), [&](int64_t i) -> absl::Status {
      TALLY_ASSIGN_OR_RETURN(CellTally tally, TallyOf(items_[begin + i]));
      made[i].emplace(std::move(tally));
      return absl::OkStatus();
    }));
    std::vector<CellTally> tallies;
    for (std::optional<CellTally>& tally : made) tallies.push_back(*std::move(tally));
    while (std::any_of(tallies.begin(), tallies.end(), [](const CellTally& t) { return !t.done(); })) {
      const absl::Status status = ScoreLots(tallies);
      if (!status.ok()) return absl::Status(status.code(), absl::StrCat(NameOf(tallies), ": ", status.message()));
    }
    for (const CellTally& tally : tallies) TALLY_RETURN_IF_ERROR(writer_->Add(tally.cells(), tally.log_lines()));
    return absl::OkStatus();
  }

  static std::string NameOf(const std::vector<CellTally>& tallies) {
    const std::string first = CellName(tallies.front().cells()[0]), last = CellName(tallies.back().cells()[0]);
    return first == last ? first : absl::StrCat("cells ", first, " to ", last);
  }

  // Answers the next lot of each cell that is not done.
  absl::Status ScoreLots(std::vector<CellTally>& tallies) {
    const auto cells = static_cast<int64_t>(tallies.size());
    std::vector<std::vector<ScoreLine>> lots(cells);
    TALLY_RETURN_IF_ERROR(ForEach(cells, flags_.threads(), [&](int64_t i) {
      return tallies[i].done() ? absl::OkStatus() : tallies[i].AppendLot(i, &lots[i]);
    }));
    std::vector<ScoreLine> lines;
    std::vector<size_t> first;  // line of each cell
    for (std::vector<ScoreLine>& lot : lots) {
      first.push_back(lines.size());
      std::move(lot.begin(), lot.end(), std::back_inserter(lines));
    }
    TALLY_ASSIGN_OR_RETURN(const std::vector<std::vector<Answer>> answers,
                           AnswerLines(run_, lines, RequestedAnswers()));
    return ForEach(cells, flags_.threads(), [&](int64_t i) -> absl::Status {
      for (size_t k = first[i]; k < first[i] + lots[i].size(); ++k) {
        std::vector<const Answer*> of_line;
        for (const std::vector<Answer>& of_count : answers) of_line.push_back(&of_count[k]);
        TALLY_RETURN_IF_ERROR(tallies[i].Count(lines[k], of_line));
      }
      tallies[i].EndLot();
      return absl::OkStatus();
    });
  }

  AnswerOptions RequestedAnswers() const {
    AnswerOptions wanted;
    wanted.decoding = flags_.decoding();
    wanted.temperature = inference_.temperature();
    wanted.top_k = inference_.top_k();
    wanted.batch_tokens = batch_tokens_;
    wanted.threads = flags_.threads();
    if (options_.grid.recurrences.size() > 1) wanted.recurrences = options_.grid.recurrences;
    wanted.keep_wrong = !flags_.log_samples().empty() || !flags_.log_answers().empty();
    wanted.keep_tokens = !flags_.log_answers().empty();
    wanted.keep_right = flags_.errors();
    return wanted;
  }

  void PrintSummary() const {
    const std::string summary = absl::StrCat(Summary(writer_->cells()), SamplesUsed(writer_->cells()), "\n");
    std::fputs(summary.c_str(), stderr);
  }

  absl::Status CheckMinimum() const {
    for (const Cell& cell : writer_->cells()) {
      if (cell.exact_fraction() >= flags_.min_exact()) continue;
      return CheckFailedError(absl::StrFormat("%s%s: %d of %d exact, expected a share of at least %g",
                                              cell.has_lengths() ? "cell " : "", CellName(cell), cell.exact,
                                              cell.samples, flags_.min_exact()));
    }
    return absl::OkStatus();
  }

  const EvaluateOptions& options_;
  const EvaluationFlags& flags_;
  const InferenceFlags& inference_;
  LoadedModel loaded_;
  ModelRun run_;
  int64_t batch_tokens_ = 0;  // most of a forward pass
  std::vector<EvaluatedTask> tasks_;
  std::vector<Item> items_;                // of this shard, in order
  int64_t given_cells_ = 0;                // of given problems, in all shards
  std::string given_hash_;                 // of them; "" where none are given
  std::optional<KnownProblems> training_;  // of --overlap_with
  std::unique_ptr<CellWriter> writer_;
};

}  // namespace

absl::Status Evaluate(const EvaluateOptions& options) {
  TALLY_RETURN_IF_ERROR(ValidateEvaluateOptions(options));
  CatchStopSignals();
  KeepFreedMemory();
  return Evaluator(options).Run();
}

}  // namespace tally
