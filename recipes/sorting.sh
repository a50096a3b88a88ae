#!/usr/bin/env bash
# Sorting: lines such as f:73,g:2,h:41=g,h,f, of numbers with labels, least significant digit first, whose labels are
# wanted in order of the numbers.
# usage: recipes/sorting.sh [cpu|paper] [FOLDER]    common.sh says what else
#
# Budget, cpu: 6 minutes of training on two cores, up to 5 numbers of up to 3 digits; a grid of up to 6 digits by up
#   to 8 numbers, 50 problems a cell. Measured after 1,500 steps of 48 on one core: 201 of 450 right in distribution
#   (Abacus positions: 184 of 450), 179 of 720 with one greater length, 0 of 270 with two.
# Budget, paper (arXiv 2405.17399 and its published command lines): 24 hours on one GPU, 20 million problems of up to 10
#   numbers of up to 10 digits, width 1024, eight layers, Abacus and FIRE; all 30 x 30 cells of 100 problems.
set -euo pipefail
# shellcheck source=recipes/common.sh
source "$(dirname "$0")/common.sh"

if [[ $setting == cpu ]]; then
  begin sorting 500000 6 50
  make_data sorting --max_digits=3 --max_digits_second=5
  train_model
  evaluate sort_eval grid --digits=1..6 --lengths=1..8
else
  begin_paper sorting \
    sort_bucket_uniform_distribution_max_digits_n_10_max_length_m_10_20000000_p_00_reverse_all_abacus_with_fire_8x1_1_24_run_1 \
    20000000 100
  make_data sorting --max_digits=10 --max_digits_second=10
  train_model
  evaluate sort_eval grid --digits=1..30 --lengths=1..30
fi
