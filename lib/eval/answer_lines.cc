#include "lib/eval/answer_lines.h"

#include <algorithm>
#include <atomic>

#include "absl/strings/string_view.h"
#include "lib/base/status_macros.h"
#include "lib/eval/generate.h"
#include "lib/model/threads.h"

namespace tally {
namespace {

constexpr int64_t kMoreTokens = 2;  // than a right answer and EOS

// The model's own answer to `line`, judged.
absl::StatusOr<Answer> Generate(const ModelRun& run, const ScoreLine& line, const AnswerOptions& options) {
  const size_t prompt = line.text.find('=') + 1;
  std::vector<uint8_t> expected;
  TALLY_RETURN_IF_ERROR(run.vocabulary->Encode(absl::string_view(line.text).substr(prompt), &expected));
  expected.push_back(kEndId);
  GenerateOptions generate;
  generate.max_tokens = static_cast<int64_t>(expected.size()) + kMoreTokens;
  generate.cache = options.decoding != kGenerateWithoutCache;
  generate.temperature = options.temperature;
  generate.top_k = options.top_k;
  TALLY_ASSIGN_OR_RETURN(Generated generated, GenerateAnswer(run, line.text.substr(0, prompt), line.sample, generate));
  Answer answer;
  answer.got = run.vocabulary->Decode(generated.ids.data(), static_cast<int64_t>(generated.ids.size()));
  answer.ended = generated.ended;
  if (generated.ended) generated.ids.push_back(kEndId);
  Score& score = answer.score;
  score.tokens = static_cast<int64_t>(expected.size());
  for (size_t i = 0; i < std::min(expected.size(), generated.ids.size()); ++i) {
    score.tokens_right += generated.ids[i] == expected[i];
  }
  score.first_right = !generated.ids.empty() && generated.ids[0] == expected[0];
  score.exact = score.tokens_right == score.tokens && generated.ids.size() == expected.size();
  return answer;
}

// The model's own answers to some `lines`; those to others are empty.
absl::StatusOr<std::vector<Answer>> GenerateAll(const ModelRun& run, const std::vector<const ScoreLine*>& lines,
                                                const AnswerOptions& options) {
  std::vector<absl::StatusOr<Answer>> results(lines.size(), Answer{});
  std::atomic<size_t> next = 0;
  RunInThreads(std::min<int>(ThreadCount(options.threads), std::max<int>(1, lines.size())), [&](int) {
    for (size_t i = next++; i < lines.size(); i = next++) results[i] = Generate(run, *lines[i], options);
  });
  std::vector<Answer> answers;
  for (absl::StatusOr<Answer>& result : results) {
    TALLY_RETURN_IF_ERROR(result.status());
    answers.push_back(*std::move(result));
  }
  return answers;
}

ModelRun WithRecurrences(ModelRun run, int64_t recurrences) {
  run.recurrences = recurrences;
  return run;
}

// Fills `got` and `ended` of the wrong answers.
absl::Status FillWrong(const ModelRun& run, const std::vector<ScoreLine>& lines, AnswerOptions options,
                       std::vector<Answer>* answers) {
  std::vector<const ScoreLine*> wrong;
  for (size_t k = 0; k < lines.size(); ++k) {
    if (!(*answers)[k].score.exact) wrong.push_back(&lines[k]);
  }
  options.decoding = kGenerate;
  options.temperature = 0;
  TALLY_ASSIGN_OR_RETURN(std::vector<Answer> generated, GenerateAll(run, wrong, options));
  auto next = generated.begin();
  for (Answer& answer : *answers) {
    if (answer.score.exact) continue;
    answer.got = std::move(next->got);
    answer.ended = next->ended;
    ++next;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::vector<Answer>>> TeacherForced(const ModelRun& run, const std::vector<ScoreLine>& lines,
                                                               const AnswerOptions& options,
                                                               const std::vector<ModelRun>& runs) {
  ScoreOptions score;
  score.batch_tokens = options.batch_tokens;
  score.threads = options.threads;
  score.passes = options.recurrences;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::vector<Score>> scores, ScoreLines(run, lines, score));
  std::vector<std::vector<Answer>> answers(scores.size(), std::vector<Answer>(lines.size()));
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t k = 0; k < lines.size(); ++k) answers[i][k].score = scores[i][k];
    if (options.keep_wrong) TALLY_RETURN_IF_ERROR(FillWrong(runs[i], lines, options, &answers[i]));
  }
  return answers;
}

}  // namespace

absl::StatusOr<std::vector<std::vector<Answer>>> AnswerLines(const ModelRun& run, const std::vector<ScoreLine>& lines,
                                                             const AnswerOptions& options) {
  std::vector<ModelRun> runs;  // one for each count
  for (const int64_t count : options.recurrences) runs.push_back(WithRecurrences(run, count));
  if (runs.empty()) runs.push_back(run);
  if (options.decoding == kTeacherForced) return TeacherForced(run, lines, options, runs);
  std::vector<const ScoreLine*> all;
  for (const ScoreLine& line : lines) all.push_back(&line);
  std::vector<std::vector<Answer>> answers;
  for (const ModelRun& each : runs) {
    TALLY_ASSIGN_OR_RETURN(answers.emplace_back(), GenerateAll(each, all, options));
  }
  return answers;
}

}  // namespace tally
