#!/bin/sh
# Trains the generator on a folder of MIDI files with an index.csv, and installs the model. Resumes where it stopped.
#   services/gan/training/run.sh CORPUS [SYNTHETIC]
# Training times are minutes of processor time, on a GPU of wall time: MINUTES=60 of maximum likelihood,
# ADVERSARIAL_MINUTES=15 against the critic, FINETUNE_MINUTES=55 against discriminators of whole pieces, then
# LAST_FINETUNE_MINUTES=30 with each of SEEDS="11 13", whose weights are averaged. The reranker is trained on PIECES=3200.
# OUT=var/training/gan, MODELS=models, PYTHON=.venv/bin/python
set -eu
corpus=$(realpath "$1")
synthetic=${2:+$(realpath "$2")}
root=$(realpath "$(dirname "$0")/../../..")
out=$(realpath -m "${OUT:-$root/var/training/gan}")
models=$(realpath -m "${MODELS:-$root/models}")
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
first_minutes=${FINETUNE_MINUTES:-55}
all_minutes=$(echo "$first_minutes ${LAST_FINETUNE_MINUTES:-30}" | awk '{ print $1 + $2 }')
cd "$root/services/gan"
train() {
    module=$1
    shift
    "$python" -m "training.$module" --data "$out/data" "$@"
}

mkdir -p "$out"
"$python" -m training.data.prepare --corpus "$corpus" ${synthetic:+--synthetic "$synthetic"} --out "$out/data"
train generator.train --out "$out/run" --minutes "${MINUTES:-60}" --adversarial-minutes "${ADVERSARIAL_MINUTES:-15}"
train finetune --run "$out/run" --minutes "$first_minutes"
set --
for seed in ${SEEDS:-11 13}; do
    copy="$out/run-$seed"
    if ! test -e "$copy"; then
        rm -rf "$copy.draft"
        cp -r "$out/run" "$copy.draft"
        mv "$copy.draft" "$copy"
    fi
    train finetune --run "$copy" --minutes "$all_minutes" --seed "$seed"
    set -- "$@" "$copy"
done
"$python" -m training.generator.average_weights --parent "$out/run" --runs "$@" --out "$out/mean"
train ranking.train_reranker --run "$out/mean" --pieces "${PIECES:-3200}"
train ranking.build_index --out "$out/mean/novelty.npz"
train export --run "$out/mean" --models "$models"
