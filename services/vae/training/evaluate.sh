#!/bin/sh
# Measures the blend on works that training never saw: every figure that it must show, beside its baseline.
#   services/vae/training/evaluate.sh CORPUS [CORPUS ...]
# PAIRS=200, or 20 for a smoke run. OUT=FILE.json keeps the figures, ROLLS=DIR draws piano rolls. The corpus is cut into
# windows only where WINDOWS=var/training/vae/windows.npz is missing. MODELS=models, SEGUE_DATA=var, PYTHON=.venv/bin/python
set -eu
test $# -gt 0 || { echo "say where the music is: $0 CORPUS [CORPUS ...]" >&2; exit 2; }
root=$(realpath "$(dirname "$0")/../../..")
runs=$(realpath -m "${RUNS:-$root/var/training}")
data=$(realpath -m "${WINDOWS:-$runs/vae/windows.npz}")
models=$(realpath -m "${MODELS:-$root/models}")
cache=$(realpath -m "${SEGUE_DATA:-$root/var}")/cache/vae
out=${OUT:+$(realpath -m "$OUT")}
rolls=${ROLLS:+$(realpath -m "$ROLLS")}
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
pairs=${PAIRS:-200}
n_folders=$#
for folder; do
    set -- "$@" --corpus "$(realpath "$folder")"
done
shift "$n_folders"
cd "$root/services/vae"

if ! test -e "$data"; then
    mkdir -p "$(dirname "$data")"
    "$python" -m training.data.prepare "$@" --out "$data"
fi
exec "$python" -m training.evaluation --data "$data" "$@" --models "$models" --cache "$cache" \
    --pairs "$pairs" --blend-pairs "$pairs" --max-bars 600 --sweep-pairs "$pairs" --moved-pairs $((pairs / 5)) \
    --windows $((pairs * 20)) ${out:+--out "$out"} ${rolls:+--rolls "$rolls"}
