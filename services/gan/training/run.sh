#!/bin/sh
# Trains the generator on a folder of MIDI with an index.csv, and installs it. Begun again, it goes on where it was.
#   services/gan/training/run.sh CORPUS [SYNTHETIC]
# In minutes of processor time (on a GPU, of the clock): MINUTES=60 of likelihood, ADVERSARIAL_MINUTES=15 with the critic,
# REHEARSAL_MINUTES=55, then LAST_REHEARSAL_MINUTES=30 for each of SEEDS="11 13", whose mean is kept. PIECES=3200 are
# heard by those who choose. OUT=var/training/gan, MODELS=models, PYTHON=.venv/bin/python
set -eu
corpus=$(realpath "$1")
synthetic=${2:+$(realpath "$2")}
root=$(realpath "$(dirname "$0")/../../..")
out=$(realpath -m "${OUT:-$root/var/training/gan}")
models=$(realpath -m "${MODELS:-$root/models}")
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
rehearsal=${REHEARSAL_MINUTES:-55}
both=$(echo "$rehearsal ${LAST_REHEARSAL_MINUTES:-30}" | awk '{ print $1 + $2 }')
cd "$root/services/gan"
train() {
    module=$1
    shift
    "$python" -m "training.$module" --data "$out/data" "$@"
}

mkdir -p "$out"
"$python" -m training.data.prepare --corpus "$corpus" ${synthetic:+--synthetic "$synthetic"} --out "$out/data"
train generator.train --out "$out/run" --minutes "${MINUTES:-60}" --adversarial-minutes "${ADVERSARIAL_MINUTES:-15}"
train finetune --run "$out/run" --minutes "$rehearsal"
set --
for seed in ${SEEDS:-11 13}; do
    last="$out/run-$seed"
    if ! test -e "$last"; then
        rm -rf "$last.draft"
        cp -r "$out/run" "$last.draft"
        mv "$last.draft" "$last"
    fi
    train finetune --run "$last" --minutes "$both" --seed "$seed"
    set -- "$@" "$last"
done
"$python" -m training.generator.average_weights --parent "$out/run" --of "$@" --out "$out/mean"
train ranking.train_reranker --run "$out/mean" --pieces "${PIECES:-3200}"
train ranking.build_index --out "$out/mean/novelty.npz"
train export --run "$out/mean" --models "$models"
