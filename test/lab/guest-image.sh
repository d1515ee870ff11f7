#!/usr/bin/env bash
# A tiny guest that boots in seconds under TCG, made from Debian packages alone: a kernel, a busybox initramfs, a FAT
# disk with syslinux. Shells on the serial port and on the screen, ACPI power button, virtio, guest agent, DHCP.
#
#   guest-image.sh OUTDIR     makes OUTDIR/tiny.qcow2 (cached: nothing is done when this version of the file made it)
set -euo pipefail
OUT=${1:?outdir}; mkdir -p "$OUT"; OUT=$(readlink -f "$OUT")
export PATH=$PATH:/usr/sbin:/sbin
STAMP=$(sha256sum < "$0" | cut -c1-32) # an image that another version of this file made is made anew
made() { [ -f "$OUT/tiny.qcow2" ] && [ "$(cat "$OUT/.made-by" 2>/dev/null)" = "$STAMP" ]; }
! made || exit 0
exec 9>"$OUT/.lock"; flock 9
! made || exit 0
W=$(mktemp -d); trap 'rm -rf "$W"' EXIT; cd "$W"

mkdir download
fetch() {
  local kernel
  kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image/{print $2; exit}') || return 1
  [ -n "$kernel" ] && (cd download && apt-get -q -o APT::Sandbox::User=root download "$kernel" qemu-guest-agent >/dev/null)
}
for try in 1 2 3; do
  ! fetch || break
  [ "$try" -lt 3 ] || { echo "guest-image: the packages could not be fetched" >&2; exit 1; }
  apt-get -q update >/dev/null || sleep 3 # a machine may have no package lists, or old ones
done
dpkg-deb -x download/linux-image-*.deb kernel; dpkg-deb -x download/qemu-guest-agent_*.deb agent
VERSION=$(ls kernel/lib/modules)
R=$W/root
mkdir -p "$R"/{bin,sbin,dev,proc,sys,run,tmp,etc,lib,lib64,usr/bin,usr/sbin,root,var/log,modules}
cp /bin/busybox "$R/bin/busybox"
for a in $(/bin/busybox --list); do [ "$a" = busybox ] || ln -sf /bin/busybox "$R/bin/$a"; done

module() { # NAME: copies it after what it depends on, in load order
  local file dependency
  file=$(find "kernel/lib/modules/$VERSION" -name "$1.ko*" | head -1)
  [ -n "$file" ] || return 0
  for dependency in $(modinfo -F depends "$file" | tr , ' '); do module "$dependency"; done
  grep -qx "$(basename "$file")" "$R/modules/order" 2>/dev/null || { cp "$file" "$R/modules/"; basename "$file" >> "$R/modules/order"; }
}
for m in virtio_pci virtio_blk virtio_net virtio_console virtio_balloon virtio_scsi sd_mod sr_mod ata_piix ahci ext4 button \
  psmouse virtio_rng vfat nls_ascii isofs e1000 usbhid xhci_pci virtio_input evdev; do module $m; done

cp agent/usr/sbin/qemu-ga "$R/usr/sbin/"
for l in $(ldd agent/usr/sbin/qemu-ga | awk '/=> \//{print $3} /^\t\/lib64/{print $1}'); do mkdir -p "$R/$(dirname "$l")"; cp -L "$l" "$R/$l"; done

cat > "$R/init" <<'I'
#!/bin/sh
export PATH=/bin:/sbin:/usr/sbin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts; mount -t devpts pts /dev/pts; mount -t tmpfs run /run; ln -sfn /run /var/run
for m in $(cat /modules/order); do insmod /modules/$m 2>/dev/null; done
for p in /sys/class/virtio-ports/*; do
  [ -f $p/name ] && mkdir -p /dev/virtio-ports && ln -sf /dev/${p##*/} /dev/virtio-ports/$(cat $p/name)
done
hostname tiny
ip link set lo up
for i in /sys/class/net/e*; do
  [ -e $i ] && { ip link set ${i##*/} up; (udhcpc -q -n -t 8 -i ${i##*/} -s /etc/udhcpc.sh >/dev/null 2>&1 &); }
done
[ -e /dev/virtio-ports/org.qemu.guest_agent.0 ] &&
  qemu-ga -d -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -f /run/qga.pid -t /run -l /var/log/qga.log
# the ACPI power button
(while :; do
  for e in /dev/input/event*; do
    [ -e $e ] && [ "$(cat /sys/class/input/${e##*/}/device/name)" = "Power Button" ] &&
      { dd if=$e of=/dev/null bs=24 count=1 2>/dev/null; poweroff -f; }
  done
  sleep 1
done) &
read up _ </proc/uptime
for t in /dev/ttyS0 /dev/tty0; do echo "tiny guest ready, up $up s" > $t; done
(while :; do setsid cttyhack sh -c 'exec sh -l </dev/ttyS0 >/dev/ttyS0 2>&1'; sleep 1; done) &
while :; do setsid sh -c 'exec sh -l </dev/tty1 >/dev/tty1 2>&1'; sleep 1; done
I
cat > "$R/etc/udhcpc.sh" <<'I'
#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev $interface; ip addr add $ip/${mask:-24} dev $interface; [ -n "$router" ] && ip route add default via $router
I
# what the guest agent calls
printf '#!/bin/sh\ncase "$*" in *-r*) reboot -f;; *-H*) halt -f;; *) poweroff -f;; esac\n' > "$R/sbin/shutdown"
chmod +x "$R/init" "$R/etc/udhcpc.sh" "$R/sbin/shutdown"
echo 'PS1="tiny# "' > "$R/etc/profile"; echo root:x:0:0::/root:/bin/sh > "$R/etc/passwd"
(cd "$R" && find . | cpio -o -H newc --quiet | gzip -6) > initrd.img

cat > syslinux.cfg <<'C'
SERIAL 0 115200
DEFAULT linux
LABEL linux
 KERNEL vmlinuz
 APPEND initrd=initrd.img console=tty0 console=ttyS0 quiet tsc=unstable no_timer_check mitigations=off cryptomgr.notests
C
# a FAT file system is filled and made bootable without mounting anything
truncate -s 63M part.img
mkfs.vfat -n TINY part.img >/dev/null
mcopy -i part.img "kernel/boot/vmlinuz-$VERSION" ::vmlinuz
mcopy -i part.img initrd.img ::initrd.img; mcopy -i part.img syslinux.cfg ::syslinux.cfg
syslinux --install part.img
truncate -s 64M disk.raw
printf '2048,129024,c,*\n' | sfdisk -q disk.raw
dd if=part.img of=disk.raw bs=1M seek=1 conv=notrunc,sparse status=none
dd if=/usr/lib/syslinux/mbr/mbr.bin of=disk.raw bs=440 count=1 conv=notrunc status=none
# Not compressed: QEMU would unpack each cluster for each of the small reads by which it boots.
qemu-img convert -q -O qcow2 disk.raw made.qcow2
mv made.qcow2 "$OUT/tiny.qcow2"; echo "$STAMP" > "$OUT/.made-by"
