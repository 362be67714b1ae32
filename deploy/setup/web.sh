#!/usr/bin/env bash
# Builds the page: web.sh build | test. Uses the machine's node where it is new enough, else one from PyPI in .tools.
set -euo pipefail
cd "$(dirname "$0")/../.."

new_enough() { command -v npm >/dev/null && "$1" -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null; }

if ! new_enough node; then
  if [ ! -x .tools/bin/node ]; then
    echo "segue: node from PyPI (no node 20.19 or later on this machine)"
    .tools/bin/python -m pip install --quiet --no-deps --require-hashes -r locks/node.txt
  fi
  export PATH=$PWD/.tools/bin:$PATH
fi
cd web
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "segue: the page's packages (npm ci)"
  npm ci --no-fund --no-audit --loglevel=error
  touch node_modules/.package-lock.json
fi
npm run "$1"
