#!/bin/sh
# Trains the generator on a folder of MIDI with an index.csv, and installs it.
#   services/gan/training/run.sh CORPUS [SYNTHETIC]
# MINUTES=42 of likelihood, ADVERSARIAL_MINUTES=20, OUT=var/training/gan, MODELS=models
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
"$python" -m training.train --data "$out/data" --out "$out/run" --minutes "${MINUTES:-42}" \
    --adversarial-minutes "${ADVERSARIAL_MINUTES:-20}"
"$python" -m training.novelty --data "$out/data" --out "$out/run/novelty.npz"
"$python" -m training.export --data "$out/data" --run "$out/run" --models "$models"
