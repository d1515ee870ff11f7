#!/usr/bin/env bash
# As much of a Debian as virt-v2v takes for one, so that it has little to do: a kernel's package, its modules, GRUB's settings. Its shell is busybox; what
# makes an initramfs there writes down how it was called. It does not boot.
#
#   v2v-guest.sh OUT.raw
set -euo pipefail
OUT=${1:?file}
export PATH=$PATH:/usr/sbin:/sbin
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT
R=$W/root
mkdir -p "$R"/{bin,dev,proc,sys,run,tmp,root,usr/bin,usr/sbin,boot/grub,etc/default,etc/initramfs-tools,etc/modprobe.d,var/lib/dpkg,var/tmp}
cp /bin/busybox "$R/bin/busybox"
for a in sh ls cat echo; do ln -s busybox "$R/bin/$a"; done
# The kernel that libguestfs runs, too.
M=$(dirname "$(find /lib/modules/*/kernel -name 'virtio_blk.ko*' -print -quit)"); V=${M#/lib/modules/}; V=${V%%/*}
mkdir -p "$R/lib/modules/$V/kernel"
for m in virtio_blk virtio_net; do cp "$(find "/lib/modules/$V" -name "$m.ko*" -print -quit)" "$R/lib/modules/$V/kernel/"; done
echo kernel > "$R/boot/vmlinuz-$V"; echo initramfs > "$R/boot/initrd.img-$V"
printf 'Package: linux-image-%s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 6.1.1-1\nDescription: Linux\n\n' "$V" > "$R/var/lib/dpkg/status"
echo 12.0 > "$R/etc/debian_version"
printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n' > "$R/etc/os-release"
echo '/dev/sda1 / ext4 defaults 0 1' > "$R/etc/fstab"
echo 'options loop max_loop=8' > "$R/etc/modprobe.d/loop.conf"
: > "$R/etc/initramfs-tools/modules"
echo 'GRUB_CMDLINE_LINUX="quiet"' > "$R/etc/default/grub"
echo 'menuentry Debian { }' > "$R/boot/grub/grub.cfg"
program() { # PATH LINE
  printf '#!/bin/busybox sh\n%s\n' "$2" > "$R/$1"; chmod 755 "$R/$1"
}
program usr/bin/dpkg "printf '%s\n' /boot/vmlinuz-$V /lib/modules/$V"
program usr/sbin/update-initramfs "echo \"update-initramfs \$*\" > /boot/initrd.img-$V; echo \"update-initramfs \$*\" > /boot/called"
program usr/sbin/grub-mkconfig ':'
# virt-v2v wants 100 MiB free.
rm -f "$OUT"; truncate -s 192M "$OUT"
printf 'label: dos\nstart=2048,type=83,bootable\n' | sfdisk -q "$OUT"
mkfs.ext4 -q -F -O ^has_journal -d "$R" -E offset=1048576 "$OUT" $((191 * 1024))k
