/** The program; some systems keep it where no login looks. */
export const IN_PLACE = 'virt-v2v-in-place';
export const PATHS = 'PATH=$PATH:/usr/sbin:/sbin:/usr/libexec; export PATH';

/** A program whose link was lost is ended by its host within a minute. */
const LOCK_SECONDS = 120;
/** Where that has not happened. */
export const IS_HELD = 75;
/** What the host's virt-v2v runs in has no hardware virtualization. */
export const EMULATED = 'virtlane: no KVM';

/** What has got the folder's name meanwhile is neither written to nor removed. */
const OWN =
  '[ ! -L "$folder" ] && [ -d "$folder" ] && [ -O "$folder" ] || { echo "$folder is not the folder that this job has made" >&2; exit 1; }';

/** Who works in FOLDER has its lock, and so has all that it started: what went before is over. */
const LOCK = `exec 9>>"$folder/lock" || exit 1; flock -w ${LOCK_SECONDS} 9 || exit ${IS_HELD}`;

/**
 * `sh -c PREPARE sh FOLDER DISK…`; the machine's XML is read from the standard input, and names the overlays. virt-v2v writes to overlays over the
 * raw disks, which are made anew each time; the disks stay as they are. No libvirt is asked for its appliance: it would be another user's there.
 * virt-v2v that is ended leaves files in /tmp, where its sockets have to be: so it has one of its own, in FOLDER. Its appliance runs programs of the copied
 * system, and QEMU would let them reach what listens on the host for itself alone: so it has a network of its own, which leads nowhere.
 */
export const PREPARE = [
  PATHS,
  'exec 2>&1; for path; do case $path in /tmp/*) echo "$path is in /tmp, which virt-v2v has for itself"; exit 1 ;; esac; done',
  'folder=$1; shift; umask 077; mkdir -p -- "$folder" || exit 1',
  OWN,
  LOCK,
  'find "$folder" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf --one-file-system -- {} + && mkdir -p -- "$folder/scratch/tmp" || exit 1',
  'cat > "$folder/scratch/machine.xml" || exit 1',
  'n=0; for disk; do n=$((n + 1)); qemu-img create -q -f qcow2 -F raw -b "$disk" -- "$folder/scratch/$n.qcow2" || exit 1; done',
  'unset TMPDIR; export LIBGUESTFS_BACKEND=direct',
  `[ -c /dev/kvm ] && ( : <>/dev/kvm ) 2>/dev/null || { echo "${EMULATED}"; export LIBGUESTFS_BACKEND_SETTINGS=force_tcg; }`,
  `set -- ${IN_PLACE} --root single -i libvirtxml "$folder/scratch/machine.xml"`,
  'exec unshare --mount --net sh -c \'mount --bind "$1" /tmp || exit 1; shift; exec "$@"\' sh "$folder/scratch/tmp" "$@"',
].join('\n');

/**
 * `sh -c COMMIT sh FOLDER N` writes what the Nth overlay has into its disk; once more where nobody saw its end: it is the same again. An older program that has made the overlays, and died
 * in the middle of this, has another name for the folder that they are in.
 */
export const COMMIT = [
  PATHS,
  'folder=$1',
  OWN,
  LOCK,
  'exec qemu-img commit -q -d -f qcow2 -- "$folder"/*/"$2.qcow2"',
].join('\n');

/** `sh -c REMOVE sh FOLDER` */
export const REMOVE = [
  'folder=$1; [ -e "$folder" ] || [ -L "$folder" ] || exit 0',
  OWN,
  LOCK,
  'exec rm -rf --one-file-system -- "$folder"',
].join('\n');

/** As the machine's XML names it. @param index from 0 */
export function overlayPath(folder: string, index: number): string {
  return `${folder}/scratch/${index + 1}.qcow2`;
}
