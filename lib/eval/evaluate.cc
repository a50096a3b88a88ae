#include "lib/eval/evaluate.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/arithmetic/sampler.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/random.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/eval/score.h"
#include "lib/results/cell.h"
#include "lib/results/summary.h"

namespace tally {
namespace {

// The number of problem i of cell (n, m): injective for lengths below 2^20 (ParseLengths sees to it) and i below 2^24.
uint64_t SampleNumber(int64_t n, int64_t m, int64_t i) {
  return static_cast<uint64_t>(n) << 44 | static_cast<uint64_t>(m) << 24 | static_cast<uint64_t>(i);
}

constexpr int64_t kMaxSamples = int64_t{1} << 24;

absl::Status Validate(const EvaluateOptions& options) {
  const auto within = [](const char* flag, double value, double min, double max) {
    if (value >= min && value <= max) return absl::OkStatus();
    return UsageError(absl::StrFormat("--%s=%.10g; expected %.10g..%.10g", flag, value, min, max));
  };
  TALLY_RETURN_IF_ERROR(within("samples", options.samples, 1, kMaxSamples));
  TALLY_RETURN_IF_ERROR(within("batch_tokens", options.batch_tokens, 1, 1e9));
  TALLY_RETURN_IF_ERROR(within("recurrences", options.recurrences, 0, 1e6));
  TALLY_RETURN_IF_ERROR(within("offset", options.offset, -1, 1e6));
  TALLY_RETURN_IF_ERROR(within("logit_factor", options.logit_factor, 1e-3, 1e3));
  TALLY_RETURN_IF_ERROR(within("threads", options.threads, 0, 4096));
  TALLY_RETURN_IF_ERROR(within("min_exact", options.min_exact, 0, 1));
  if (options.shard.count == 1 || options.problems.empty()) return absl::OkStatus();
  return UsageError("--shard cuts a grid; expected no --problems with it");
}

class Evaluator {
 public:
  explicit Evaluator(const EvaluateOptions& options) : options_(options) {}

  absl::Status Run() {
    TALLY_ASSIGN_OR_RETURN(loaded_, LoadModel(options_.model));
    run_ = {loaded_.model.get(), &loaded_.card.vocabulary, options_.recurrences,
            options_.seed,       options_.offset,          options_.logit_factor};
    TALLY_ASSIGN_OR_RETURN(out_, OutputStream::Open(options_.out));
    TALLY_RETURN_IF_ERROR(options_.problems.empty() ? Grid() : Files());
    TALLY_RETURN_IF_ERROR(out_->Commit());
    const std::string summary = Summary(cells_);
    std::fputs(summary.c_str(), stderr);
    return CheckMinimum();
  }

 private:
  absl::Status Grid() {
    const int64_t columns = options_.cols.size(), total = options_.rows.size() * columns;
    const int64_t begin = options_.shard.Begin(total), end = options_.shard.End(total);
    Progress progress("cells", end - begin);
    for (int64_t k = begin; k < end; ++k) {
      TALLY_RETURN_IF_ERROR(GridCell(options_.rows[k / columns], options_.cols[k % columns]));
      progress.Update(k - begin + 1);
    }
    return absl::OkStatus();
  }

  absl::Status GridCell(int64_t n, int64_t m) {
    SamplerOptions options;
    options.format = loaded_.card.format;
    options.first = {static_cast<int>(n), static_cast<int>(n)};
    options.second = {static_cast<int>(m), static_cast<int>(m)};
    TALLY_ASSIGN_OR_RETURN(Sampler sampler, Sampler::Create(options));
    // Where problems are counted a cell may have fewer than asked for; none comes twice.
    const bool counted = sampler.population() < std::numeric_limits<int64_t>::max();
    const Permutation order(counted ? sampler.population() : 1, options_.seed, RandomStream::kEvaluation,
                            SampleNumber(n, m, 0));
    std::vector<ScoreLine> lines(std::min(options_.samples, sampler.population()));
    for (size_t i = 0; i < lines.size(); ++i) {
      lines[i].sample = SampleNumber(n, m, static_cast<int64_t>(i));
      const uint64_t index = counted ? order(i) : lines[i].sample;
      TALLY_RETURN_IF_ERROR(sampler.Sample(options_.seed, RandomStream::kEvaluation, index, &lines[i].text));
    }
    Cell cell = EmptyCell();
    cell.first_digits = n;
    cell.second_digits = m;
    cell.operands = loaded_.card.format.task == Task::kSorting ? 0 : 2;
    return ScoreCell(std::move(lines), std::move(cell));
  }

  absl::Status Files() {
    for (const std::string& file : options_.problems) {
      TALLY_ASSIGN_OR_RETURN(std::vector<ScoreLine> lines, ReadProblems(file));
      Cell cell = EmptyCell();
      cell.problems = file;
      TALLY_RETURN_IF_ERROR(ScoreCell(std::move(lines), std::move(cell)));
    }
    return absl::OkStatus();
  }

  // The lines of `file`, each with its right answer, which is checked where the line has one.
  absl::StatusOr<std::vector<ScoreLine>> ReadProblems(const std::string& file) {
    TALLY_ASSIGN_OR_RETURN(const auto reader, LineReader::Open(file));
    const ProblemFormat& format = loaded_.card.format;
    std::string room;
    std::vector<ScoreLine> lines;
    absl::string_view line;
    while (true) {
      TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
      if (!more) break;
      const absl::StatusOr<ParsedProblem> problem = ParseProblem(line, format, &room);
      if (!problem.ok()) return reader->ErrorHere(problem.status().message());
      const std::string answer = ExpectedAnswer(*problem, format);
      if (!problem->answer.empty() && problem->answer != answer) {
        return reader->ErrorHere(absl::StrCat("found the answer ", problem->answer, ", expected ", answer));
      }
      lines.push_back({absl::StrCat(line.substr(0, line.find('=') + 1), answer), lines.size()});
    }
    if (lines.empty()) return BadInputError(absl::StrCat(file, ": found no line, expected problems"));
    return lines;
  }

  Cell EmptyCell() const {
    Cell cell;
    cell.task = std::string(TaskName(loaded_.card.format.task));
    cell.model = options_.model;
    cell.step = loaded_.card.step;
    cell.samples_max = options_.samples;
    cell.offset = options_.offset;
    cell.logit_factor = options_.logit_factor;
    cell.recurrences = options_.recurrences > 0 ? options_.recurrences : loaded_.card.config.recurrences();
    cell.seed = options_.seed;
    cell.trained_first_max = loaded_.card.trained_first.max;
    cell.trained_second_max = loaded_.card.trained_second.max;
    return cell;
  }

  // Scores the lines and writes the cell.
  absl::Status ScoreCell(std::vector<ScoreLine> lines, Cell cell) {
    cell.samples = lines.size();
    if (!cell.problems.empty()) cell.samples_max = cell.samples;
    ScoreOptions options;
    options.batch_tokens = options_.batch_tokens;
    options.threads = options_.threads;
    TALLY_ASSIGN_OR_RETURN(const std::vector<std::vector<Score>> scores, ScoreLines(run_, lines, options));
    for (const Score& score : scores[0]) {
      cell.exact += score.exact;
      cell.tokens += score.tokens;
      cell.tokens_right += score.tokens_right;
    }
    cells_.push_back(cell);
    TALLY_RETURN_IF_ERROR(out_->Write(CellToJson(cell) + "\n"));
    return options_.out == "-" ? out_->Flush() : absl::OkStatus();
  }

  absl::Status CheckMinimum() const {
    for (const Cell& cell : cells_) {
      if (cell.exact_fraction() >= options_.min_exact) continue;
      const std::string name =
          cell.problems.empty() ? absl::StrCat("cell ", cell.first_digits, " x ", cell.second_digits) : cell.problems;
      return CheckFailedError(absl::StrFormat("%s: %d of %d exact, expected a share of at least %g", name, cell.exact,
                                              cell.samples, options_.min_exact));
    }
    return absl::OkStatus();
  }

  const EvaluateOptions& options_;
  LoadedModel loaded_;
  ModelRun run_;
  std::unique_ptr<OutputStream> out_;
  std::vector<Cell> cells_;
};

}  // namespace

absl::Status Evaluate(const EvaluateOptions& options) {
  TALLY_RETURN_IF_ERROR(Validate(options));
  return Evaluator(options).Run();
}

}  // namespace tally
