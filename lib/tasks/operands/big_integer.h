// A number of GMP that frees itself, read from and written as digits, least significant first.
#ifndef TALLY_LIB_TASKS_OPERANDS_BIG_INTEGER_H_
#define TALLY_LIB_TASKS_OPERANDS_BIG_INTEGER_H_

#include <gmp.h>

#include <algorithm>
#include <string>

#include "absl/strings/string_view.h"

namespace tally {

class BigInteger {
 public:
  BigInteger() { mpz_init(value_); }
  explicit BigInteger(absl::string_view digits) {
    const std::string text(digits.rbegin(), digits.rend());
    mpz_init_set_str(value_, text.empty() ? "0" : text.c_str(), 10);
  }
  ~BigInteger() { mpz_clear(value_); }
  BigInteger(const BigInteger&) = delete;
  BigInteger& operator=(const BigInteger&) = delete;

  void Add(const BigInteger& other) { mpz_add(value_, value_, other.value_); }
  void Subtract(const BigInteger& other) { mpz_sub(value_, value_, other.value_); }
  void SetProduct(const BigInteger& a, const BigInteger& b) { mpz_mul(value_, a.value_, b.value_); }

  // Of a >= 0 and b > 0.
  void SetQuotient(const BigInteger& a, const BigInteger& b) { mpz_tdiv_q(value_, a.value_, b.value_); }
  void SetRemainder(const BigInteger& a, const BigInteger& b) { mpz_mod(value_, a.value_, b.value_); }

  bool negative() const { return mpz_sgn(value_) < 0; }
  bool operator<(const BigInteger& other) const { return mpz_cmp(value_, other.value_) < 0; }

  // Of the absolute value, without leading zeros.
  std::string Digits() const {
    std::string digits(mpz_sizeinbase(value_, 10) + 2, '\0');  // GMP's bound: sign and final zero
    mpz_get_str(&digits[0], 10, value_);
    digits.resize(digits.find('\0'));
    if (digits[0] == '-') digits.erase(0, 1);
    std::reverse(digits.begin(), digits.end());
    return digits;
  }

 private:
  mpz_t value_;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_OPERANDS_BIG_INTEGER_H_
