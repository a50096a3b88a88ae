// Whether linear layers of this thread, and Muon's update, multiply in bfloat16 (products.h). A thread's property and
// not an argument, as ATen's autocast is: a model is built of layers that need not know. Torch-free.
#ifndef TALLY_LIB_KERNELS_GEMM_BFLOAT16_SCOPE_H_
#define TALLY_LIB_KERNELS_GEMM_BFLOAT16_SCOPE_H_

namespace tally {

// Of the innermost scope of this thread; false outside of any.
bool InBfloat16Scope();

// Sets it while it exists. Operators ask in their forward pass and keep the answer for the backward pass, which may run
// in another thread.
class Bfloat16Scope {
 public:
  explicit Bfloat16Scope(bool bfloat16);
  ~Bfloat16Scope();
  Bfloat16Scope(const Bfloat16Scope&) = delete;
  Bfloat16Scope& operator=(const Bfloat16Scope&) = delete;

 private:
  const bool before_;
};

}  // namespace tally

#endif  // TALLY_LIB_KERNELS_GEMM_BFLOAT16_SCOPE_H_
