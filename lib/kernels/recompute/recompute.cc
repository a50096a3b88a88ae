#include "lib/kernels/recompute/recompute.h"

#include <ATen/ThreadLocalState.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

#include "lib/kernels/gemm/bfloat16_scope.h"

namespace tally {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// What the backward pass needs beside tensors.
struct Part : torch::CustomClassHolder {
  Part(TensorFunction f, const tensor_list& inputs) : f(std::move(f)) {
    for (const at::Tensor& x : inputs) defined.push_back(x.defined());
  }

  // The inputs of f, of which `tensors` begins with those that are defined.
  tensor_list Inputs(at::TensorList tensors) const {
    tensor_list inputs(defined.size());
    size_t next = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (defined[i]) inputs[i] = tensors[next++];
    }
    return inputs;
  }

  const TensorFunction f;
  std::vector<bool> defined;  // of each input of f, whether it is: autograd takes no others
  // Of the forward pass.
  const at::ThreadLocalState state;  // autocast
  const bool bfloat16 = InBfloat16Scope();
};

// A pass that records gradient as the forward pass's thread would have.
class RecordingGuard {
 public:
  explicit RecordingGuard(const Part& part)
      : state_(part.state),
        bfloat16_(part.bfloat16),
        gradient_(true),
        cached_(at::autocast::is_autocast_cache_enabled()) {
    // A parameter's cast that one part made would be reused by the next, after its graph is gone.
    at::autocast::set_autocast_cache_enabled(false);
  }
  ~RecordingGuard() { at::autocast::set_autocast_cache_enabled(cached_); }
  RecordingGuard(const RecordingGuard&) = delete;
  RecordingGuard& operator=(const RecordingGuard&) = delete;

 private:
  const at::ThreadLocalStateGuard state_;
  const Bfloat16Scope bfloat16_;
  const at::AutoGradMode gradient_;
  const bool cached_;
};

struct RecomputedFunction : torch::autograd::Function<RecomputedFunction> {
  // Called without recording. `tensors`: defined inputs, then parameters.
  static Variable forward(AutogradContext* context, const c10::intrusive_ptr<Part>& part, at::TensorList tensors) {
    context->save_for_backward(tensors.vec());
    context->saved_data["part"] = c10::IValue::make_capsule(part);
    return part->f(part->Inputs(tensors));
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& grads) {
    const auto part = c10::static_intrusive_pointer_cast<Part>(context->saved_data["part"].toCapsule());
    tensor_list tensors = context->get_saved_variables(), wanted;
    for (at::Tensor& x : tensors) {
      if (!x.is_leaf()) x = x.detach().set_requires_grad(true);  // a leaf of a graph of its own
      if (x.requires_grad()) wanted.push_back(x);
    }
    at::Tensor out;
    {
      const RecordingGuard guard(*part);
      out = part->f(part->Inputs(tensors));
    }
    const tensor_list found = torch::autograd::grad({out}, wanted, {grads[0]}, /*retain_graph=*/std::nullopt,
                                                    /*create_graph=*/false, /*allow_unused=*/true);
    tensor_list all = {at::Tensor()};  // of `part`
    auto next = found.begin();
    for (const at::Tensor& x : tensors) all.push_back(x.requires_grad() ? *next++ : at::Tensor());
    return all;
  }
};

}  // namespace

at::Tensor Recomputed(TensorFunction f, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& parameters) {
  if (!at::GradMode::is_enabled()) return f(inputs);
  std::vector<at::Tensor> tensors;
  for (const at::Tensor& x : inputs) {
    if (x.defined()) tensors.push_back(x);
  }
  tensors.insert(tensors.end(), parameters.begin(), parameters.end());
  return RecomputedFunction::apply(c10::make_intrusive<Part>(std::move(f), inputs), at::TensorList(tensors));
}

}  // namespace tally
