#include <algorithm>
#include <iterator>
#include <optional>

#include "lib/optim/rules/update_rule.h"

namespace tally {

// The rules, a line each: kind, the function of its file that makes it, and the one that makes the rule for the
// parameters that do not fit it.
#define TALLY_UPDATE_RULES(RULE)                        \
  RULE(MUON, MakeMuon, MakeAdamW)                       \
  RULE(ADAMW, MakeAdamW, MakeAdamW)                     \
  RULE(ADAM, MakeAdam, MakeAdamW)                       \
  RULE(RADAM, MakeRAdam, MakeAdamW)                     \
  RULE(ADAMW_SCALE, MakeAdamWScale, MakeAdamW)          \
  RULE(SGD, MakeSgd, MakeAdamW)                         \
  RULE(LION, MakeLion, MakeAdamW)                       \
  RULE(ADAFACTOR, MakeFactoredAdafactor, MakeAdafactor) \
  RULE(SOPHIA, MakeSophia, MakeAdamW)                   \
  RULE(ADAHESSIAN, MakeAdaHessian, MakeAdamW)           \
  RULE(SHAMPOO, MakeShampoo, MakeAdamW)                 \
  RULE(AGD, MakeAgd, MakeAdamW)

#define TALLY_DECLARE_RULE(kind, make, make_rest)           \
  std::unique_ptr<UpdateRule> make(const OptimizerConfig&); \
  std::unique_ptr<UpdateRule> make_rest(const OptimizerConfig&);
TALLY_UPDATE_RULES(TALLY_DECLARE_RULE)
#undef TALLY_DECLARE_RULE

namespace {

struct RegisteredRule {
  OptimizerConfig::Kind kind;
  MakeRule make, make_rest;
};

#define TALLY_LIST_RULE(kind, make, make_rest) {OptimizerConfig::kind, make, make_rest},
constexpr RegisteredRule kRules[] = {TALLY_UPDATE_RULES(TALLY_LIST_RULE)};
#undef TALLY_LIST_RULE
static_assert(std::size(kRules) == OptimizerConfig::Kind_ARRAYSIZE, "a kind of optimizer has no rule, or has two");

std::optional<RegisteredRule>& OfTest() {
  static std::optional<RegisteredRule> rule;
  return rule;
}

RegisteredRule Find(OptimizerConfig::Kind kind) {
  if (OfTest().has_value() && OfTest()->kind == kind) return *OfTest();
  return *std::find_if(std::begin(kRules), std::end(kRules), [kind](const auto& rule) { return rule.kind == kind; });
}

}  // namespace

std::vector<std::unique_ptr<UpdateRule>> RulesFor(const OptimizerConfig& config) {
  const RegisteredRule found = Find(config.kind());
  std::vector<std::unique_ptr<UpdateRule>> rules;
  rules.push_back(found.make(config));
  rules.push_back(found.make_rest(config));
  return rules;
}

RuleForTest::RuleForTest(OptimizerConfig::Kind kind, MakeRule rule) { OfTest() = {kind, rule, MakeAdamW}; }

RuleForTest::~RuleForTest() { OfTest().reset(); }

}  // namespace tally
