#!/usr/bin/env bash
# The parity of a string of bits, without a scratchpad, trained on 1..20 bits for a minute: a recurrence for each bit, its
# state supervised in training (docs/models.md).
# usage: [SEED=1] recipes/records/bare_parity.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 1000000 1 --max_digits=20 "--config=$root/recipes/bare_parity_cpu.textproto" --task=parity
measure trained .99 --rows=1..20 --samples=100
for n in 50 100 200 500; do measure "bits_$n" .99 --rows="$n" --samples=100; done
# Strings of one bit over and over.
for n in 199 200; do for bit in 0 1; do printf '#%s=\n' "$(printf "$bit%.0s" $(seq "$n"))"; done; done >"$out/even.problems"
measure one_bit_200 .99 --problems="$out/even.problems" --cells_by=file
finish
