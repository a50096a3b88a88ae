// The position schemes by their names in configurations: what the rest of the program asks of each. Torch-free.
//
// A scheme is one file that ends with its registration, and a value of PositionConfig.Table or
// AttentionConfig.Position:
//
//   const RegisterTable kRegistered({.table = PositionConfig::LEARNED, .make = Make});
#ifndef TALLY_LIB_MODEL_POSITIONS_REGISTRY_H_
#define TALLY_LIB_MODEL_POSITIONS_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/model/model_config.pb.h"

namespace at {
class Tensor;
}  // namespace at

namespace tally {

class Initialiser;
class LogitBias;
class Parameters;
class PositionTable;

// Vectors that are added to word embeddings.
struct TableScheme {
  PositionConfig::Table table = PositionConfig::NO_TABLE;

  // The table, whose vectors have `width` features; null: there is none.
  std::unique_ptr<PositionTable> (*make)(int64_t width, const ModelConfig& config, const Initialiser& initialiser,
                                         Parameters* parameters) = nullptr;

  // UsageError where other fields do not go with the scheme; null: all do.
  absl::Status (*check)(const ModelConfig& config) = nullptr;

  // What is drawn for it (draws.h): an offset of the ids of digits, in training; rising numbers of rows, always.
  bool draws_offset = false;
  bool draws_rows = false;
};

// What tells attention how far apart two tokens are.
struct AttentionScheme {
  AttentionConfig::Position position = AttentionConfig::NO_POSITION;

  // A term of the logits; null: there is none. `name`: "block.layers.0.attention".
  std::unique_ptr<LogitBias> (*make_bias)(const std::string& name, const ModelConfig& config,
                                          const Initialiser& initialiser, Parameters* parameters) = nullptr;

  // By what queries and keys of `size` features at positions [seq] float32 are turned, [seq, size / 2] in radians
  // (lib/kernels/rotary/turn.h); null: they stay as they are.
  at::Tensor (*angles)(const at::Tensor& positions, int64_t size) = nullptr;

  // As that of TableScheme.
  absl::Status (*check)(const ModelConfig& config) = nullptr;

  // Whether rising positions are drawn for it in training (AttentionConfig.random_positions).
  bool draws_positions = false;

  bool ReadsPositions() const { return make_bias != nullptr || angles != nullptr; }
};

// Registers a scheme for the life of the program; objects at namespace scope. Not thread-safe.
class RegisterTable {
 public:
  explicit RegisterTable(const TableScheme& scheme);
};
class RegisterAttention {
 public:
  explicit RegisterAttention(const AttentionScheme& scheme);
};

// The scheme of a configuration that CheckPositions accepts. Thread-safe.
const TableScheme& TableOf(const ModelConfig& config);
const AttentionScheme& AttentionOf(const ModelConfig& config);

// UsageError where a scheme is not in this program, or other fields do not go with it.
absl::Status CheckPositions(const ModelConfig& config);

// UsageError "model.MESSAGE" where `refused`, for checks of schemes.
absl::Status RefuseModelIf(bool refused, absl::string_view message);

// For tests: while it exists, `scheme` replaces the one registered under its name.
class ScopedTable {
 public:
  explicit ScopedTable(const TableScheme& scheme);
  ~ScopedTable();

 private:
  const TableScheme before_;
};
class ScopedAttention {
 public:
  explicit ScopedAttention(const AttentionScheme& scheme);
  ~ScopedAttention();

 private:
  const AttentionScheme before_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_REGISTRY_H_
