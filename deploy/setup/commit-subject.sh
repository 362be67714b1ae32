#!/usr/bin/env bash
# Checks a commit's subject: "area: what and why", at most 72 characters. commit-subject.sh MESSAGE_FILE
set -euo pipefail
subject=$(grep -v '^#' "$1" | head -n 1)
if [ ${#subject} -gt 72 ]; then
  echo "The subject has ${#subject} characters; at most 72 fit." >&2 && exit 1
fi
if ! [[ $subject =~ ^(Merge|Revert|[a-z0-9./-]+:\ ) ]]; then
  echo "Write \"area: what and why\", for example \"renderer: keep the tail of the last note\"." >&2 && exit 1
fi
