#include "lib/model/positions/registry.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// Functions, so that they are there before the first registration.
std::map<PositionConfig::Table, TableScheme>& Tables() {
  static auto* const tables = new std::map<PositionConfig::Table, TableScheme>{{PositionConfig::NO_TABLE, {}}};
  return *tables;
}

std::map<AttentionConfig::Position, AttentionScheme>& Attentions() {
  static auto* const attentions =
      new std::map<AttentionConfig::Position, AttentionScheme>{{AttentionConfig::NO_POSITION, {}}};
  return *attentions;
}

// `field` names the scheme.
template <typename Schemes, typename Name>
absl::Status Check(const Schemes& schemes, Name name, absl::string_view field, const std::string& text,
                   const ModelConfig& config) {
  const auto found = schemes.find(name);
  if (found == schemes.end())
    return RefuseModelIf(true, absl::StrCat(field, " is ", text, "; this program has no such scheme"));
  return found->second.check == nullptr ? absl::OkStatus() : found->second.check(config);
}

}  // namespace

RegisterTable::RegisterTable(const TableScheme& scheme) { Tables()[scheme.table] = scheme; }

RegisterAttention::RegisterAttention(const AttentionScheme& scheme) { Attentions()[scheme.position] = scheme; }

const TableScheme& TableOf(const ModelConfig& config) { return Tables().at(config.positions().table()); }

const AttentionScheme& AttentionOf(const ModelConfig& config) { return Attentions().at(config.attention().position()); }

absl::Status CheckPositions(const ModelConfig& config) {
  const PositionConfig::Table table = config.positions().table();
  TALLY_RETURN_IF_ERROR(Check(Tables(), table, "positions.table", PositionConfig::Table_Name(table), config));
  const AttentionConfig::Position position = config.attention().position();
  return Check(Attentions(), position, "attention.position", AttentionConfig::Position_Name(position), config);
}

absl::Status RefuseModelIf(bool refused, absl::string_view message) {
  return refused ? UsageError(absl::StrCat("model.", message)) : absl::OkStatus();
}

ScopedTable::ScopedTable(const TableScheme& scheme) : before_(Tables().at(scheme.table)) {
  Tables()[scheme.table] = scheme;
}
ScopedTable::~ScopedTable() { Tables()[before_.table] = before_; }

ScopedAttention::ScopedAttention(const AttentionScheme& scheme) : before_(Attentions().at(scheme.position)) {
  Attentions()[scheme.position] = scheme;
}
ScopedAttention::~ScopedAttention() { Attentions()[before_.position] = before_; }

}  // namespace tally
