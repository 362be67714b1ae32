#!/bin/sh
# Trains the generator on a folder of MIDI with an index.csv, encoded by the VAE models that are installed, and installs it.
#   services/gan/training/run.sh CORPUS [SYNTHETIC]        MINUTES=30, OUT=var/training/gan, MODELS=models
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
"$python" -m training.encode --data "$out/data" --models "$models"
"$python" -m training.train --data "$out/data" --out "$out/run" --minutes "${MINUTES:-30}"
"$python" -m training.export --data "$out/data" --run "$out/run" --models "$models"
