#!/usr/bin/env bash
# cloud-init and the Python modules it needs, unpacked from Debian's packages: installed, it would take this machine for a new one at
# the next start. Prints the folder to put on PYTHONPATH of Debian's own Python.
#
#   cloud-init.sh OUTDIR    (cached: nothing is fetched when it is there)
set -euo pipefail
OUT=${1:?outdir}; mkdir -p "$OUT"; OUT=$(readlink -f "$OUT")
TREE=$OUT/cloud-init
MODULES=$TREE/usr/lib/python3/dist-packages
exec 9>"$OUT/.cloud-init-lock"; flock 9
if [ ! -d "$TREE" ]; then
  W=$(mktemp -d -p "$OUT"); trap 'rm -rf "$W"' EXIT; cd "$W"
  fetch() {
    local packages
    packages=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
      cloud-init 2>/dev/null | grep -E '^python3-[a-z]' | grep -v -E '^python3-(minimal|cryptography|cffi)' | sort -u) || return 1
    # shellcheck disable=SC2086
    apt-get -q -o APT::Sandbox::User=root download cloud-init $packages >/dev/null
  }
  for try in 1 2 3; do
    ! fetch || break
    [ "$try" -lt 3 ] || { echo "cloud-init.sh: the packages could not be fetched" >&2; exit 1; }
    apt-get -q update >/dev/null || sleep 3 # a machine may have no package lists, or old ones
  done
  for package in ./*.deb; do dpkg-deb -x "$package" tree; done
  mv tree "$TREE"
fi
echo "$MODULES"
