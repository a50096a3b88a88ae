// The keys and values of one sample and head in the order in which attention reads them. Torch-free.
#ifndef TALLY_LIB_KERNELS_ATTENTION_ATTENTION_KEYS_H_
#define TALLY_LIB_KERNELS_ATTENTION_ATTENTION_KEYS_H_

#include <cstdint>
#include <vector>

namespace tally {

// Written by KeyReader (attention_keys-inl.h). A vector of `lanes` tokens and a row of `width` features are what the
// machine's instructions hold, so that contents cannot move to another machine.
struct AttentionKeys {
  // The smallest and largest ids of a tile of keys.
  struct Range {
    int32_t first_min, first_max, second_min, second_max;
  };

  std::vector<float> columns;          // of keys, [vectors, size, lanes]
  std::vector<float> values;           // [tokens, width]; zeros up to the end of the last block of queries
  std::vector<int32_t> first, second;  // [tokens] ids
  std::vector<Range> ranges;           // [tiles]
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_ATTENTION_ATTENTION_KEYS_H_
