#include "lib/checkpoint/initial_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/checksums.h"
#include "lib/base/exit_code.h"
#include "lib/base/mapped_file.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/embedding.h"

namespace tally {
namespace {

// The ids of tokens by their text.
std::map<std::string, int64_t> IdsByText(const Vocabulary& vocabulary) {
  std::map<std::string, int64_t> ids;
  for (int64_t id = 0; id < vocabulary.size(); ++id) ids.emplace(vocabulary.TokenText(id), id);
  return ids;
}

// Copies rows of tokens that both have; their number.
int64_t CopyRows(const at::Tensor& from, const Vocabulary& from_vocabulary, const Vocabulary& vocabulary,
                 at::Tensor to) {
  const std::map<std::string, int64_t> ids = IdsByText(from_vocabulary);
  int64_t copied = 0;
  for (int64_t id = 0; id < vocabulary.size(); ++id) {
    const auto found = ids.find(std::string(vocabulary.TokenText(id)));
    if (found == ids.end()) continue;
    to[id].copy_(from[found->second]);
    ++copied;
  }
  return copied;
}

bool SameBeyondRows(const at::Tensor& a, const at::Tensor& b) { return a.sizes().slice(1) == b.sizes().slice(1); }

void AppendLines(const char* kind, const std::vector<std::string>& names, std::string* text) {
  for (const std::string& name : names) absl::StrAppend(text, kind, name, "\n");
}

std::string OrNone(const std::vector<std::string>& names) {
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

}  // namespace

std::string InitialWeights::Text() const {
  std::string text = absl::StrCat("file     ", file, "\nxxh3     ", hash, "\nstep     ", step, "\n");
  AppendLines("copied   ", copied, &text);
  AppendLines("by token ", by_token, &text);
  AppendLines("new      ", fresh, &text);
  AppendLines("left out ", left_out, &text);
  return text;
}

std::string InitialWeights::Summary() const {
  return absl::StrCat(file, " at step ", step, ": ", copied.size(), " parameters copied, ", by_token.size(),
                      " by token, new: ", OrNone(fresh), "; left out: ", OrNone(left_out));
}

absl::StatusOr<InitialWeights> InitialiseFrom(const std::string& path, const Vocabulary& vocabulary, Model* model) {
  TALLY_ASSIGN_OR_RETURN(const LoadedModel source, LoadModel(path));
  const Vocabulary& source_vocabulary = source.card.data.vocabulary;
  const bool same_tokens = source_vocabulary.ToJson() == vocabulary.ToJson();
  InitialWeights weights;
  weights.step = source.card.step;
  weights.file = source.weights_file;
  TALLY_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(weights.file));
  weights.hash = HexHash(file->data());
  const at::NoGradGuard no_grad;
  for (const Parameter& parameter : model->parameters().entries()) {
    const Parameter* const found = source.model->parameters().Find(parameter.name);
    at::Tensor to = parameter.tensor;
    const bool rows = HasRowForEachToken(parameter.name) && !same_tokens;
    if (found != nullptr && rows && SameBeyondRows(found->tensor, to)) {
      const int64_t copied = CopyRows(found->tensor, source_vocabulary, vocabulary, to);
      weights.by_token.push_back(absl::StrCat(parameter.name, ", ", copied, " of ", vocabulary.size(), " tokens"));
    } else if (found != nullptr && !rows && found->tensor.sizes() == to.sizes()) {
      to.copy_(found->tensor);
      weights.copied.push_back(parameter.name);
    } else {
      weights.fresh.push_back(parameter.name);
      if (found != nullptr) weights.left_out.push_back(parameter.name);
    }
  }
  for (const Parameter& parameter : source.model->parameters().entries()) {
    if (model->parameters().Find(parameter.name) == nullptr) weights.left_out.push_back(parameter.name);
  }
  if (!weights.copied.empty() || !weights.by_token.empty()) return weights;
  return UsageError(absl::StrCat(path, ": no parameter has the name and shape of one of this model; found ",
                                 OrNone(weights.left_out)));
}

}  // namespace tally
