#!/usr/bin/env bash
# Writes locks/: exact versions with hashes, no download addresses. Its argument is the uv to use.
#   all.txt       everything `make run` installs, the stubs' generator included
#   dev.txt       what only tests and linters need
#   bench.txt     what benches and evaluations compare with
#   <member>.txt  what one member needs alone
#   build.txt     what packs the members (images)
#   uv.txt, node.txt  the tools of set-up itself
# locks/torch.txt is kept by hand: see docs/decisions/torch.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=${1:-uv}
export=("$uv" export --quiet --frozen --no-header --no-emit-workspace --format requirements-txt)

"$uv" lock --upgrade
"${export[@]}" --all-packages --group build -o locks/all.txt
for group in build bench uv node; do
  "${export[@]}" --only-group "$group" -o "locks/$group.txt"
done
"${export[@]}" --only-group test --only-group lint -o locks/dev.txt
for member in protos libs/* services/* gateway; do
  name=$(basename "$member")
  "${export[@]}" --package "segue-$name" --no-default-groups -o "locks/$name.txt"
done
wc -l locks/*.txt
