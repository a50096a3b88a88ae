#include "lib/kernels/gemm/bfloat16_scope.h"

namespace tally {
namespace {

bool& OfThisThread() {
  thread_local bool bfloat16 = false;
  return bfloat16;
}

}  // namespace

bool InBfloat16Scope() { return OfThisThread(); }

Bfloat16Scope::Bfloat16Scope(bool bfloat16) : before_(OfThisThread()) { OfThisThread() = bfloat16; }

Bfloat16Scope::~Bfloat16Scope() { OfThisThread() = before_; }

}  // namespace tally
