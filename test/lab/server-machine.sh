#!/usr/bin/env bash
# The machine of server-image.sh as a QEMU of its own, apart from all labs: two disks on SATA, an e1000e, one CPU, 384 MiB.
#
#   server-machine.sh first DIR         boots the disks of DIR, and keeps in DIR/state how it stands once it is up
#   server-machine.sh again DIR WORK PORT   goes on from there, over disks of its own in WORK; sshd is at 127.0.0.1:PORT. Runs until it is killed
#   server-machine.sh beside DIR WORK TAP   the same, with its card on a new interface TAP of this computer; its address is 10.0.2.15 until somebody gives it another
set -euo pipefail
DIR=$2
machine() { # FOLDER SERIAL CARD, its networks and more of QEMU's options; in this process, so that whoever ends the script ends it
  local disks=$1 serial=$2 card=$3; shift 3
  exec qemu-system-x86_64 -name cellar -M q35 -accel tcg -m 384 -nodefaults -display none -serial "file:$serial" \
    -drive "file=$disks/disk.qcow2,if=none,id=disk,format=qcow2,cache=unsafe,discard=unmap" -device ide-hd,drive=disk,bus=ide.0,serial=CELLAR1 \
    -drive "file=$disks/store.qcow2,if=none,id=store,format=qcow2,cache=unsafe,discard=unmap" -device ide-hd,drive=store,bus=ide.1,serial=CELLAR2 \
    "$@" -device e1000e,netdev=$card,mac=52:54:00:ce:11:a4 \
    -smbios type=1,uuid=5a7c1f0e-3b1d-4f43-8a55-1f6f6a0c3d00
}
alone() { echo "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$1-:22"; } # PORT
case $1 in
first)
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { process.stdout.write(String(s.address().port)); s.close(); })')
  mkfifo "$DIR/monitor"
  (machine "$DIR" "$DIR/serial" net -netdev "$(alone "$port")" -monitor stdio < "$DIR/monitor" > /dev/null) &
  exec 3> "$DIR/monitor"
  # A hang, not slowness: it boots under TCG.
  on() { ssh -q -i "$DIR/key" -p "$port" -o ConnectTimeout=20 -o UserKnownHostsFile="$DIR/known_hosts" -o HostKeyAlias=127.0.0.1 \
    -o BatchMode=yes root@127.0.0.1 "$1" </dev/null; }
  up() { on 'systemctl is-active -q ledger && sync'; }
  # Linux looks at both ports at one time and names first what answers first; tests know the disks by these names.
  in_order() { on '[ "$(readlink -f /dev/disk/by-id/ata-*CELLAR1)" = /dev/sda ]'; }
  for i in $(seq 600); do
    kill -0 $! || exit 1
    if grep -qa '^report: ' "$DIR/serial" && up; then
      ! in_order || break
      echo "server-machine: its disks have each other's names; it boots again" >&2
      echo system_reset >&3
      sleep 5
    fi
    [ "$i" -lt 600 ] || { tail -20 "$DIR/serial"; exit 1; }
    sleep 1
  done
  echo "migrate_set_parameter max-bandwidth 10G" >&3
  echo "migrate \"exec:cat > $DIR/state\"" >&3
  echo quit >&3
  wait $!
  rm "$DIR/monitor"
  [ -s "$DIR/state" ];;
again | beside)
  work=$3
  for disk in disk store; do qemu-img create -q -f qcow2 -F qcow2 -b "$DIR/$disk.qcow2" "$work/$disk.qcow2"; done
  net=(-netdev "$(alone "$4")") card=net
  # What it was kept with has to be there, also where nothing is plugged into it.
  [ "$1" = again ] || { net=(-netdev user,id=net,restrict=on -netdev "tap,id=tap,ifname=$4,script=no,downscript=no"); card=tap; }
  machine "$work" "$work/serial" "$card" "${net[@]}" -incoming "exec:cat $DIR/state";;
esac
