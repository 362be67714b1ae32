#!/bin/sh
# Trains the models of all roles on folders of MIDI, each with an index.csv, and installs them. A second run resumes.
#   services/vae/training/run.sh CORPUS [CORPUS ...]
# MINUTES=60 for each role, on a GPU where torch sees one. OUT=var/training/vae, MODELS=models, PYTHON=.venv/bin/python
set -eu
test $# -gt 0 || { echo "say where the music is: $0 CORPUS [CORPUS ...]" >&2; exit 2; }
root=$(realpath "$(dirname "$0")/../../..")
out=$(realpath -m "${OUT:-$root/var/training/vae}")
models=$(realpath -m "${MODELS:-$root/models}")
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
data=$out/windows.npz
n_folders=$#
for folder; do
    set -- "$@" --corpus "$(realpath "$folder")"
done
shift "$n_folders"
cd "$root/services/vae"

mkdir -p "$out"
"$python" -m training.data.prepare "$@" --out "$data"
for role in lead harmony bass drums; do
    pretrained=$out/$role.pretrained.pt
    test -e "$pretrained" || "$python" -m training.model.pretrain --data "$data" --model "$role" --out "$pretrained"
    "$python" -m training.model.train --data "$data" --model "$role" --init "$pretrained" --out "$out/$role" \
        --minutes "${MINUTES:-60}"
    "$python" -m training.export --data "$data" --checkpoint "$out/$role/checkpoint.pt" --models "$models"
done
