#!/usr/bin/env bash
# Products of two numbers, without a scratchpad. A digit of a product depends on all lower digits of both factors, so
# ids that align digits of equal weight help less than they help sums: longer factors than those of training fail.
# usage: recipes/multiplication.sh [cpu|paper] [FOLDER]    common.sh says what else
#
# Budget, cpu: 6 minutes of training on two cores, factors of 1 and 2 digits; a grid of 4 x 4 cells of 200 products.
#   Measured after 1,527 steps of 48 on one core: 314 of 400 right in distribution, 18 of 800 with one longer factor, 0
#   of 400 with two.
# Budget, paper (arXiv 2405.17399 and its published command lines): 24 hours on 8 GPUs, 20 million products of 1 to 15
#   digits, width 1024, four layers four times, Abacus and FIRE; all 25 x 25 cells of 100 products.
set -euo pipefail
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

if [[ $setting == cpu ]]; then
  begin multiplication 500000 6 200
  make_data multiplication --max_digits=2 --length_distribution=uniform --keep_zero
  train_model
  evaluate eval grid --rows=1..4 --cols=1..4
else
  begin_paper multiplication \
    mul_bucket_15_15_reverse_all_pad_00_depthrec_4_4_TBPTT_1024_nope_mask_before_equals_batch_512_fire_abacus_8_gpu \
    20000000 100
  make_data multiplication --max_digits=15
  train_model
  evaluate eval grid --grid=mul
fi
