#!/usr/bin/env bash
# Sums of 1,000 and of 10,000 digits after two minutes of training on 1..20 digits, 99 % wanted, 100 problems each.
# usage: [SEED=1] recipes/records/ten_thousand_digits.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

# Logits grow with log(i + 2), which is 2.5 times as large here as in training, and what looks at two digits at once
# then tips over to one of them. Far jitter leaves so wide a gap between right and wrong keys that the growth is not
# needed in full.
eval_flags=(--logit_factor=.7)

begin
teach 2000000 2 "--max_digits=20 --equal_lengths=.1 --carry_chains=.1" \
  "--set model.hidden_size=48 --set model.attention.far_jitter=2"
measure thousand_digits .99 --rows=1000 --cols=1000 --samples=100
adversarial 1000 20
measure long_and_short .99 --rows=1000 --cols=3 --samples=100
measure short_and_long .99 --rows=3 --cols=1000 --samples=100
measure ten_thousand_digits .99 --rows=10000 --cols=10000 --samples=100
finish
