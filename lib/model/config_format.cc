#include "lib/model/config_format.h"

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

void UpgradeFrom0(ModelConfig* config) {
  AttentionConfig* const attention = config->mutable_attention();
  if (!attention->has_logit_jitter()) attention->set_logit_jitter(0);
  if (!attention->has_far_key_bias_jitter()) attention->set_far_key_bias_jitter(0);
  if (!attention->has_log_power()) attention->set_log_power(1);
}

}  // namespace

absl::Status UpgradeModelConfig(absl::string_view source, ModelConfig* config) {
  const int newest = ModelConfig::default_instance().format();
  const int format = config->has_format() ? config->format() : 0;
  if (format < 0 || format > newest) {
    return BadInputError(absl::StrCat(source, ": found a model configuration of format ", format, ", expected at most ",
                                      newest, ": a newer tally wrote it"));
  }
  if (format < 1) UpgradeFrom0(config);
  config->set_format(newest);
  return absl::OkStatus();
}

}  // namespace tally
