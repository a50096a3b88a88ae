#include "lib/arithmetic/oracle.h"

#include <gmp.h>

#include <algorithm>

namespace tally {
namespace {

// A number of GMP that frees itself.
class Integer {
 public:
  Integer() { mpz_init(value_); }
  explicit Integer(const std::string& digits) { mpz_init_set_str(value_, digits.empty() ? "0" : digits.c_str(), 10); }
  ~Integer() { mpz_clear(value_); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;

  mpz_ptr get() { return value_; }

  std::string Digits() const {
    std::string digits(mpz_sizeinbase(value_, 10) + 2, '\0');  // GMP's bound: sign and final zero
    mpz_get_str(&digits[0], 10, value_);
    digits.resize(digits.find('\0'));
    return digits;
  }

 private:
  mpz_t value_;
};

std::string Read(absl::string_view number, bool reversed) {
  std::string digits(number);
  if (reversed) std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::string OracleAnswer(const ParsedProblem& problem, const ProblemFormat& format) {
  const bool reversed_operands = format.order == DigitOrder::kAllReversed;
  Integer first(Read(problem.first, reversed_operands));
  Integer second(Read(problem.second, reversed_operands));
  Integer sum;
  mpz_add(sum.get(), first.get(), second.get());
  std::string digits = sum.Digits();
  const size_t width = std::max(problem.first.size(), problem.second.size());
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  if (format.order != DigitOrder::kPlain) std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace tally
