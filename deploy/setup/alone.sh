#!/usr/bin/env bash
# Installs one service, and nothing that it does not need, into an environment of its own; images are made of it.
#   alone.sh MEMBER FOLDER UV PIP_PYTHON      MEMBER: services/transposer, gateway, ...
set -euo pipefail
folder=$(realpath -m "$2") uv=$(realpath "$3") pip_python=$4
cd "$(dirname "$0")/../.."
member=$1
name=$(basename "$member")

# Trust what the machine trusts: pip does, uv has to be told.
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}; fi

needed=(protos libs/servicekit)
for library in score contract; do
  if grep -q "\"segue-$library\"" "$member/pyproject.toml"; then needed+=("libs/$library"); fi
done

# What packs the wheels stays out of the environment that runs them.
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
"$uv" venv --quiet --python 3.11 "$work/build"
VIRTUAL_ENV=$work/build "$uv" pip install --quiet --no-deps --require-hashes -r locks/build.txt
for each in "${needed[@]}" "$member"; do
  (cd "$each" && "$work/build/bin/python" -m hatchling build --target wheel --directory "$work/wheels" >/dev/null)
done

"$uv" venv --quiet --python 3.11 "$folder"
export VIRTUAL_ENV=$folder
"$uv" pip install --quiet --no-deps --require-hashes -r "locks/$name.txt"
if grep -q '"torch==' "$member/pyproject.toml"; then deploy/setup/torch.sh "$uv" "$pip_python"; fi
"$uv" pip install --quiet --no-deps --no-index "$work"/wheels/*.whl
