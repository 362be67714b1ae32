#!/usr/bin/env bash
# Fills .venv from the locks, hash by hash: python.sh UV
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=$1
here=$PWD

"$uv" venv --quiet --allow-existing --python 3.11 .venv
export VIRTUAL_ENV=$here/.venv
echo "segue: Python packages from locks/all.txt (about 1.5 GB unpacked, most of it TensorFlow)"
"$uv" pip install --no-deps --require-hashes -r locks/all.txt

# A folder of wheels that pip knows of serves torch without a network; uv does not read pip's configuration.
wheels=$(.tools/bin/python -m pip config get global.find-links 2>/dev/null || true)
echo "segue: torch, the CPU build${wheels:+, from $wheels}"
# From outside the workspace, whose override takes torch away.
torch=("$uv" --directory / pip install --no-deps --require-hashes -r "$here/locks/torch.txt")
if [ -n "$wheels" ] && find $wheels -name 'torch-*' 2>/dev/null | grep -q .; then
  for folder in $wheels; do torch+=(--find-links "$folder"); done
  "${torch[@]}" --no-index
else
  "${torch[@]}" --torch-backend=cpu
fi

echo "segue: the workspace's own packages"
members=()
for member in protos libs/* services/* gateway; do members+=(-e "$member"); done
"$uv" pip install --quiet --no-deps --no-build-isolation "${members[@]}"
