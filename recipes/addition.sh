#!/usr/bin/env bash
# Sums of two numbers of 1 to 20 digits, measured far beyond them, with a looped or a feed-forward model.
# usage: [MODEL=looped] recipes/addition.sh [cpu|paper] [FOLDER]    MODEL=feed_forward; common.sh says what else
#
# Budget, cpu: 2.5 minutes of training on two cores, 43,936 parameters (looped: one layer, three recurrences) or 126,432
#   (feed-forward: three layers); a grid of 12 x 12 cells of 20 sums up to 100 digits.
# Budget, paper (arXiv 2405.17399 and its published command lines): 24 hours on one GPU, 20 million problems, width
#   1024, Abacus positions, 16 layers or one layer 16 times (PAPER=NAME: others of the eleven); all 100 x 100 cells of
#   100 sums.
set -euo pipefail
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

model=${MODEL:-looped}
if [[ $setting == cpu ]]; then
  begin "addition_$model" 500000 2.5 20
  make_data addition --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1
  train_model
  evaluate eval grid --rows=1..100:9 --cols=1..100:9
else
  declare -A published=(
    [looped]=add_bucket_20_20_reverse_all_pad_00_depthrec_1_16_TBPTT_1024_batch_size_512_mask_before_equals_true_start_emb_abacus_attn_emb_nope_run_1
    [feed_forward]=add_bucket_20_20_reverse_all_pad_00_depthrec_16_1_TBPTT_1024_batch_size_512_mask_before_equals_true_start_emb_abacus_attn_emb_nope_with_skip_connections_run_1
  )
  [[ -n ${published[$model]:-} ]] || refuse "MODEL=$model, expected looped or feed_forward"
  begin_paper "addition_$model" "${published[$model]}" 20000000 100
  make_data addition --max_digits=20
  train_model
  evaluate eval grid --grid=big
fi
