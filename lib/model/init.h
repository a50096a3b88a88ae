// A distribution of initial values. Torch-free.
#ifndef TALLY_LIB_MODEL_INIT_H_
#define TALLY_LIB_MODEL_INIT_H_

namespace tally {

struct Init {
  enum Kind { kConstant, kNormal, kUniform } kind = kConstant;
  double scale = 0;  // the constant; the standard deviation; the bound of the uniform distribution on [-bound, bound]

  static Init Constant(double value) { return {kConstant, value}; }
  static Init Normal(double deviation) { return {kNormal, deviation}; }
  static Init Uniform(double bound) { return {kUniform, bound}; }
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_INIT_H_
