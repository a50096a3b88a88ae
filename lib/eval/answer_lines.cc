#include "lib/eval/answer_lines.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/string_view.h"
#include "lib/base/status_macros.h"
#include "lib/eval/for_each.h"
#include "lib/eval/generate.h"
#include "lib/tasks/problem.h"

namespace tally {
namespace {

// A line whose answer is to be generated.
struct Question {
  const ScoreLine* line = nullptr;
  size_t number = 0;   // among the lines given
  std::string prompt;  // up to and with `=`
  size_t prompt_tokens = 0;
  std::vector<int64_t> expected;  // the right answer and EOS

  int64_t most_tokens() const { return static_cast<int64_t>(expected.size()) + kMoreTokens; }
};

absl::StatusOr<Question> MakeQuestion(const ModelRun& run, const ScoreLine& line, size_t number) {
  Question question = {&line, number, std::string(PromptOfLine(line.text)), 0, {}};
  TALLY_ASSIGN_OR_RETURN(const std::vector<uint8_t> prompt, EncodeLine(run, question.prompt));
  question.prompt_tokens = prompt.size();
  const absl::string_view answer = absl::string_view(line.text).substr(question.prompt.size());
  std::vector<uint8_t> ids;
  TALLY_RETURN_IF_ERROR(run.vocabulary->Encode(answer, &ids));
  question.expected.assign(ids.begin(), ids.end());
  question.expected.push_back(kEndId);
  return question;
}

// Questions that can be answered together: of one cell, with prompts of equal numbers of tokens, at most this many that
// lines fill options.batch_tokens. Which they are depends on the lines of the cell alone.
std::vector<std::vector<Question>> CutIntoBatches(std::vector<Question> questions, int64_t batch_tokens) {
  const auto key = [](const Question& q) { return std::pair(q.line->cell, q.prompt_tokens); };
  std::stable_sort(questions.begin(), questions.end(),
                   [&](const Question& a, const Question& b) { return key(a) < key(b); });
  std::vector<std::vector<Question>> batches;
  for (Question& question : questions) {
    const auto tokens = static_cast<int64_t>(question.prompt_tokens) + question.most_tokens();
    const bool fits = !batches.empty() && key(batches.back()[0]) == key(question) &&
                      static_cast<int64_t>(batches.back().size() + 1) * tokens <= batch_tokens;
    if (!fits) batches.emplace_back();
    batches.back().push_back(std::move(question));
  }
  return batches;
}

// Judges what was generated; what goes beyond the tokens that the question allows is not looked at, so that an answer
// does not depend on the others of its batch.
Answer Judge(const ModelRun& run, const Question& question, Generated generated, const AnswerOptions& options) {
  std::vector<int64_t>& ids = generated.ids;
  if (generated.ended) ids.push_back(kEndId);
  if (static_cast<int64_t>(ids.size()) > question.most_tokens()) ids.resize(question.most_tokens());
  Answer answer;
  answer.ended = !ids.empty() && ids.back() == kEndId;
  answer.got = run.vocabulary->Decode(ids.data(), static_cast<int64_t>(ids.size()));  // EOS is left out
  answer.score = ScoreAnswer(question.expected, ids, options.keep_right);
  for (size_t t = 0; options.keep_tokens && t < std::max(ids.size(), question.expected.size()); ++t) {
    AnswerToken& token = answer.tokens.emplace_back();
    if (t < question.expected.size()) token.right = question.expected[t];
    if (t >= ids.size()) continue;
    token.predicted = ids[t];
    token.log_predicted = std::log(generated.probabilities[t]);
  }
  return answer;
}

// Generates and judges the answers to a batch, into their places among `answers`.
absl::Status AnswerBatch(const ModelRun& run, const std::vector<Question>& batch, const AnswerOptions& options,
                         std::vector<Answer>* answers) {
  GenerateOptions generate;
  generate.cache = options.decoding != kGenerateWithoutCache;
  generate.temperature = options.temperature;
  generate.top_k = options.top_k;
  std::vector<std::string> prompts;
  std::vector<uint64_t> samples;
  for (const Question& question : batch) {
    prompts.push_back(question.prompt);
    samples.push_back(question.line->sample);
    generate.max_tokens = std::max(generate.max_tokens, question.most_tokens());
  }
  TALLY_ASSIGN_OR_RETURN(std::vector<Generated> generated, GenerateAnswers(run, prompts, samples, generate));
  for (size_t i = 0; i < batch.size(); ++i) {
    (*answers)[batch[i].number] = Judge(run, batch[i], std::move(generated[i]), options);
  }
  return absl::OkStatus();
}

// The model's own answers to `lines`.
absl::StatusOr<std::vector<Answer>> GenerateAll(const ModelRun& run, const std::vector<const ScoreLine*>& lines,
                                                const AnswerOptions& options) {
  std::vector<Question> questions;
  for (const ScoreLine* line : lines) {
    TALLY_ASSIGN_OR_RETURN(Question question, MakeQuestion(run, *line, questions.size()));
    questions.push_back(std::move(question));
  }
  const std::vector<std::vector<Question>> batches = CutIntoBatches(std::move(questions), options.batch_tokens);
  std::vector<Answer> answers(lines.size());
  TALLY_RETURN_IF_ERROR(ForEach(static_cast<int64_t>(batches.size()), options.threads,
                                [&](int64_t i) { return AnswerBatch(run, batches[i], options, &answers); }));
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
  options.keep_tokens = false;
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
  score.recurrences = options.recurrences;
  score.keep_right = options.keep_right;
  std::vector<std::vector<std::vector<TokenScore>>> tokens;
  TALLY_ASSIGN_OR_RETURN(const std::vector<std::vector<Score>> scores,
                         ScoreLines(run, lines, score, options.keep_tokens ? &tokens : nullptr));
  std::vector<std::vector<Answer>> answers(scores.size(), std::vector<Answer>(lines.size()));
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t k = 0; k < lines.size(); ++k) {
      answers[i][k].score = scores[i][k];
      if (!options.keep_tokens) continue;
      for (const TokenScore& t : tokens[i][k]) {
        answers[i][k].tokens.push_back({t.right, t.predicted, t.log_predicted, t.log_right});
      }
    }
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
