// Which rules an optimizer consists of.
#ifndef TALLY_LIB_OPTIM_RULES_REGISTRY_H_
#define TALLY_LIB_OPTIM_RULES_REGISTRY_H_

#include <memory>
#include <vector>

#include "lib/optim/optimizer_config.pb.h"
#include "lib/optim/rules/update_rule.h"

namespace tally {

// Makes a rule; the configuration must outlive it.
using MakeRule = std::unique_ptr<UpdateRule> (*)(const OptimizerConfig& config);

// The rules of config.kind(): the first that fits a parameter moves it, and the last fits all.
std::vector<std::unique_ptr<UpdateRule>> RulesFor(const OptimizerConfig& config);

// While one exists, optimizers of `kind` consist of `rule`, and of AdamW for what it does not fit: a rule of a test's
// own needs no kind. Not thread-safe.
class RuleForTest {
 public:
  RuleForTest(OptimizerConfig::Kind kind, MakeRule rule);
  ~RuleForTest();
  RuleForTest(const RuleForTest&) = delete;
  RuleForTest& operator=(const RuleForTest&) = delete;
};

}  // namespace tally

#endif  // TALLY_LIB_OPTIM_RULES_REGISTRY_H_
