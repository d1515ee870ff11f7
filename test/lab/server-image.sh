#!/usr/bin/env bash
# A server as it stands in a cellar: Debian on a disk with an MBR, GRUB, /boot on ext4, swap, and LVM with room for snapshots, whose volume has
# the root; a small disk of LVM's own has /var/lib/ledger, a database that a service writes into all the time. Another service says at each start on the serial
# port how the machine is. One of its disks it knows by the drive's serial, its card by where that is plugged in: names that no copy has. It logs in
# root by a key of its own. Made of this machine's own package sources, without mounting anything, booted once and kept as it ran, so that
# a test has it in a second or two.
#
#   server-image.sh OUTDIR    makes OUTDIR/server/ (cached: nothing is done when this version of the file made it):
#     disk.qcow2, store.qcow2 and state   the disks and all else of the machine, in the moment when it stood (server-machine.sh says how it is started)
#     key, known_hosts        of root, and of the machine at 127.0.0.1
#     marker, stock           the SHA-256 of its /var/lib/marker and /var/lib/ledger/stock
set -euo pipefail
OUT=${1:?outdir}; mkdir -p "$OUT"; OUT=$(readlink -f "$OUT")
HERE=$(dirname "$(readlink -f "$0")")
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8
STAMP=$(cat "$0" "$HERE/server-machine.sh" | sha256sum | cut -c1-32) # what another version of these files made is made anew
made() { [ "$(cat "$OUT/server/made-by" 2>/dev/null)" = "$STAMP" ]; }
! made || exit 0
exec 9>"$OUT/.server-lock"; flock 9
! made || exit 0
W=$(mktemp -d -p "$OUT"); trap 'rm -rf "$W"' EXIT; cd "$W"; chmod 755 .
die() { echo "server-image: $*" >&2; exit 1; }

# Packages of Debian alone, whatever else this machine installs from.
sources() {
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' | sort -u
}
suite() { . /etc/os-release; echo "$VERSION_CODENAME"; }
PACKAGES=systemd-sysv,udev,dbus,kmod,iproute2,e2fsprogs,fdisk,lvm2,initramfs-tools,zstd,openssh-server,sqlite3
tree() {
  sources > sources.list
  grep -q . sources.list || return 1
  # In a mount namespace of its own: what it mounts into the tree goes with it, however it ends.
  unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=apt --include="$PACKAGES" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt=force-unsafe-io "$(suite)" tree - < sources.list >bootstrap.log 2>&1 || { tail -5 bootstrap.log >&2; rm -rf tree; return 1; }
}
kernel() {
  local package
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image/{print $2; exit}') || return 1
  [ -n "$package" ] && apt-get -q -o APT::Sandbox::User=root download "$package" grub-pc-bin >/dev/null &&
    dpkg-deb -x linux-image-*.deb kernel && dpkg-deb -x grub-pc-bin_*.deb grub
}
for try in 1 2 3; do
  ! { [ -d kernel ] || kernel; } || ! tree || break
  [ "$try" -lt 3 ] || die "the packages could not be fetched"
  apt-get -q update >/dev/null || sleep 3 # a machine may have no package lists, or old ones
done

VERSION=$(ls kernel/lib/modules)
M=lib/modules/$VERSION
mkdir -p "tree/$M" tree/boot
cp kernel/"$M"/modules.{builtin*,order} "tree/$M/"
cp "kernel/boot/vmlinuz-$VERSION" "kernel/boot/config-$VERSION" tree/boot/
module() { # NAME: copies it, and what it depends on, to where a kernel's package has it
  local file dependency
  file=$(cd kernel && find "$M" -name "${1//_/[-_]}.ko")
  [ -n "$file" ] && [ ! -e "tree/$file" ] || return 0 # it is in the kernel itself
  for dependency in $(modinfo -F depends "kernel/$file" | tr , ' '); do module "$dependency"; done
  mkdir -p "$(dirname "tree/$file")"; cp "kernel/$file" "tree/$file"
}
for m in virtio_pci virtio_blk virtio_scsi virtio_net virtio_rng sd_mod ahci ata_piix crc32c_generic crc32c_intel ext4 dm_mod dm_snapshot \
  e1000e button evdev autofs4 loop; do module "$m"; done
depmod -b tree "$VERSION"

echo cellar > tree/etc/hostname
printf '127.0.0.1 localhost cellar\n' > tree/etc/hosts
: > tree/etc/machine-id
BOOT=5a7c1f0e-3b1d-4f43-8a55-1f6f6a0c3d01 SWAP=5a7c1f0e-3b1d-4f43-8a55-1f6f6a0c3d02
cat > tree/etc/fstab <<F
/dev/mapper/cellar-root / ext4 defaults 0 1
/dev/disk/by-id/ata-QEMU_HARDDISK_CELLAR1-part1 /boot ext4 defaults 0 2
UUID=$SWAP none swap sw 0 0
/dev/mapper/store-ledger /var/lib/ledger ext4 defaults 0 2
F
printf '[Match]\nName=enp0s1\n[Network]\nDHCP=yes\n' > tree/etc/systemd/network/wired.network
mkdir -p tree/root/.ssh; chmod 700 tree/root/.ssh
ssh-keygen -q -t ed25519 -N '' -C laptop -f key
cp key.pub tree/root/.ssh/authorized_keys; chmod 600 tree/root/.ssh/authorized_keys
rm -f tree/etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -C cellar -f tree/etc/ssh/ssh_host_ed25519_key
# The cipher that costs least without instructions for AES. On a machine that has other work nobody is sent away as too slow, and nothing that starts is given up.
printf 'UseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\nCiphers chacha20-poly1305@openssh.com\nLoginGraceTime 0\n' > tree/etc/ssh/sshd_config.d/quick.conf
mkdir -p tree/etc/systemd/system.conf.d
printf '[Manager]\nDefaultTimeoutStartSec=1h\nDefaultDeviceTimeoutSec=1h\n' > tree/etc/systemd/system.conf.d/patient.conf
echo 'event_timeout=3600' >> tree/etc/udev/udev.conf
head -c 3000000 /dev/urandom > tree/var/lib/marker
cat > tree/etc/systemd/system/ledger.service <<'S'
[Unit]
Description=Writes into a database all the time
After=report.service
[Service]
ExecStart=/usr/local/sbin/ledger
[Install]
WantedBy=multi-user.target
S
cat > tree/usr/local/sbin/ledger <<'S'
#!/bin/bash
# Sleeps without a program: to start one is most of the work under TCG. Who reads has it locked for a moment.
exec 3<> <(:)
{ echo '.timeout 60000'
  echo 'CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, at TEXT, text BLOB);'
  until read -rt 0.5 -u 3; [ $? -le 128 ]; do echo "INSERT INTO entry (at, text) VALUES (datetime(), randomblob(3000));"; done
} | exec sqlite3 -bail /var/lib/ledger/ledger.db
S
# What LVM does by itself waits for udev in the initramfs, and is late under TCG.
cat > tree/etc/systemd/system/store.service <<'S'
[Unit]
Description=The volumes of the second disk
DefaultDependencies=no
After=systemd-udevd.service
Before=local-fs-pre.target
[Service]
Type=oneshot
ExecStart=/sbin/vgchange --activate y store
[Install]
WantedBy=local-fs-pre.target
S
cat > tree/etc/systemd/system/report.service <<'S'
[Unit]
Description=Says how the machine is
After=local-fs.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/report
[Install]
WantedBy=multi-user.target
S
# One line, for whoever watches the serial port.
cat > tree/usr/local/sbin/report <<'S'
#!/bin/sh
marker=$(sha256sum < /var/lib/marker)
[ ! -e /var/lib/ledger/ledger.db ] || ledger=$(sqlite3 /var/lib/ledger/ledger.db 'PRAGMA integrity_check; SELECT count(*) FROM entry' 2>&1 | tr '\n' ' ')
swap=$(awk 'NR > 1 {n++} END {print n + 0}' /proc/swaps)
boot=$(findmnt -no SOURCE /boot)
# A card has its name soon after the kernel has found it.
for i in $(seq 60); do
  nic=$(ls /sys/class/net | grep -v '^lo$\|^eth')
  [ -z "$nic" ] || break
  sleep 1
done
echo "report: host=$(hostname) marker=${marker%% *} swap=$swap boot=$boot nic=$nic ledger=${ledger:-none}" > /dev/ttyS0
S
chmod 755 tree/usr/local/sbin/*
chroot tree systemctl -q enable systemd-networkd store ledger report
chroot tree systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer \
  fstrim.timer systemd-pcrphase.service systemd-pcrphase-sysinit.service \
  proc-sys-fs-binfmt_misc.automount systemd-binfmt.service 2>/dev/null
# By itself Debian's initramfs tries to activate a group once, when udev has seen its disk; where that fails, as it did once under load, nobody tries again.
mkdir -p tree/etc/initramfs-tools/scripts/local-block
cat > tree/etc/initramfs-tools/scripts/local-block/groups <<'S'
#!/bin/sh
[ "$1" = prereqs ] || lvm vgchange --sysinit --activate ay cellar store
S
chmod 755 tree/etc/initramfs-tools/scripts/local-block/groups
chroot tree update-initramfs -c -k "$VERSION" > initramfs.log 2>&1 || { tail -5 initramfs.log >&2; die "no initramfs"; }
# What is there is read and sent: less is cheaper.
rm -rf tree/var/cache/* tree/var/lib/{apt,dpkg,debconf} tree/etc/apt tree/usr/share/{zoneinfo,bash-completion,i18n,perl,perl5,debconf,info,lintian} \
  tree/usr/lib/*/{gconv,perl,perl-base} tree/usr/lib/udev/hwdb.* tree/etc/udev/hwdb.bin
(cd tree && rm -f usr/bin/{perl*,apt*,dpkg*,localedef,gpgv,openssl} usr/lib/*/libapt-*)
mkdir tree/var/lib/ledger
mkdir store; head -c 32000000 /dev/urandom > store/stock
mv tree/boot boot; mkdir tree/boot
ln -s "vmlinuz-$VERSION" boot/vmlinuz; ln -s "initrd.img-$VERSION" boot/initrd.img
mkdir boot/grub
# Programs at the same addresses each time (norandmaps): QEMU 7.2 translates code anew for each address that it is met at.
cat > boot/grub/grub.cfg <<'C'
linux /vmlinuz root=/dev/mapper/cellar-root ro console=tty0 console=ttyS0 tsc=unstable no_timer_check mitigations=off norandmaps quiet
initrd /initrd.img
boot
C

# The disk: in MiB, /boot from 1 on, swap from 97, LVM from 161 up to the end. Extents of 4 MiB.
ROOT=$((($(du -sm tree | cut -f1) * 12 / 10 + 200) / 4)) # extents
PV=$(((ROOT + 80) * 4 + 1))
truncate -s "$((161 + PV + 1))M" disk.raw
printf 'label: dos\n2048,96M,L,*\n%s,64M,S\n%s,%sM,V\n' $((97 * 2048)) $((161 * 2048)) "$PV" | sfdisk -q disk.raw
truncate -s 96M boot.img; mke2fs -q -t ext4 -U "$BOOT" -L boot -d boot boot.img
truncate -s "$((ROOT * 4))M" root.img; mke2fs -q -t ext4 -L root -d tree root.img
truncate -s 64M swap.img; mkswap -q -U "$SWAP" swap.img
put() { dd if="$1" of=disk.raw bs=1M seek="$2" conv=notrunc,sparse status=none; }
put boot.img 1; put swap.img 97; put root.img 162
volume_group() { # DISK MIB NAME PV-ID PV-MIB EXTENTS VOLUME ID EXTENTS: a group on a part of a disk, which has one volume
  cat > "$3.txt" <<T
contents = "Text Format Volume Group"
version = 1
description = "server-image"
creation_host = "cellar"
creation_time = 1764151200

$3 {
	id = "7Zc5Wk-8bqd-0bNX-VJ2p-8zGC-hV7n-xZ1dY${3:0:1}"
	seqno = 2
	format = "lvm2"
	status = ["RESIZEABLE", "READ", "WRITE"]
	flags = []
	extent_size = 8192
	max_lv = 0
	max_pv = 0
	metadata_copies = 0
	physical_volumes {
		pv0 {
			id = "$4"
			device = "/dev/unknown"
			status = ["ALLOCATABLE"]
			flags = []
			dev_size = $(($5 * 2048))
			pe_start = 2048
			pe_count = $6
		}
	}
	logical_volumes {
		$7 {
			id = "$8"
			status = ["READ", "WRITE", "VISIBLE"]
			flags = []
			creation_time = 1764151100
			creation_host = "cellar"
			segment_count = 1
			segment1 {
				start_extent = 0
				extent_count = $9
				type = "striped"
				stripe_count = 1
				stripes = [
					"pv0", 0
				]
			}
		}
	}
}
T
  (cd "$HERE/../.." && node --import tsx test/lab/write-volume-group.ts "$W/$1" $(($2 * 1048576)) $(($5 * 1048576)) "$W/$3.txt")
}
volume_group disk.raw 161 cellar 0qJmDA-3Kxm-vXRe-5aZH-0oDb-bUT1-Kw2x3p "$PV" $((ROOT + 80)) root Q1c7hN-Jm3f-aa8W-2dPz-kY6s-rB4t-9uVxLe "$ROOT"
# The other one is LVM's from its first byte on.
truncate -s 116M store.raw; truncate -s 56M ledger.img; mke2fs -q -t ext4 -L ledger -d store ledger.img
dd if=ledger.img of=store.raw bs=1M seek=1 conv=notrunc,sparse status=none
volume_group store.raw 0 store c3Vd9R-Zk1m-Ye5T-uH8b-L0pQ-s2Xw-Nf6Ja4 116 28 ledger gT5yXo-Pw3c-Rk9V-e1Mn-B7zd-Ju2h-Sa8LqF 14
# GRUB: its first sector in the MBR, what that loads right behind it, where it looks for it without being told.
G=grub/usr/lib/grub/i386-pc
grub-mkimage -d "$G" -O i386-pc -o core.img -p '(hd0,msdos1)/grub' biosdisk part_msdos ext2 linux normal echo
dd if="$G/boot.img" of=disk.raw bs=440 count=1 conv=notrunc status=none
dd if=core.img of=disk.raw bs=512 seek=1 conv=notrunc status=none
mkdir server
for disk in disk store; do qemu-img convert -q -O qcow2 "$disk.raw" "server/$disk.qcow2"; done
{ printf '127.0.0.1 '; cut -d' ' -f1,2 tree/etc/ssh/ssh_host_ed25519_key.pub; } > server/known_hosts
cp key server/key
sha256sum < tree/var/lib/marker | cut -d' ' -f1 > server/marker
sha256sum < store/stock | cut -d' ' -f1 > server/stock
"$HERE/server-machine.sh" first "$W/server" > first.log 2>&1 || { tail -20 first.log >&2; die "it did not come up"; }
echo "$STAMP" > server/made-by
rm -rf "$OUT/server"; mv server "$OUT/server"
