#!/bin/sh
# Compares blends of held-out pairs of whole pieces: Segue's own, the experimental phrase blend, and simple baselines.
#   services/vae/training/evaluate_blend.sh CORPUS [CORPUS ...]
# PAIRS=40, or 3 for a smoke run. OUT=FILE.json writes all values, ROLLS=DIR draws the piano rolls of ten pairs.
# LANGUAGE_PIECES=700 sets the size of the 5-gram model's training music, PAIR_SEED=25 takes other pairs. WAY=1 measures
# the way between the parents with the package smg-metrics. MODELS=models, SEGUE_DATA=var, PYTHON=.venv/bin/python
set -eu
test $# -gt 0 || { echo "say where the music is: $0 CORPUS [CORPUS ...]" >&2; exit 2; }
root=$(realpath "$(dirname "$0")/../../..")
models=$(realpath -m "${MODELS:-$root/models}")
cache=$(realpath -m "${SEGUE_DATA:-$root/var}")/cache/vae
out=${OUT:+$(realpath -m "$OUT")}
rolls=${ROLLS:+$(realpath -m "$ROLLS")}
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
n_folders=$#
for folder; do
    set -- "$@" --corpus "$(realpath "$folder")"
done
shift "$n_folders"
cd "$root/services/vae"
exec "$python" -m training.whole_blend "$@" --models "$models" --cache "$cache" --pairs "${PAIRS:-40}" \
    --pair-seed "${PAIR_SEED:-25}" --language-pieces "${LANGUAGE_PIECES:-700}" ${WAY:+--path} \
    ${out:+--out "$out"} ${rolls:+--rolls "$rolls"}
