#!/usr/bin/env bash
# Installs torch's pinned CPU build into the active environment (VIRTUAL_ENV): torch.sh UV PIP_PYTHON
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
uv=$(realpath "$1")

# A folder of wheels that pip knows of serves torch without a network; uv does not read pip's configuration.
wheels=$("$2" -m pip config get global.find-links 2>/dev/null || true)
# From outside the workspace, whose override takes torch away.
install=("$uv" --directory / pip install --no-deps --require-hashes -r "$here/locks/torch.txt")
if [ -n "$wheels" ] && find $wheels -name 'torch-*' 2>/dev/null | grep -q .; then
  echo "segue: torch, the CPU build, from $wheels"
  for folder in $wheels; do install+=(--find-links "$folder"); done
  "${install[@]}" --no-index
else
  echo "segue: torch, the CPU build"
  "${install[@]}" --torch-backend=cpu
fi
