#!/bin/sh
# Measures the generator against held-out music, beside training music and the baseline's pieces.
#   services/gan/training/evaluate.sh [CORPUS [SYNTHETIC]]
# CORPUS and SYNTHETIC, folders of MIDI files with an index.csv, are read only if GAN_DATA=var/training/gan/data has no
# windows. BASELINE=var/training/gan/baseline.npz is trained in BASELINE_MINUTES=20 if it is missing. PIECES=1000, or 60
# for a smoke run; REPORTS=errors,overlap runs only these. Held-out passages have no ending: EXTRA_BARS=2 more bars are
# generated and cut off. OUT=FILE.json, MODELS=models, PYTHON=.venv/bin/python
set -eu
corpus=${1:+$(realpath "$1")}
synthetic=${2:+$(realpath "$2")}
root=$(realpath "$(dirname "$0")/../../..")
runs=$(realpath -m "${RUNS:-$root/var/training}")/gan
data=$(realpath -m "${GAN_DATA:-$runs/data}")
baseline=$(realpath -m "${BASELINE:-$runs/baseline.npz}")
models=$(realpath -m "${MODELS:-$root/models}")
out=${OUT:+$(realpath -m "$OUT")}
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
pieces=${PIECES:-1000}
cd "$root/services/gan"

if ! test -e "$data/windows.npz"; then
    test -n "$corpus" || { echo "name the corpus: CORPUS=DIR" >&2; exit 2; }
    "$python" -m training.data.prepare --corpus "$corpus" ${synthetic:+--synthetic "$synthetic"} --out "$data"
fi
if ! test -e "$baseline"; then
    "$python" -m training.baseline train --data "$data" --out "$runs/baseline" --minutes "${BASELINE_MINUTES:-20}"
    "$python" -m training.baseline sample --data "$data" --run "$runs/baseline" --count "$pieces" --bars 16 --out "$baseline"
fi
OMP_NUM_THREADS=1 exec "$python" -m training.evaluation --data "$data" --models "$models" --count "$pieces" \
    --extra-bars "${EXTRA_BARS:-2}" --baseline "$baseline" ${REPORTS:+--reports "$REPORTS"} ${out:+--out "$out"}
