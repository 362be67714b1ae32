#!/usr/bin/env bash
# Makes sure of what must come from the system: system.sh GROUP...
#   run   FluidSynth's library and the FluidR3 General MIDI SoundFont (MIT licence)
#   test  Chromium for the browser tests, compose (without an engine) to check deploy/compose.yaml
#   bench the command that renderings are compared with, and made by for transcriptions
#   s3    Ceph's gateway and what it stands on, for the S3 tests
# Installs only what is missing, by apt-get; without the right to, says in one line what to install.
set -euo pipefail

missing=()

need() { # PACKAGE CHECK...: the package is missing unless the check succeeds
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

has_library() { "${PYTHON:-python3}" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1"; }
has_soundfont() { [ -r "${RENDERER_SOUNDFONTS:-/usr/share/sounds/sf2}/${RENDERER_SOUNDFONT:-FluidR3_GM}.sf2" ]; }
has_compose() { docker compose version || command -v docker-compose; }
python_minor() { "${PYTHON:-python3}" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

for group in "$@"; do
  case $group in
    run)
      need "python$(python_minor)-venv" "${PYTHON:-python3}" -c 'import ensurepip, venv'
      need libfluidsynth3 has_library libfluidsynth.so.3
      need fluid-soundfont-gm has_soundfont
      ;;
    test)
      need chromium command -v chromium
      need libatomic1 has_library libatomic.so.1 # for the node that playwright brings
      need docker-compose has_compose
      ;;
    bench)
      need fluidsynth command -v fluidsynth
      ;;
    s3)
      need radosgw command -v radosgw
      need ceph-mon command -v ceph-mon
      need ceph-osd command -v ceph-osd
      ;;
    *) echo "segue: no such group of system packages: $group" >&2 && exit 2 ;;
  esac
done

[ ${#missing[@]} -gt 0 ] || exit 0

apt=(apt-get)
if [ "$(id -u)" != 0 ]; then apt=(sudo apt-get); fi
if ! command -v apt-get >/dev/null || ! command -v "${apt[0]}" >/dev/null; then
  echo "segue: missing from the system: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2
  exit 1
fi
echo "segue: installing system packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
quiet() { "$@" >"$log" 2>&1 || { tail -n 15 "$log" >&2; return 1; }; }
log=$(mktemp) && trap 'rm -f "$log"' EXIT
if quiet "${apt[@]}" update && quiet "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; then exit 0; fi
echo "segue: apt-get could not install ${missing[*]} (above: its last words)" >&2
exit 1
