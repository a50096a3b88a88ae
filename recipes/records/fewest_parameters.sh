#!/usr/bin/env bash
# Sums of 100 and of 1,000 digits by a model of 3,328 parameters, 99 % wanted, trained on 1..20 digits for three minutes.
# usage: [SEED=1] recipes/records/fewest_parameters.sh [FOLDER]    record.sh says what else
set -euo pipefail
# shellcheck source=recipes/records/record.sh
source "$(dirname "$0")/record.sh"

begin
teach 2000000 3 "--max_digits=20 --equal_lengths=.1 --carry_chains=.1" "--set model.hidden_size=16"
measure trained .99 --rows=1..20 --cols=1..20 --samples=20
long_sums hundred_digits 100 200 100
measure thousand_digits .99 --rows=1000 --cols=1000 --samples=100
adversarial 1000 20
finish
