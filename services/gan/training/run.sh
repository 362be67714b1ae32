#!/bin/sh
# Trains the generator on a folder of MIDI with an index.csv, and installs it.
#   services/gan/training/run.sh CORPUS [SYNTHETIC]
# MINUTES=60 of likelihood, REHEARSAL_MINUTES=60, ADVERSARIAL_MINUTES=15, OUT=var/training/gan, MODELS=models
set -eu
corpus=$(realpath "$1")
synthetic=${2:+--synthetic $(realpath "$2")}
root=$(realpath "$(dirname "$0")/../../..")
out=$(realpath -m "${OUT:-$root/var/training/gan}")
models=$(realpath "${MODELS:-$root/models}")
python=${PYTHON:-$root/.venv/bin/python}
cd "$root/services/gan"
# shellcheck disable=SC2086  # two words or none
"$python" -m training.prepare --corpus "$corpus" $synthetic --out "$out/data"
"$python" -m training.train --data "$out/data" --out "$out/run" --minutes "${MINUTES:-60}" --adversarial-minutes 0
"$python" -m training.rehearse --data "$out/data" --run "$out/run" --minutes "${REHEARSAL_MINUTES:-60}"
"$python" -m training.train --data "$out/data" --out "$out/run" --minutes "${MINUTES:-60}" \
    --adversarial-minutes "${ADVERSARIAL_MINUTES:-15}"
"$python" -m training.realism --data "$out/data" --run "$out/run"
"$python" -m training.novelty --data "$out/data" --out "$out/run/novelty.npz"
"$python" -m training.export --data "$out/data" --run "$out/run" --models "$models"
