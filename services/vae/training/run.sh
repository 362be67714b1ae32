#!/bin/sh
# Trains the models of all roles and of the factors of the lead on folders of MIDI, each with an index.csv, and installs
# them. A second run resumes.
#   services/vae/training/run.sh CORPUS [CORPUS ...]
# MINUTES=60 for each model, on a GPU where torch sees one. OUT=var/training/vae, MODELS=models, PYTHON=.venv/bin/python
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
for model in lead harmony bass drums rhythm contour; do
    pretrained=$out/$model.pretrained.pt
    case $model in
        rhythm) terms="--free-bits 16 --beta 0.3" ;;
        contour) terms="--free-bits 0 --beta 0.3" ;;
        *) terms= ;;
    esac
    # shellcheck disable=SC2086  # several words
    test -e "$pretrained" ||
        "$python" -m training.model.pretrain --data "$data" --model "$model" $terms --out "$pretrained"
    # shellcheck disable=SC2086
    "$python" -m training.model.train --data "$data" --model "$model" $terms --init "$pretrained" --out "$out/$model" \
        --minutes "${MINUTES:-60}"
    "$python" -m training.export --data "$data" --checkpoint "$out/$model/checkpoint.pt" --models "$models"
done
