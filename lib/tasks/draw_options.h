// Which problems of a task are drawn.
#ifndef TALLY_LIB_TASKS_DRAW_OPTIONS_H_
#define TALLY_LIB_TASKS_DRAW_OPTIONS_H_

#include <cstdint>

#include "lib/tasks/lengths.h"

namespace tally {

struct DrawOptions {
  // Lengths as the task counts them (Task::Size): mostly digits of the first operand, and of the others.
  LengthRange first;
  LengthRange second;
  LengthDistribution lengths;

  // The longest length grows, in equal parts, from the shortest to its own over this many samples; 0: it does not.
  int64_t grow_first = 0;
  int64_t grow_second = 0;

  // Operands of a problem, where the task lets one choose; more than two have lengths of their own.
  int min_operands = 2;
  int max_operands = 2;

  // Operands are uniform over the numbers with exactly the chosen number of digits (a one-digit operand over 1..9, as
  // in the reference); with keep_zero a one-digit operand is uniform over 0..9.
  bool keep_zero = false;

  // Operands get leading zeros up to the longest length, their values below 10^longest (LengthDistribution::kPlain).
  bool keep_places = false;

  // Sums without any carry, uniform among those.
  bool no_carry = false;

  // The longest run of weights that carry is uniform on 0..the shorter length.
  bool uniform_carry_runs = false;

  // The share of samples, in [0, 1], whose second operand is made as long as the first where its range allows it.
  double equal_lengths = 0;

  // The share of samples, in [0, 1], that MakeCarryChain changes (operands/digits.h).
  double carry_chains = 0;

  // The share of samples, in [0, 1], most of whose digits are 0 or 9 (MakeExtreme).
  double extreme_digits = 0;

  // The share of samples, in [0, 1], whose second operand shares many digits with the first (MakeCommonDigits).
  double common_digits = 0;

  // The share of samples, in [0, 1], that Task::MakeAdversarial changes.
  double adversarial = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_DRAW_OPTIONS_H_
