/** Bytes of a section that come at most; what is longer is cut, and told. The volumes of a large host have room. */
export const SECTION_BYTES = 512 * 1024;
/** Of all sections. */
export const PROBE_BYTES = 8 * 1024 * 1024;

/** Programs that matter here: for reading used blocks, packing, quiet moments; and for what the report tells. */
export const LOOKED_FOR = [
  'zstd',
  'lz4',
  'gzip',
  'b2sum',
  'ssh',
  'lvcreate',
  'partclone.btrfs',
  'partclone.exfat',
  'partclone.f2fs',
  'partclone.vfat',
  'blkid',
  'efibootmgr',
  'dracut',
  'update-initramfs',
  'docker',
  'podman',
] as const;

/** LVM keeps copies of its text in /etc: what only looks makes none. */
const LVM = "--config 'backup { backup=0 archive=0 }' --reportformat json --units b --nosuffix";

/**
 * What `sh -s MARK all` reads, or `sh -s MARK disks`, which ends where all is told of these: it looks at the machine and changes nothing on it. Each section is a line `@MARK name` and what a program printed; of one
 * that is not there, `@MARK name -`. Any sh runs it, also busybox's. Nothing of it reads the standard input, which is the script itself.
 */
export const PROBE_SCRIPT = `mark=$1
export LC_ALL=C TMPDIR=/run
limit() { timeout 30 "$@" </dev/null 2>/dev/null | head -c ${SECTION_BYTES}; }
part() { printf '\\n@%s %s\\n' "$mark" "$1"; }
have() { command -v "$1" >/dev/null 2>&1; }
from() { n=$1; shift; if have "$1"; then part "$n"; limit "$@"; else part "$n -"; fi; }
text() { n=$1; shift; for f in "$@"; do if [ -r "$f" ]; then part "$n"; limit cat "$f"; return; fi; done; part "$n -"; }
get() { v=; if [ -r "$1" ]; then IFS= read -r v <"$1" 2>/dev/null; fi; printf '%s\\t' "$v"; }
release=$(uname -r)

text hostname /proc/sys/kernel/hostname
from uname uname -rm
text os-release /etc/os-release /usr/lib/os-release
text meminfo /proc/meminfo
part memory-blocks
get /sys/devices/system/memory/block_size_bytes
limit sh -c 'cat /sys/devices/system/memory/memory*/online | grep -c 1'
text cmdline /proc/cmdline
text cpus /sys/devices/system/cpu/online
from virt systemd-detect-virt
part tools
for t in ${LOOKED_FOR.join(' ')}; do if have $t; then echo $t; fi; done

part block
for d in /sys/class/block/*; do
  [ -e "$d/dev" ] || continue
  real=$(readlink -f "$d"); up=\${real%/*}
  printf '%s\\t' "\${d##*/}"
  get "$d/dev"; get "$d/size"; get "$d/start"; get "$d/partition"; get "$d/ro"; get "$d/removable"; get "$d/hidden"
  get "$d/queue/logical_block_size"; get "$d/dm/name"; get "$d/dm/uuid"; get "$d/md/level"; get "$d/device/model"
  printf '%s\\t%s\\t' "\${up##*/}" "$real"
  for s in "$d"/slaves/*; do if [ -e "$s" ]; then printf '%s ' "\${s##*/}"; fi; done
  echo
done | head -c ${SECTION_BYTES}

part tables
for d in /sys/block/*; do
  n=\${d##*/}
  case $n in loop*|ram*|sr*|zram*|fd*|dm-*|md*) continue;; esac
  IFS= read -r v <"$d/size" 2>/dev/null
  [ "\${v:-0}" != 0 ] || continue
  p=/dev/$(printf %s "$n" | tr ! /)
  printf '%s\\t' "$n"
  timeout 10 dd if="$p" bs=512 count=9 </dev/null 2>/dev/null | od -A n -v -t x1 | tr -d ' \\n'
  echo
done | head -c ${SECTION_BYTES}

if have blkid; then
  part blkid
  # busybox's knows no -V, and keeps no list of what it found
  low=no; if blkid -V </dev/null 2>&1 | grep -q util-linux; then low=yes; fi
  for d in /sys/class/block/*; do
    n=\${d##*/}
    case $n in loop*|ram*|sr*|zram*|fd*) continue;; esac
    IFS= read -r v <"$d/size" 2>/dev/null
    [ "\${v:-0}" != 0 ] || continue
    p=/dev/$(printf %s "$n" | tr ! /)
    printf 'VIRTLANE=%s\\n' "$n"
    if [ $low = yes ]; then timeout 10 blkid -p -o export "$p" </dev/null 2>/dev/null; else timeout 10 blkid "$p" </dev/null 2>/dev/null; fi
    echo
  done | head -c ${SECTION_BYTES}
else part 'blkid -'; fi

part mounts
# of block devices, and btrfs: a host of containers has thousands of others
grep -E '^[0-9]+ [0-9]+ ([1-9][0-9]*:|0:[0-9]+ .* - btrfs )' /proc/self/mountinfo | head -c ${SECTION_BYTES}
text swaps /proc/swaps
from df df -kP
text fstab /etc/fstab
text crypttab /etc/crypttab
part links
cat /etc/fstab /etc/crypttab 2>/dev/null | tr -s ' \\t' '\\n\\n' | grep '^/dev/' | sort -u | head -n 1024 | while IFS= read -r f; do
  if [ -e "$f" ]; then printf '%s\\t%s\\n' "$f" "$(readlink -f "$f")"; fi
done | head -c ${SECTION_BYTES}
from pvs pvs ${LVM} -o pv_name,pv_uuid,vg_name,pe_start,pv_pe_count
from vgs vgs ${LVM} -o vg_name,vg_extent_size,vg_size,vg_free
from lvs lvs ${LVM} --segments -o vg_name,lv_name,lv_path,lv_size,lv_active,lv_device_open,lv_kernel_major,lv_kernel_minor,origin,segtype,seg_start,seg_size,stripes,stripe_size,devices

if [ "$2" = disks ]; then part end; exit; fi

part net
for d in /sys/class/net/*; do
  [ -e "$d/device" ] || continue
  n=\${d##*/}
  printf '%s\\t' "$n"
  if [ -r "$d/bonding_slave/perm_hwaddr" ]; then get "$d/bonding_slave/perm_hwaddr"; else get "$d/address"; fi
  get "$d/operstate"; get "$d/name_assign_type"
  m=$(readlink "$d/master" 2>/dev/null); printf '%s\\n' "\${m##*/}"
done | head -c ${SECTION_BYTES}
from addresses ip -o addr show
part names
for d in /sys/class/net/*; do
  [ -e "$d/device" ] || continue
  n=\${d##*/}
  IFS= read -r mac <"$d/address" 2>/dev/null
  for f in /etc/network/interfaces /etc/network/interfaces.d/* /etc/netplan/* /etc/sysconfig/network-scripts/ifcfg-* \\
    /etc/sysconfig/network/ifcfg-* /etc/NetworkManager/system-connections/* /etc/systemd/network/* /etc/udev/rules.d/*-net*.rules; do
    [ -f "$f" ] || continue
    if { [ "\${f##*/}" = "ifcfg-$n" ] || grep -qwF -e "$n" "$f" 2>/dev/null; } && ! grep -qiF -e "$mac" "$f" 2>/dev/null; then
      printf '%s\\t%s\\n' "$n" "$f"
    fi
  done
done | head -c ${SECTION_BYTES}

from services systemctl list-units --type=service --state=running,exited --no-legend --plain --no-pager

img=
for f in "/boot/initrd.img-$release" "/boot/initramfs-$release.img" "/boot/initrd-$release" /boot/initramfs-linux.img \\
  "/boot/initramfs-\${release##*-}" /boot/initrd.img; do
  if [ -r "$f" ]; then img=$f; break; fi
done
part initramfs; printf '%s\\n' "$img"
drivers='/(virtio_blk|virtio_scsi|virtio_pci|virtio_net|ahci|e1000e)\\.ko'
listing() {
  if have lsinitramfs; then lsinitramfs "$img"
  elif have lsinitrd; then lsinitrd "$img"
  elif have cpio && gzip -t "$img"; then gzip -dc "$img" | cpio -t
  else return 1; fi
}
listed=none
if [ -n "$img" ]; then
  listed=$({ listing </dev/null 2>/dev/null || echo none; } | grep -E "$drivers|^none$" | head -c ${SECTION_BYTES})
fi
case $listed in
*none) part 'in-initramfs -' ;;
*) part in-initramfs; printf '%s\\n' "$listed" ;;
esac
if [ -r "/lib/modules/$release/modules.dep" ]; then
  part modules; grep -oE "^[^:]*$drivers" "/lib/modules/$release/modules.dep" | head -c ${SECTION_BYTES}
else part 'modules -'; fi
if [ -r "/lib/modules/$release/modules.builtin" ]; then
  part builtin; grep -E "$drivers" "/lib/modules/$release/modules.builtin" | head -c ${SECTION_BYTES}
else part 'builtin -'; fi

part efi
if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi
v=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
if [ -r $v ]; then part secure-boot; od -A n -t u1 -j 4 -N 1 $v 2>/dev/null; else part 'secure-boot -'; fi
if [ -d /sys/firmware/efi ]; then from efibootmgr efibootmgr -v; else part 'efibootmgr -'; fi
part loaders
while read -r dev at type rest; do
  [ "$type" = vfat ] || continue
  at=$(printf %b "$at")
  [ -d "$at/EFI" ] || continue
  limit find "$at/EFI" -maxdepth 3 -type f -iname '*.efi' | while IFS= read -r f; do printf '%s\\t%s\\n' "$at" "\${f#"$at"/}"; done
done </proc/mounts

part clock
date +%s
if [ -r /etc/timezone ]; then head -c 100 /etc/timezone; echo; else readlink -f /etc/localtime; fi
if [ -r /etc/adjtime ]; then tail -n 1 /etc/adjtime; fi
part end
`;
