#!/usr/bin/env bash
# An image by Clonezilla's own scripts, from Debian's package: a Debian under TCG makes two disks of 64 MiB, with all that Clonezilla treats
# differently, and `ocs-sr savedisk` saves them. Takes some twenty minutes, as the scripts start thousands of programs: what it made is
# kept as test/fixtures/p2v/clonezilla-savedisk.tar.gz, and the sums of the disks in p2v-clonezilla.test.ts.
#
#   clonezilla-image.sh FOLDER    makes FOLDER/gz (the image), FOLDER/vdc.img and FOLDER/vdd.img (the disks that were saved)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")")
mkdir -p "${1:?folder}"; cd "$1"
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8

. /etc/os-release
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u > sources.list
unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=apt --include=kmod,udev,e2fsprogs,fdisk,gdisk,parted,lvm2,ntfs-3g,dosfstools,zstd,pigz,lzop,xz-utils,lshw,dmidecode,pciutils,usbutils,hdparm,file,bc,dialog,partclone,partimage,clonezilla,drbl,xxd,procps,psmisc,iproute2,btrfs-progs,xfsprogs,lbzip2,lzip,plzip,pixz,cryptsetup-bin \
  "$VERSION_CODENAME" tree - < sources.list
package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/{print $2; exit}')
apt-get -q -o APT::Sandbox::User=root download "$package"
dpkg-deb -x linux-image-*.deb kernel
V=$(ls kernel/lib/modules) M=lib/modules/$V
mkdir -p initrd/{bin,dev,proc,sys,root,modules} "tree/$M"
cp kernel/"$M"/modules.{builtin*,order} "tree/$M/"
cp /bin/busybox initrd/bin/
for a in sh mount insmod switch_root sleep cat; do ln -sf busybox "initrd/bin/$a"; done
. "$HERE/kernel-module.sh"
for m in virtio_pci virtio_blk crc32c_generic ext4; do module "$m" initrd/modules; done
cp initrd/modules/*.ko "tree/$M/"
for m in vfat nls_ascii nls_cp437 dm_mod fuse loop virtio_rng; do module "$m" "tree/$M"; done
rm "tree/$M/order"; depmod -b tree "$V"
cat > initrd/init <<'I'
#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
for m in $(cat /modules/order); do insmod /modules/$m; done
sleep 1
mount -t ext4 /dev/vda /root
for d in dev proc sys; do mount --move /$d /root/$d; done
exec switch_root /root /run.sh
I
chmod +x initrd/init; (cd initrd && find . | cpio -o -H newc --quiet | gzip -1) > initrd.img

# Clonezilla's scripts read from <(…): without udev's own start nobody makes /dev/fd.
cat > tree/run.sh <<'R'
#!/bin/bash
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C LC_ALL=C TERM=linux
mount -t tmpfs t /tmp; mount -t tmpfs t /run; mkdir -p /run/lock; mount -o remount,rw /
ln -s /proc/self/fd /dev/fd; ln -s /proc/self/fd/0 /dev/stdin; ln -s /proc/self/fd/1 /dev/stdout; ln -s /proc/self/fd/2 /dev/stderr
/lib/systemd/systemd-udevd --daemon; udevadm trigger; udevadm settle
bash -e /save.sh; echo "saved: $?"
sync; echo o > /proc/sysrq-trigger; sleep 10
R
cat > tree/save.sh <<'S'
mkdir -p /home/partimag; mount /dev/vdb /home/partimag
sfdisk -q /dev/vdc <<'T'
label: dos
label-id: 0x5a7c1f0e
start=2048, size=24576, type=83, bootable
start=26624, size=20480, type=7
start=47104, type=5
start=49152, size=16384, type=c
start=67584, size=8192, type=82
T
# The code of a boot loader, and what it keeps behind the table.
head -c 440 /dev/urandom | dd of=/dev/vdc conv=notrunc status=none
head -c 30000 /dev/urandom | dd of=/dev/vdc bs=512 seek=1 conv=notrunc status=none
partprobe /dev/vdc; udevadm settle
mkfs.ext4 -q -L boot -U 5a7c1f0e-3b1d-4f43-8a55-1f6f6a0c3d01 /dev/vdc1
mkfs.ntfs -q -F -L windows /dev/vdc2
mkfs.vfat -n DATA /dev/vdc5
mkswap -L swap -U 5a7c1f0e-3b1d-4f43-8a55-1f6f6a0c3d02 /dev/vdc6
sgdisk -o -n 1:2048:+8M -t 1:ef00 -c 1:'EFI system' -n 2:0:0 -t 2:8e00 /dev/vdd
partprobe /dev/vdd; udevadm settle
mkfs.vfat -n EFI /dev/vdd1
pvcreate /dev/vdd2; vgcreate cellar /dev/vdd2; lvcreate -y -L 16M -n root cellar; lvcreate -y -L 8M -n home cellar
mkfs.ext4 -q -L root /dev/cellar/root; mkfs.ext2 -q -L home /dev/cellar/home
for device in /dev/vdc1 /dev/vdc5 /dev/vdd1 /dev/cellar/root /dev/cellar/home; do
  mount "$device" /mnt
  for i in 1 2 3 4; do head -c $((i * 3000)) /dev/urandom > /mnt/file$i; done
  seq 20000 > /mnt/lines; mkdir /mnt/folder; echo "of $device" > /mnt/folder/name
  umount /mnt
done
mount -t ntfs-3g /dev/vdc2 /mnt; seq 20000 > /mnt/lines; head -c 5000 /dev/urandom > /mnt/file; umount /mnt
sync
ocs-sr -q2 -j2 -nogui -batch -sfsck -senc -p true -z1p -gs savedisk gz 'vdc vdd' </dev/null
S
chmod +x tree/run.sh
truncate -s 1500M root.img; mke2fs -q -t ext4 -d tree root.img
truncate -s 200M store.img; mke2fs -q -t ext4 store.img
truncate -s 64M vdc.img vdd.img
drives=()
for file in root.img store.img vdc.img vdd.img; do drives+=(-drive "file=$file,if=virtio,format=raw,cache=unsafe"); done
qemu-system-x86_64 -M q35 -accel tcg -m 768 -nodefaults -display none -serial stdio -no-reboot -kernel kernel/boot/vmlinuz-* \
  -initrd initrd.img -append 'console=ttyS0 quiet mitigations=off' "${drives[@]}" | tee serial
grep -q '^saved: 0' serial
debugfs -R "rdump gz $PWD" store.img
