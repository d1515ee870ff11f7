#!/usr/bin/env bash
# The packages of the load balancer's template with what they depend on, and their index, as a source that apt takes: those of this
# machine's own Debian. Prints the folder.
#
#   balancer-packages.sh OUTDIR    (cached: nothing is fetched when it is there)
set -euo pipefail
OUT=${1:?outdir}; mkdir -p "$OUT"; OUT=$(readlink -f "$OUT")
export LC_ALL=C.UTF-8
SOURCE=$OUT/balancer-packages
exec 9>"$OUT/.balancer-packages-lock"; flock 9
if [ ! -d "$SOURCE" ]; then
  W=$(mktemp -d -p "$OUT"); trap 'rm -rf "$W"' EXIT; chmod 755 "$W"; mkdir "$W/source"; cd "$W/source"
  fetch() {
    local packages
    # Not the virtual ones, and not what every Debian has.
    packages=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
      trafficserver qemu-guest-agent 2>/dev/null | grep -E '^[a-z0-9]' | sort -u | xargs apt-cache show --no-all-versions 2>/dev/null |
      awk '/^Package:/ {name = $2; keep = 1} /^Essential: yes|^Priority: required/ {keep = 0} /^Filename:/ && keep {print name}' | sort -u) || return 1
    [ -n "$packages" ] || return 1
    # shellcheck disable=SC2086
    apt-get -q -o APT::Sandbox::User=root download $packages >/dev/null
  }
  for try in 1 2 3; do
    ! fetch || break
    [ "$try" -lt 3 ] || { echo "balancer-packages.sh: the packages could not be fetched" >&2; exit 1; }
    apt-get -q update >/dev/null || sleep 3 # a machine may have no package lists, or old ones
  done
  for file in *.deb; do
    dpkg-deb -f "$file"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum < "$file" | cut -d' ' -f1)"
  done > Packages
  mv "$W/source" "$SOURCE"
fi
echo "$SOURCE"
