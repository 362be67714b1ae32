#!/bin/sh
# Compares blends of held-out pairs of whole pieces, Segue's own beside simple baselines, by every figure with a target.
#   services/vae/training/evaluate_blend.sh CORPUS [CORPUS ...]
# PAIRS=40, or 3 for a smoke run. OUT=FILE.json writes all values, ROLLS=DIR draws the piano rolls of ten pairs.
# BLENDER=segue (or the names of several) measures only these, WITH=FILE.json adds the others from an earlier run on the
# same pairs. PAIR_SEED=4711 chooses the pairs: take another one while you change the blend, and this one to report.
# DEVELOPMENT=1 takes works that training has seen, LANGUAGE_PIECES=700 is the size of the 5-gram model's training music,
# WAY= leaves out the way between the parents, SLIDERS= the attribute sliders. MODELS=models, SEGUE_DATA=var,
# PYTHON=.venv/bin/python
set -eu
test $# -gt 0 || { echo "say where the music is: $0 CORPUS [CORPUS ...]" >&2; exit 2; }
root=$(realpath "$(dirname "$0")/../../..")
models=$(realpath -m "${MODELS:-$root/models}")
cache=$(realpath -m "${SEGUE_DATA:-$root/var}")/cache/vae
out=${OUT:+$(realpath -m "$OUT")}
rolls=${ROLLS:+$(realpath -m "$ROLLS")}
earlier=${WITH:+$(realpath "$WITH")}
python=$(realpath -s "${PYTHON:-$root/.venv/bin/python}")
way=${WAY-1}
sliders=${SLIDERS-12}
n_folders=$#
for folder; do
    set -- "$@" --corpus "$(realpath "$folder")"
done
shift "$n_folders"
blenders=$(for blender in ${BLENDER:-}; do printf ' --blender %s' "$blender"; done)
case " ${BLENDER:-segue} " in *" segue "*) ;; *) sliders= ;; esac
cd "$root/services/vae"
"$python" -m training.whole_blend "$@" $blenders --models "$models" --cache "$cache" --pairs "${PAIRS:-40}" \
    --pair-seed "${PAIR_SEED:-4711}" --language-pieces "${LANGUAGE_PIECES:-700}" ${way:+--path} \
    ${DEVELOPMENT:+--development} ${earlier:+--with "$earlier"} ${out:+--out "$out"} ${rolls:+--rolls "$rolls"}
test -z "$sliders" || "$python" -m training.evaluation.slider_linearity "$@" --models "$models" --cache "$cache" \
    --pairs "$sliders" --pair-seed "${PAIR_SEED:-4711}" ${DEVELOPMENT:+--development}
