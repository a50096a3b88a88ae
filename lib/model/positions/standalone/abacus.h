// Abacus embeddings (McLeish et al. 2024, "Transformers Can Do Arithmetic with the Right Embeddings", arXiv 2405.17399)
// for any model over LibTorch, which is all that this file needs: copy it. abacus.py beside it is the same in Python.
//
// A digit's vector is chosen by its place in its number, so that digits of equal weight get equal vectors where numbers
// are written least significant digit first. In training all places are shifted by one random offset, so that more rows
// of the table are trained than training numbers have digits: longer numbers find trained rows.
//
//   abacus::AbacusEmbedding places(abacus::AbacusOptions{.digits = digit_ids, .width = 64});
//   torch::Tensor vectors = words->forward(ids) + places->forward(ids);  // [batch, seq, 64]
//
// Errors are c10::Error, as LibTorch's own. Thread-safe where LibTorch's modules are: reading, and not while training.
#ifndef ABACUS_H_
#define ABACUS_H_

#include <ATen/Functions.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/pimpl.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace abacus {

struct AbacusOptions {
  std::vector<int64_t> digits = {};  // ids of the tokens that are digits, in any order
  int64_t width = 64;                // features of a vector
  int64_t rows = 512;                // longest number plus the largest offset must be less
  int64_t max_offset = 100;          // of training: uniform in 0..max_offset
  bool per_sample = false;           // each sequence of a batch has an offset of its own, else one offset a batch
};

// Place of each token of ids [batch, seq] within its run of digits, 1, 2, 3, ...; 0 for any other token. A place
// depends on the tokens before it alone. On the device of `ids`; digits [n] there too.
inline at::Tensor Places(const at::Tensor& ids, const at::Tensor& digits) {
  TORCH_CHECK(ids.dim() == 2, "abacus: ids have shape ", ids.sizes(), "; expected [batch, seq]");
  const at::Tensor index = at::arange(1, ids.size(1) + 1, ids.options()).expand_as(ids);
  const at::Tensor last_other = std::get<0>(at::cummax(index.masked_fill(at::isin(ids, digits), 0), 1));
  return index - last_other;
}

// The same with `offset`, [1] or [batch, 1], added to the places of digits.
inline at::Tensor Shifted(const at::Tensor& places, const at::Tensor& offset) { return places + places.gt(0) * offset; }

class AbacusEmbeddingImpl : public torch::nn::Module {
 public:
  explicit AbacusEmbeddingImpl(const AbacusOptions& options)
      : options_(options),
        digits_(register_buffer("digits", at::tensor(c10::IntArrayRef(options.digits)))),
        table_(register_module("embedding", torch::nn::Embedding(options.rows, options.width))) {
    TORCH_CHECK(options.max_offset >= 0 && options.max_offset < options.rows, "abacus: max_offset is ",
                options.max_offset, "; expected 0 or more and less than rows, ", options.rows);
    torch::NoGradGuard no_grad;
    table_->weight.normal_(0, 1 / std::sqrt(static_cast<double>(options.width)));
  }

  // Vectors [batch, seq, width] of ids [batch, seq], int64; with a random offset in training.
  at::Tensor forward(const at::Tensor& ids) {
    at::Tensor places = Places(ids, digits_);
    if (is_training()) {
      places = Shifted(places,
                       at::randint(options_.max_offset + 1, {options_.per_sample ? ids.size(0) : 1, 1}, ids.options()));
    }
    const bool fits = ids.size(1) + (is_training() ? options_.max_offset : 0) < options_.rows;
    TORCH_CHECK(fits || places.max().item<int64_t>() < options_.rows, "abacus: a digit is at place ", places.max(),
                ", offset included; expected less than rows, ", options_.rows);
    return table_->forward(places);
  }

 private:
  const AbacusOptions options_;
  at::Tensor digits_;           // [digits]
  torch::nn::Embedding table_;  // weight [rows, width]; row 0 is that of all tokens that are no digits
};
TORCH_MODULE(AbacusEmbedding);

}  // namespace abacus

#endif  // ABACUS_H_
