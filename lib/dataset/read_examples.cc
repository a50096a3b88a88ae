#include "lib/dataset/read_examples.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"
#include "lib/base/thread_pool.h"
#include "lib/tasks/problem.h"
#include "lib/tasks/sampling/tell_apart.h"

namespace tally {
namespace {

constexpr size_t kBlocksAThread = 4;
constexpr size_t kBlockBytes = 1 << 14, kMostLines = 1 << 9, kFirstLines = 16;

// Problems come through a pipe as a rule, from a program that wants cores too.
size_t UsefulThreads(int requested) { return requested > 0 ? requested : (ThreadCount(0) + 1) / 2; }

// Makes the problem in `line` an example, checked as far as options ask. Errors do not name the line.
absl::Status MakeExample(absl::string_view line, const ReadExamplesOptions& options, std::string* room,
                         TokenizedProblem* example) {
  TALLY_ASSIGN_OR_RETURN(const FoundProblem found, FindProblem(line, *options.formats, room));
  const ProblemFormat& format = (*options.formats)[found.format];
  if (found.problem.answer.empty()) {
    return BadInputError(absl::StrCat("byte ", line.size() + 1, ": found the end of the line, expected an answer"));
  }
  if (options.check_answers) TALLY_RETURN_IF_ERROR(CheckAnswer(found.problem, format));
  example->task = found.format;
  example->size = format.task->Size(found.problem);
  example->ids.clear();
  TALLY_RETURN_IF_ERROR(options.vocabulary->Encode(line, &example->ids));
  const auto equals = std::find(example->ids.begin(), example->ids.end(), options.vocabulary->equals_id());
  example->answer_start = equals - example->ids.begin() + 1;
  return absl::OkStatus();
}

// Some lines, and what becomes of them. Its memory is used again.
struct Block {
  std::string text;
  std::vector<size_t> ends;          // of the lines, in text
  std::vector<ProblemPlace> places;  // of the lines
  std::vector<TokenizedProblem> examples;
  size_t made = 0;      // examples
  absl::Status status;  // of the line or, of the last block, the reading after them

  void Clear() {
    text.clear();
    ends.clear();
    places.clear();
    made = 0;
    status = absl::OkStatus();
  }

  bool full(size_t lines) const { return ends.size() >= lines || text.size() >= kBlockBytes; }
};

struct Round {
  std::vector<Block> blocks;
  size_t used = 0;  // of these
};

class Pipeline {
 public:
  Pipeline(const ReadExamplesOptions& options, ProblemReader* in,
           absl::FunctionRef<absl::Status(const TokenizedProblem&)> add)
      : options_(options), in_(*in), add_(add), threads_(UsefulThreads(options.threads)), rooms_(threads_) {}

  absl::Status Run() {
    Round made, read, next;
    for (Round* round : {&made, &read, &next}) round->blocks.resize(kBlocksAThread * threads_);
    Read(&read);
    while (read.used > 0 || made.used > 0) {
      TALLY_RETURN_IF_ERROR(Work(made, &read, &next));
      std::swap(made, read);
      std::swap(read, next);
    }
    return absl::OkStatus();
  }

 private:
  // One round: gives `made` away, makes examples of `now`, and reads `next`.
  absl::Status Work(const Round& made, Round* now, Round* next) {
    absl::Status given;
    std::atomic<size_t> taken = 0;
    const size_t useful = std::clamp<size_t>(now->used, 1, threads_);
    RunConcurrently(static_cast<int>(useful), [&](int i) {
      if (i == 0) {
        given = Give(made);
        if (given.ok()) Read(next);
      }
      for (size_t b = taken++; b < now->used; b = taken++) MakeExamples(&rooms_[i], &now->blocks[b]);
    });
    return given;
  }

  absl::Status Give(const Round& round) {
    for (size_t b = 0; b < round.used; ++b) {
      const Block& block = round.blocks[b];
      for (size_t i = 0; i < block.made; ++i) TALLY_RETURN_IF_ERROR(add_(block.examples[i]));
      TALLY_RETURN_IF_ERROR(block.status);
      given_ += static_cast<int64_t>(block.made);
      progress_.Update(given_);
    }
    return absl::OkStatus();
  }

  // Reads as many blocks as there are, or fewer of long lines; none after the last line.
  void Read(Round* round) {
    size_t bytes = 0;
    round->used = 0;
    while (!ended_ && round->used < round->blocks.size() && bytes < round->blocks.size() * kBlockBytes) {
      Block& block = round->blocks[round->used++];
      ReadBlock(&block);
      bytes += block.text.size();
    }
    lines_ = std::min(8 * lines_, kMostLines);
  }

  void ReadBlock(Block* block) {
    block->Clear();
    absl::string_view line;
    while (!block->full(lines_)) {
      const absl::StatusOr<bool> more = in_.Next(&line);
      if (!more.ok() || !*more) {
        block->status = more.status();
        ended_ = true;
        return;
      }
      block->text.append(line.data(), line.size());
      block->ends.push_back(block->text.size());
      block->places.push_back(in_.place());
    }
  }

  void MakeExamples(std::string* room, Block* block) const {
    if (block->examples.size() < block->ends.size()) block->examples.resize(block->ends.size());
    size_t begin = 0;
    for (const size_t end : block->ends) {
      const absl::string_view line = absl::string_view(block->text).substr(begin, end - begin);
      const absl::Status status = MakeExample(line, options_, room, &block->examples[block->made]);
      if (!status.ok()) {
        block->status = in_.ErrorAt(block->places[block->made], status.message());
        return;
      }
      ++block->made;
      begin = end;
    }
  }

  const ReadExamplesOptions& options_;
  ProblemReader& in_;
  const absl::FunctionRef<absl::Status(const TokenizedProblem&)> add_;
  const size_t threads_;
  std::vector<std::string> rooms_;  // of each thread
  size_t lines_ = kFirstLines;      // of a block: few at first, so that a reader behind a pipe can begin
  bool ended_ = false;
  int64_t given_ = 0;
  Progress progress_ = Progress("problems");
};

}  // namespace

absl::Status ReadExamples(const ReadExamplesOptions& options, ProblemReader* in,
                          absl::FunctionRef<absl::Status(const TokenizedProblem&)> add) {
  return Pipeline(options, in, add).Run();
}

}  // namespace tally
