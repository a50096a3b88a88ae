#!/usr/bin/env bash
# Bitwise OR of a one-hot vector and one of zeros (docs/tasks.md), a task about positions alone: trained on vectors of
# 1..20 bits, measured up to 500.
# usage: [SEED=1] recipes/records/bitwise_or.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 0 1 --max_digits=20 "--config=$root/recipes/bitwise_or_cpu.textproto" --task=bitwise_or
measure trained .99 --rows=1..20 --cols=1..20 --samples=100
measure twice .99 --rows=1..40:3 --cols=1..40:3 --samples=100
for n in 100 200 500; do measure "bits_$n" .99 --rows="$n" --cols="$n" --samples=100; done
measure long_and_short .99 --rows=200 --cols=3 --samples=100
measure short_and_long .99 --rows=3 --cols=200 --samples=100
finish
