#!/usr/bin/env bash
# Teaches a small transformer to add numbers of 1 to 20 digits, then measures it on numbers of up to 1000 digits.
# usage: [SEED=1] [MINUTES=2.5] recipes/addition_demo.sh [NEW_FOLDER]    with Tally's tools on PATH
set -euo pipefail
out=${1:-out/addition_demo} seed=${SEED:-1} short=()
[[ $# -gt 0 ]] || rm -rf "$out"
mkdir -p "$(dirname "$out")"
mkdir "$out"

step() { printf '\n== %s\n' "$1" >&2; }
measure() { # NAME MIN FLAGS...: `env`, because `eval` alone is the shell's own command; 1: a cell is below MIN
  env eval --model="$out/run" --seed="$((seed + 1000))" --out="$out/$1.jsonl" --min_exact="$2" "${@:3}" ||
    { (($? == 1)) && short+=("$1"); }
}

step "Training data: a million sums of 1..20 digits, digits from the least significant on"
datagen --count=1000000 --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1 --seed="$seed" |
  tokenize --out="$out/train.safetensors"

step "Training for ${MINUTES:-2.5} minutes"
train --data="$out/train.safetensors" --out="$out/run" --minutes="${MINUTES:-2.5}" --seed="$seed"

step "Every pair of lengths seen in training; 99 % wanted in each"
measure square .99 --rows=1..20 --cols=1..20 --samples=100
step "50 and 100 digits, never seen in training; 99 % wanted"
measure longer .99 --rows=50,100 --cols=50,100 --samples=200
step "500 and 1000 digits"
measure digits_500 0 --rows=500 --cols=500 --samples=24
measure digits_1000 0 --rows=1000 --cols=1000 --samples=24

step "Long carries: 99..9 + 1 of 1..200 digits, and chains of carries anywhere in 1..100 digits"
for n in {1..200}; do
  nines=$(printf '9%.0s' $(seq "$n"))
  printf '%s+1=%s1\n1+%s=%s1\n' "$nines" "${nines//9/0}" "$nines" "${nines//9/0}"
done >"$out/nines.txt"
datagen --count=400 --max_digits=100 --length_distribution=uniform --carry_chains=1 --seed="$((seed + 2000))" \
  --out="$out/carries.txt"
measure adversarial 0 --problems="$out/nines.txt" --problems="$out/carries.txt"

step "The grid up to 100 digits: $out/grid.png, $out/grid.svg"
measure grid 0 --rows=1..100:9 --cols=1..100:9 --samples=20
plot "$out/grid.jsonl" --out="$out/grid.png"
plot "$out/grid.jsonl" --out="$out/grid.svg"
plot "$out/grid.jsonl"

step "A fresh sum of 100 digits: the model's answer, and GMP's"
datagen --exact --max_digits=100 --count=1 --seed="$((seed + 3000))" | sed 's/=.*/=/' |
  predict --model="$out/run" --check | sed 's/[=\t]/\n= /g' || (($? == 1))

step "Cells below the 99 % wanted: ${short[*]:-none}"
