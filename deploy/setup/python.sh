#!/usr/bin/env bash
# Fills .venv from the locks, hash by hash: python.sh UV
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=$1

"$uv" venv --quiet --allow-existing --python 3.11 .venv
export VIRTUAL_ENV=$PWD/.venv
echo "segue: Python packages from locks/all.txt (about 1.5 GB unpacked, most of it TensorFlow)"
"$uv" pip install --no-deps --require-hashes -r locks/all.txt
deploy/setup/torch.sh "$uv" .tools/bin/python

echo "segue: the workspace's own packages"
members=()
for member in protos libs/* services/* gateway; do members+=(-e "$member"); done
"$uv" pip install --quiet --no-deps --no-build-isolation "${members[@]}"
