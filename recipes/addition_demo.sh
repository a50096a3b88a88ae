#!/usr/bin/env bash
# Teaches a small transformer to add numbers of 1 to 20 digits, then measures it on numbers of up to 1000 digits.
# usage: [SEED=1] [MINUTES=2.5] recipes/addition_demo.sh [NEW_FOLDER]    with Tally's tools on PATH
set -euo pipefail
out=${1:-out/addition_demo} seed=${SEED:-1} minutes=${MINUTES:-2.5} short=
(($#)) || rm -rf "$out"
mkdir -p "$(dirname "$out")"
mkdir "$out"

step() { printf '\n== %s\n' "$1" >&2; }
measure() { # NAME MIN FLAGS...; `eval` without `env` is the shell's own. Exit code 1: a cell is below MIN.
  env eval --model="$out/run" --seed="$((seed + 1000))" --out="$out/$1.jsonl" --min_exact="$2" "${@:3}" ||
    { (($? == 1)) && short+=" $1"; }
}

step "Training data: a million sums of 1..20 digits, written least significant digit first"
datagen --count=1000000 --length_distribution=uniform --equal_lengths=.1 --carry_chains=.1 --seed="$seed" |
  tokenize --out="$out/train.safetensors"
step "Training for $minutes minutes"
train --data="$out/train.safetensors" --out="$out/run" --minutes="$minutes" --seed="$seed"
awk -F '[:,]' 'NR % 20 == 1 { printf "step %5d: loss %.4f\n", $2, $6 }' "$out/run/metrics.jsonl"

step "All pairs of lengths seen in training: 99 % wanted in every cell"
measure square .99 --rows=1..20 --cols=1..20 --samples=100
step "50 and 100 digits, never seen in training: 99 % wanted in every cell"
measure longer .99 --rows=50,100 --cols=50,100 --samples=200
step "500 and 500, 1000 and 1000 digits: 99 % wanted"
for n in 500 1000; do measure "digits_$n" .99 --rows=$n --cols=$n --samples=24; done
step "Long carries: 9..9 + 1 and 1 + 9..9 with 1..200 nines, and carry chains in sums of 1..100 digits"
for n in {1..200}; do
  nines=$(printf '9%.0s' $(seq "$n"))
  printf '%s=%s1\n' "$nines+1" "${nines//9/0}" "1+$nines" "${nines//9/0}"
done >"$out/nines.txt"
datagen --count=400 --length_distribution=uniform --max_digits=100 --carry_chains=1 --seed="$((seed + 2000))" \
  --out="$out/carries.txt"
measure adversarial 0 --problems="$out/nines.txt" --problems="$out/carries.txt" --cells_by=file

step "The grid up to 100 digits: $out/grid.png and grid.svg"
measure grid 0 --rows=1..100:9 --cols=1..100:9 --samples=20
for picture in "$out/grid.png" "$out/grid.svg" -; do plot "$out/grid.jsonl" --out="$picture"; done
step "A fresh sum of 100 digits, least significant digit first"
datagen --count=1 --exact --max_digits=100 --seed="$((seed + 3000))" | sed 's/=.*/=/' |
  predict --model="$out/run" --check | sed 's/+/\n+ /; s/=/\n= /; s/\t\(.*\)/   the model\n= \1   GMP/' || (($? == 1))

step "Fell short of 99 %:${short:- nothing}"
