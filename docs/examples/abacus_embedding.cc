// docs/abacus.md, in C++.
#include <torch/torch.h>

#include <iostream>

#include "abacus.h"

int main() {
  const torch::Tensor ids = torch::tensor({{5, 6, 14, 7, 8, 9, 17}});  // 12+345= where digits have the ids 4 to 13
  torch::nn::Embedding words(/*tokens=*/19, /*width=*/64);
  abacus::AbacusEmbedding places(abacus::AbacusOptions{.digits = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, .width = 64});
  const torch::Tensor vectors = words(ids) + places(ids);  // in training, with a random offset
  places->eval();                                          // without one from here on
  std::cout << abacus::Places(ids, torch::arange(4, 14)) << "\n" << vectors.sizes() << "\n";
}
