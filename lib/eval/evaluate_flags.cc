#include "lib/eval/evaluate_flags.h"

#include <cstdint>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/shard.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/eval/evaluate.h"
#include "lib/results/merge.h"
#include "lib/results/summary.h"

static const tally::EvaluateOptions kDefault;

ABSL_FLAG(std::string, model, "", "run, checkpoint, or a checkpoint folder of the reference");
ABSL_FLAG(std::string, out, kDefault.out,
          "cells as JSON lines; - is standard output; a file is whole or absent, and a stopped job goes on");
ABSL_FLAG(std::string, log_samples, "", "file for every wrong answer, one JSON line each");
ABSL_FLAG(int64_t, samples, kDefault.samples.most, "problems a cell; with --interval the most of them");
ABSL_FLAG(double, interval, 0, "stop a cell once the half-width of its 95 % interval is so small; 0: never");
ABSL_FLAG(uint64_t, seed, kDefault.seed, "seed of problems, random initial states and drawn answers");
ABSL_FLAG(std::string, shard, "0/1", "this part of the grid's cells, i/n; auto: from a Slurm job array");
ABSL_FLAG(std::string, recurrences, "0", "passes through the block, one line for each of 8 or 1..16; 0: as trained");
ABSL_FLAG(std::string, decoding, kDefault.decoding,
          "teacher_forced: one pass scores all tokens; generate, generate_without_cache: token by token");
ABSL_FLAG(double, temperature, 0, "draw tokens from softmax(logits / temperature); 0: the likeliest");
ABSL_FLAG(int64_t, top_k, 0, "draw among this many likeliest tokens; 0: all");
ABSL_FLAG(int64_t, batch_tokens, kDefault.batch_tokens, "most tokens a forward pass");
ABSL_FLAG(int64_t, offset, kDefault.offset, "offset of a position table of digits; -1: model.positions.test_offset");
ABSL_FLAG(double, logit_factor, kDefault.logit_factor, "factor on all attention logits");
ABSL_FLAG(std::string, device, kDefault.device,
          "cpu, cuda, or auto: cuda where this build has it and a device is there");
ABSL_FLAG(std::string, precision, kDefault.precision, "F32, BF16, or on CUDA devices TF32 or FP16");
ABSL_FLAG(int32_t, threads, kDefault.threads, "forward passes at a time; 0: one a core");
ABSL_FLAG(double, min_exact, 0, "exit with 1 where a cell has a lower share of exact answers");

namespace tally {
namespace {

absl::Status PrintSummaryOf(const std::vector<std::string>& files, const std::string& out) {
  if (files.empty()) return UsageError("found no file, expected results");
  std::vector<Cell> cells;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::vector<Cell> more, ReadCells(file));
    cells.insert(cells.end(), more.begin(), more.end());
  }
  TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(out));
  TALLY_RETURN_IF_ERROR(stream->Write(absl::StrCat(Summary(cells), SamplesUsed(cells), "\n")));
  return stream->Commit();
}

absl::Status RunWord(const std::string& word, const std::vector<std::string>& files, const std::string& out) {
  if (word == "merge") return MergeCells(files, out);
  if (word == "summary") return PrintSummaryOf(files, out);
  return UsageError(absl::StrCat("found the word ", word, ", expected merge, summary, or none",
                                 DidYouMean(word, {"merge", "summary"})));
}

// Adds what the shared flags say.
absl::Status ReadFlags(EvaluateOptions* options) {
  TALLY_ASSIGN_OR_RETURN(options->shard, ParseShard(absl::GetFlag(FLAGS_shard)));
  TALLY_ASSIGN_OR_RETURN(const std::vector<int64_t> counts, ParseRecurrences(absl::GetFlag(FLAGS_recurrences)));
  if (!counts.empty()) options->grid.recurrences = counts;
  options->model = absl::GetFlag(FLAGS_model);
  options->out = absl::GetFlag(FLAGS_out);
  options->log_samples = absl::GetFlag(FLAGS_log_samples);
  options->samples = {absl::GetFlag(FLAGS_samples), absl::GetFlag(FLAGS_interval)};
  options->seed = absl::GetFlag(FLAGS_seed);
  options->decoding = absl::GetFlag(FLAGS_decoding);
  options->temperature = absl::GetFlag(FLAGS_temperature);
  options->top_k = absl::GetFlag(FLAGS_top_k);
  options->batch_tokens = absl::GetFlag(FLAGS_batch_tokens);
  options->offset = absl::GetFlag(FLAGS_offset);
  options->logit_factor = absl::GetFlag(FLAGS_logit_factor);
  options->device = absl::GetFlag(FLAGS_device);
  options->precision = absl::GetFlag(FLAGS_precision);
  options->threads = absl::GetFlag(FLAGS_threads);
  options->min_exact = absl::GetFlag(FLAGS_min_exact);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Grid> ResolveGridFlags(const GridFlags& flags, const std::string& usual) {
  if (!flags.grid.empty()) {
    if (flags.rows.empty() && flags.cols.empty() && flags.operands.empty()) return ParseGrid(flags.grid);
    return UsageError("--grid says which cells; expected no lengths or operands with it");
  }
  if (!flags.operands.empty() && !flags.cols.empty()) {
    return UsageError("--operands: all numbers have the length of the row; expected no --cols with it");
  }
  Grid grid;
  TALLY_ASSIGN_OR_RETURN(grid.rows, ParseLengths(flags.rows.empty() ? usual : flags.rows));
  if (flags.operands.empty()) {
    TALLY_ASSIGN_OR_RETURN(grid.cols, ParseLengths(flags.cols.empty() ? usual : flags.cols));
  } else {
    TALLY_ASSIGN_OR_RETURN(grid.operands, ParseLengths(flags.operands));
  }
  return grid;
}

absl::StatusOr<std::vector<int64_t>> ParseRecurrences(const std::string& text) {
  if (text == "0") return std::vector<int64_t>{};
  const absl::StatusOr<std::vector<int64_t>> counts = ParseLengths(text);
  if (counts.ok()) return counts;
  return UsageError(absl::StrCat("--recurrences=", text, "; expected a count or several, such as 8 or 1..16, or 0"));
}

std::vector<FlagGroup> EvaluationFlagGroups(const std::vector<std::string>& problem_flags) {
  FlagGroup problems = {"Problems", problem_flags};
  problems.flags.insert(problems.flags.end(), {"samples", "interval", "seed", "shard"});
  return {{"Input and output", {"model", "out", "log_samples"}},
          problems,
          {"Answers", {"decoding", "temperature", "top_k", "recurrences", "offset", "logit_factor", "min_exact"}},
          {"Speed", {"batch_tokens", "device", "precision", "threads"}}};
}

absl::Status RunEvaluationTool(const std::vector<std::string>& words, EvaluateOptions options) {
  if (!words.empty()) return RunWord(words[0], {words.begin() + 1, words.end()}, absl::GetFlag(FLAGS_out));
  TALLY_RETURN_IF_ERROR(ReadFlags(&options));
  return Evaluate(options);
}

}  // namespace tally
