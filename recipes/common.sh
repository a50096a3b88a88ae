# shellcheck shell=bash
# Sourced by the recipes beside it, which share one command line:
#
#   recipes/NAME.sh [cpu] [FOLDER]        data, training, evaluation and pictures in FOLDER, within minutes
#   recipes/NAME.sh paper [FOLDER]        prints what the published budget takes and every command; runs nothing
#   RUN=1 recipes/NAME.sh paper FOLDER    runs them
#
# Every step is a job of scripts/run.sh with its log in FOLDER/logs. A recipe that was stopped continues when it is
# started again with the same folder: what ended well is not repeated, and training goes on from its last checkpoint.
#
# PAPER=NAME recipes/... paper    another of the published runs of the task than the script's own: a file of paper/
#
# Environment: SEED (1); COUNT of training problems, MINUTES of training and SAMPLES a cell in place of the setting's;
# SHARDS of data and cells (one a core); JOBS, what runs a step, such as JOBS="scripts/slurm.sh --mem=8G"; TRAIN_JOBS,
# the same for training, such as TRAIN_JOBS="scripts/slurm.sh --gpu=1 --requeue --time=4:00:00". The tools are those on
# PATH, else those in bazel-bin.

root=$(dirname "${BASH_SOURCE[0]}")/..
[[ $root != recipes/.. ]] || root=.
# shellcheck source=scripts/job_array.sh
source "$root/scripts/job_array.sh" # quoted
for folder in "$root"/bazel-bin/tools/*/; do PATH=$PATH:$folder; done
setting=${1:-cpu} seed=${SEED:-1} shards=${SHARDS:-$(nproc)}
[[ $setting == cpu || $setting == paper ]] || { echo "$0: found $setting, expected cpu or paper" >&2 && exit 2; }
dry=$((1 - ${RUN:-0}))
[[ $setting == paper ]] || dry=0
read -ra jobs <<<"${JOBS:-$root/scripts/run.sh}"
read -ra train_jobs <<<"${TRAIN_JOBS:-${jobs[*]}}"
folder_given=${2:-}

refuse() {
  echo "$0: $1" >&2
  exit 2
}

say() { printf '\n== %s\n' "$1" >&2; }

# begin MODEL COUNT MINUTES SAMPLES: the numbers of the setting cpu; MODEL_cpu.textproto is the configuration.
begin() {
  configs=("$root/recipes/${1}_cpu.textproto")
  [[ -e ${configs[0]} ]] || refuse "no ${configs[0]}, which MODEL=${MODEL:-} asks for"
  announce "${1}_cpu" "$2" "$3" "$4"
}

# begin_paper MODEL NAME COUNT SAMPLES: those of the setting paper; paper/NAME.textproto, or that of PAPER, is the
# configuration, over what all published runs have in common.
begin_paper() {
  local name=${PAPER:-$2} minutes_published
  configs=("$root"/recipes/paper/{common,"$name"}.textproto)
  [[ -e ${configs[1]} ]] || refuse "no ${configs[1]}, which PAPER=${PAPER:-} asks for"
  [[ ${name%%_*} == "${2%%_*}" ]] || refuse "PAPER=$name is not a run of this task: expected ${2%%_*}_..."
  minutes_published=$(train "${configs[@]/#/--config=}" --print_config | awk '$1 == "minutes:" { print $2 }')
  announce "${PAPER:-${1}_paper}" "$3" "$minutes_published" "$4"
}

# announce NAME COUNT MINUTES SAMPLES
announce() {
  count=${COUNT:-$2} minutes=${MINUTES:-$3} samples=${SAMPLES:-$4} out=${folder_given:-out/$1}
  configs=("${configs[@]/#/--config=}")
  say "$1: $count problems, $minutes minutes of training, $samples problems a cell, in $out"
  if ((dry)); then
    echo 'Nothing is run. These are the commands, which RUN=1 runs:' >&2
  else
    mkdir -p "$out"
  fi
}

# job NAME [JOB=FIRST:LAST] COMMAND...: one step.
job() {
  local log=$out/logs/$1.txt range=() runner=("${jobs[@]}")
  if [[ $1 == train* ]]; then runner=("${train_jobs[@]}"); fi
  if [[ $2 == JOB=* ]]; then range=("$2") log=$out/logs/$1.JOB.txt; fi
  shift $((1 + ${#range[@]}))
  if ((dry)); then
    quoted "${runner[@]}" "${range[@]}" "$log" "$@"
  else
    "${runner[@]}" --pick=failed,incomplete "${range[@]}" "$log" "$@"
  fi
}

# make_data TASK FLAG...: problems in shards, and the token data set of all of them.
make_data() {
  local problems=() i
  for ((i = 0; i < shards; ++i)); do problems+=("$out/problems.$i.txt"); done
  say "Training data"
  job datagen JOB=0:$((shards - 1)) datagen --task="$1" --count="$count" --seed="$seed" "${@:2}" --shard="JOB/$shards" \
    --out="$out/problems.JOB.txt"
  # shellcheck disable=SC2016
  job tokenize bash -c 'cat "${@:3}" | tokenize --task="$1" --out="$2"' - "$1" "$out/tokens.safetensors" \
    "${problems[@]}"
}

train_model() {
  say "Training, of which $out/run/metrics.jsonl says how it goes"
  job train train "${configs[@]}" --data="$out/tokens.safetensors" --out="$out/run" --resume --minutes="$minutes" \
    --seed="$seed"
  job curves plot training "$out/run" --out="$out/training.png"
}

# compare_lengths PICTURE TITLE LABEL...: exact answers over length, as pictures and as text, of jobs 0, 1, ..., whose cells
# are $out/cells.N.jsonl; a LABEL each, PANEL:LINE.
compare_lengths() {
  local cells=() label kind
  for label in "${@:3}"; do cells+=("$label=$out/cells.${#cells[@]}.jsonl"); done
  for kind in png svg; do plot lengths "${cells[@]}" --panels --out="$out/$1.$kind" --title="$2"; done
  plot lengths "${cells[@]}" --panels
}

# evaluate TOOL NAME FLAG...: cells in shards, all of them in NAME.jsonl, and their pictures. TOOL: eval or sort_eval.
evaluate() {
  local cells=() i kind
  for ((i = 0; i < shards; ++i)); do cells+=("$out/$2.$i.jsonl"); done
  say "Evaluation: $2"
  job "$2" JOB=0:$((shards - 1)) "$1" --model="$out/run" --samples="$samples" --seed=$((seed + 1000)) --threads=1 \
    --overlap_with="$out/tokens.safetensors" "${@:3}" --shard="JOB/$shards" --out="$out/$2.JOB.jsonl"
  job "$2_merge" "$1" merge "${cells[@]}" --out="$out/$2.jsonl"
  ((dry)) || env "$1" summary "$out/$2.jsonl"
  for kind in png svg; do job "$2_$kind" plot heatmap "$out/$2.jsonl" --out="$out/$2.$kind"; done
  ((dry)) || plot heatmap "$out/$2.jsonl" --out=-
}
