#!/usr/bin/env bash
# A small Debian as its cloud images are: cloud-init that looks for its data source at each start, growpart, sshd, a shell on the
# serial port. It has all that the packages of the load balancer's template need, which takes minutes to install under TCG, but not the
# packages themselves: those are beside it, for a source of packages. Made of this machine's own package sources, and filled without mounting anything; boots in half a minute under TCG.
#
#   debian-image.sh OUTDIR    makes OUTDIR/debian.qcow2 and OUTDIR/debian-packages/*.deb (cached: nothing is done when this version of the file made it)
set -euo pipefail
OUT=${1:?outdir}; mkdir -p "$OUT"; OUT=$(readlink -f "$OUT")
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8
HERE=$(dirname "$(readlink -f "$0")")
STAMP=$(cat "$0" "$HERE/kernel-module.sh" | sha256sum | cut -c1-32) # an image that another version of these files made is made anew
made() { [ -f "$OUT/debian.qcow2" ] && [ "$(cat "$OUT/.debian-made-by" 2>/dev/null)" = "$STAMP" ]; }
! made || exit 0
exec 9>"$OUT/.debian-lock"; flock 9
! made || exit 0
W=$(mktemp -d -p "$OUT"); trap 'rm -rf "$W"' EXIT; cd "$W"; chmod 755 .
die() { echo "debian-image: $*" >&2; exit 1; }

# Packages of Debian alone, whatever else this machine installs from.
sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u
}
suite() { . /etc/os-release; echo "$VERSION_CODENAME"; }
PACKAGES=systemd-sysv,udev,dbus,kmod,iproute2,e2fsprogs,fdisk,cloud-init,cloud-guest-utils,openssh-server,sudo,tzdata,ca-certificates
TEMPLATE='trafficserver qemu-guest-agent'
tree() {
  sources > sources.list
  grep -q . sources.list || return 1
  # In a mount namespace of its own: what it mounts into the tree goes with it, however it ends.
  unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=apt --include="$PACKAGES,${TEMPLATE// /,}" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt=force-unsafe-io "$(suite)" tree - < sources.list >bootstrap.log 2>&1 || { tail -5 bootstrap.log >&2; rm -rf tree; return 1; }
}
# Not Debian's kernel for clouds, which has no driver for SATA: the seed is on a SATA drive.
kernel() {
  local package
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image/{print $2; exit}') || return 1
  [ -n "$package" ] && apt-get -q -o APT::Sandbox::User=root download "$package" >/dev/null && dpkg-deb -x linux-image-*.deb kernel
}
packages() {
  rm -rf packages; mkdir packages
  # shellcheck disable=SC2086
  (cd packages && apt-get -q -o APT::Sandbox::User=root download $TEMPLATE >/dev/null)
}
for try in 1 2 3; do
  ! { [ -d kernel ] || kernel; } || ! packages || ! tree || break
  [ "$try" -lt 3 ] || die "the packages could not be fetched"
  apt-get -q update >/dev/null || sleep 3 # a machine may have no package lists, or old ones
done

VERSION=$(ls kernel/lib/modules)
M=lib/modules/$VERSION
mkdir -p "tree/$M"; cp kernel/"$M"/modules.{builtin*,order} "tree/$M/"
# shellcheck disable=SC2086
chroot tree dpkg --purge $TEMPLATE > purge.log 2>&1 || { tail -5 purge.log >&2; die "the template's packages are not what they were"; }
rm -rf tree/var/cache/apt/*.bin
: > tree/etc/apt/sources.list # of no network that it could reach
: > tree/etc/machine-id
echo debian > tree/etc/hostname
echo 'LABEL=cloudroot / ext4 defaults 0 1' > tree/etc/fstab
# A key of RSA and a locale that is compiled take long under TCG.
printf 'ssh_genkeytypes: [ed25519]\nlocale: C.UTF-8\n' > tree/etc/cloud/cloud.cfg.d/90_quick.cfg
chroot tree systemctl -q enable systemd-networkd
# On a machine that has other work nothing that starts is given up, and nobody is sent away as too slow.
mkdir -p tree/etc/systemd/system.conf.d tree/etc/systemd/system/systemd-networkd-wait-online.service.d
printf '[Manager]\nDefaultTimeoutStartSec=1h\nDefaultDeviceTimeoutSec=1h\n' > tree/etc/systemd/system.conf.d/patient.conf
printf '[Service]\nExecStart=\nExecStart=/lib/systemd/systemd-networkd-wait-online --timeout=0\n' > tree/etc/systemd/system/systemd-networkd-wait-online.service.d/patient.conf
echo 'event_timeout=3600' >> tree/etc/udev/udev.conf
echo 'LoginGraceTime 0' > tree/etc/ssh/sshd_config.d/patient.conf
# What dpkg writes is of a guest that is thrown away.
echo force-unsafe-io > tree/etc/dpkg/dpkg.cfg.d/quick
# The linker looks into the folders of packages by itself; to list what is in them takes seconds.
ln -sf /bin/true tree/sbin/ldconfig
chroot tree systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer \
  fstrim.timer systemd-pcrphase.service systemd-pcrphase-sysinit.service \
  proc-sys-fs-binfmt_misc.automount systemd-binfmt.service 2>/dev/null

# The initrd finds the disk, and the CD too: cloud-init looks for its seed before udev has loaded anything.
mkdir -p initrd/{bin,dev,proc,sys,root,modules}
cp /bin/busybox initrd/bin/busybox
for a in sh mount umount insmod findfs switch_root sleep cat; do ln -s busybox "initrd/bin/$a"; done
. "$HERE/kernel-module.sh"
for m in virtio_pci virtio_blk virtio_scsi sd_mod sr_mod ahci ata_piix crc32c_generic ext4; do module "$m" initrd/modules; done
cp initrd/modules/*.ko "tree/$M/"
for m in isofs vfat nls_ascii nls_cp437 virtio_net virtio_rng virtio_balloon virtio_console e1000e button evdev autofs4; do module "$m" "tree/$M"; done
rm "tree/$M/order"; depmod -b tree "$VERSION"
cat > initrd/init <<'I'
#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
for m in $(cat /modules/order); do insmod /modules/$m; done
tries=0
until root=$(findfs LABEL=cloudroot) && { [ -b /dev/sr0 ] || [ $tries -ge 20 ]; }; do
  tries=$((tries + 1)); [ $tries -le 200 ] || exec sh
  sleep 0.1
done
mount -t ext4 "$root" /root
for d in dev proc sys; do mount --move /$d /root/$d; done
exec switch_root /root /sbin/init
I
chmod +x initrd/init
(cd initrd && find . | cpio -o -H newc --quiet | gzip -1) > initrd.img

# Programs at the same addresses each time (norandmaps): QEMU 7.2 translates code anew for each address that it is met at.
cat > syslinux.cfg <<'C'
SERIAL 0 115200
DEFAULT linux
LABEL linux
 KERNEL vmlinuz
 APPEND initrd=initrd.img console=tty0 console=ttyS0 tsc=unstable no_timer_check mitigations=off norandmaps quiet
C
truncate -s 31M boot.img
mkfs.vfat -n BOOT boot.img >/dev/null
mcopy -i boot.img "kernel/boot/vmlinuz-$VERSION" ::vmlinuz
mcopy -i boot.img initrd.img ::initrd.img; mcopy -i boot.img syslinux.cfg ::syslinux.cfg
syslinux --install boot.img

# The root comes last, so that it can grow.
ROOT=$(($(du -sm tree | cut -f1) * 12 / 10 + 120)) # MiB
truncate -s "${ROOT}M" root.img
mke2fs -q -t ext4 -L cloudroot -d tree root.img
truncate -s "$((ROOT + 33))M" disk.raw
printf '2048,63488,c,*\n65536,%s,83\n' $((ROOT * 2048)) | sfdisk -q disk.raw
dd if=boot.img of=disk.raw bs=1M seek=1 conv=notrunc,sparse status=none
dd if=root.img of=disk.raw bs=1M seek=32 conv=notrunc,sparse status=none
dd if=/usr/lib/syslinux/mbr/mbr.bin of=disk.raw bs=440 count=1 conv=notrunc status=none
qemu-img convert -q -O qcow2 disk.raw made.qcow2
rm -rf "$OUT/debian-packages"; mv packages "$OUT/debian-packages"
mv made.qcow2 "$OUT/debian.qcow2"; echo "$STAMP" > "$OUT/.debian-made-by"
