#!/usr/bin/env bash
# Bitwise OR of two vectors of bits, one of them one-hot, the other all zeros: a task about positions alone. Bits are
# counted from the left, so the id of a bit is its index.
# usage: recipes/bitwise_or.sh [cpu|paper] [FOLDER]    common.sh says what else
#
# Budget, cpu: 2 minutes of training on two cores, vectors of 1 to 20 bits (all 2,870 problems); a grid of 14 x 14 cells
#   up to 40 bits of at most 40 problems. Measured after 1,000 steps of 48 on one core: all of 1,020 right in 64 cells
#   up to 40 bits, twice the lengths of training.
# Budget, paper (arXiv 2405.17399 and its published command lines): 1 hour on one GPU, the same problems, width 1024,
#   Abacus positions, one layer 16 times; all 40 x 40 cells of at most 100 problems.
set -euo pipefail
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

if [[ $setting == cpu ]]; then
  begin bitwise_or 0 2 40
  make_data bitwise_or --max_digits=20
  train_model
  evaluate eval grid --rows=1..40:3 --cols=1..40:3
else
  begin_paper bitwise_or \
    pos_or_one_vec_zeros_bucket_20_20_reverse_all_pad_00_depthrec_1_16_TBPTT_1024_batch_size_512_mask_before_equals_true_start_emb_abacus_attn_emb_nope_run_1 \
    0 100
  make_data bitwise_or --max_digits=20
  train_model
  evaluate eval grid --rows=1..40 --cols=1..40
fi
