#!/usr/bin/env bash
# Builds or checks the page: web.sh build | lint | test. Uses the machine's node where it is new enough, else one from
# PyPI, in .tools. What only checks need is installed for them only.
set -euo pipefail
cd "$(dirname "$0")/../.."
script=$1

new_enough() {
  command -v npm >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}

if ! new_enough; then
  if [ ! -x .tools/bin/node ]; then
    echo "segue: node from PyPI (no node 20.19 or later on this machine)"
    .tools/bin/python -m pip install --quiet --no-deps --require-hashes -r locks/node.txt
  fi
  export PATH=$PWD/.tools/bin:$PATH
fi

cd web
kind=all
if [ "$script" = build ]; then kind=build; fi
done=node_modules/.installed-$kind
if [ ! -e "$done" ] || [ package-lock.json -nt "$done" ]; then
  if [ "$kind" = all ] || [ ! -e node_modules/.installed-all ] || [ package-lock.json -nt node_modules/.installed-all ]; then
    echo "segue: the page's packages (npm ci)"
    omit=()
    if [ "$kind" = build ]; then omit=(--omit=dev); fi
    npm ci --no-fund --no-audit --loglevel=error "${omit[@]}"
    touch "$done"
  fi
fi
npm run "$script"
