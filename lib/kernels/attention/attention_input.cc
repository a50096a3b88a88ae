#include "lib/kernels/attention/attention_input.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include "lib/kernels/floats.h"

namespace tally {

CausalAttentionInput Contiguous(CausalAttentionInput input) {
  for (at::Tensor* tensor : {&input.qkv, &input.scale, &input.row_scale, &input.table, &input.bias, &input.ids.first,
                             &input.ids.second, &input.ids.recurrence}) {
    if (tensor->defined()) *tensor = tensor->contiguous();
  }
  return input;
}

AttentionLayout LayoutOf(const CausalAttentionInput& input, int64_t batch, int64_t tokens, int64_t hidden) {
  AttentionLayout layout;
  layout.batch = batch;
  layout.seq = input.row_scale.size(0);
  layout.begin = layout.seq - tokens;
  layout.first_query = input.first_query;
  layout.heads = input.heads;
  layout.token_stride = 3 * hidden;
  layout.size = hidden / layout.heads;
  layout.head_stride = input.by_head ? 3 * layout.size : layout.size;
  layout.key_offset = input.by_head ? layout.size : hidden;
  layout.value_offset = 2 * layout.key_offset;
  return layout;
}

AttentionTerms TermsOf(const CausalAttentionInput& input) {
  AttentionTerms terms;
  terms.row_scale = Data(input.row_scale);
  terms.scale = Data(input.scale);
  terms.unit_norm = input.unit_norm;
  if (input.table.defined()) {
    terms.table = Data(input.table);
    terms.first = input.ids.first.const_data_ptr<int64_t>();
    terms.second = input.ids.second.defined() ? input.ids.second.const_data_ptr<int64_t>() : nullptr;
    terms.ids_batch_stride = input.ids.first.size(0) == 1 ? 0 : input.ids.first.size(1);
    terms.clips = input.ids.clips;
    if (input.ids.recurrence.defined()) {
      terms.recurrence = input.ids.recurrence.const_data_ptr<int64_t>();
      terms.recurrence_batch_stride = input.ids.recurrence.size(0) == 1 ? 0 : 1;
    }
  }
  if (input.bias.defined()) {
    terms.bias = Data(input.bias);
    terms.bias_batch_stride = input.bias.size(0) == 1 ? 0 : input.bias.stride(0);
    terms.bias_head_stride = input.bias.size(1) == 1 ? 0 : input.bias.stride(1);
  }
  return terms;
}

at::Tensor SumToShape(at::Tensor gradient, const at::Tensor& bias) {
  if (bias.size(0) == 1) gradient = gradient.sum(0, /*keepdim=*/true);
  return bias.size(1) == 1 ? gradient.sum(1, /*keepdim=*/true) : gradient;
}

at::Tensor OrEmpty(const at::Tensor& term) { return term.defined() ? term : at::empty({0}); }

void Save(const CausalAttentionInput& input, const std::vector<at::Tensor>& others,
          torch::autograd::AutogradContext* context) {
  std::vector<at::Tensor> tensors = {input.scale,     input.row_scale,  input.table,         input.bias,
                                     input.ids.first, input.ids.second, input.ids.recurrence};
  tensors.insert(tensors.end(), others.begin(), others.end());
  context->save_for_backward(std::move(tensors));
  const RelativeClips& clips = input.ids.clips;
  context->saved_data["numbers"] =
      std::vector<int64_t>{input.heads,  input.by_head, input.unit_norm, input.first_query, clips.first,
                           clips.second, clips.shift,   clips.key,       clips.count_second};
}

Saved Restore(const torch::autograd::AutogradContext& context) {
  const std::vector<at::Tensor> tensors = context.get_saved_variables();
  const std::vector<int64_t> numbers = context.saved_data.at("numbers").toIntVector();
  Saved saved;
  saved.input.scale = tensors[0];
  saved.input.row_scale = tensors[1];
  saved.input.table = tensors[2];
  saved.input.bias = tensors[3];
  saved.input.heads = numbers[0];
  saved.input.by_head = numbers[1] != 0;
  saved.input.unit_norm = numbers[2] != 0;
  saved.input.first_query = numbers[3];
  saved.input.ids = {
      tensors[4], tensors[5], {numbers[4], numbers[5], numbers[6], numbers[7], numbers[8] != 0}, tensors[6]};
  saved.others.assign(tensors.begin() + 7, tensors.end());
  return saved;
}

}  // namespace tally
