/** The machine of lab-clone-running.test.ts, which runs and writes while it is cloned. */

export const IMAGES = '/var/lib/libvirt/images';
/** Prints the count that is on a clone's disk. */
export const countScript = (file: string): string =>
  `qemu-img dd -f qcow2 -O raw bs=512 count=1 if=${IMAGES}/${file} of=/tmp/count && head -c6 /tmp/count; rm -f /tmp/count`;
/** Prints what the file system of a clone's disk is like. */
export const filesScript = (file: string): string =>
  `qemu-img convert -O raw ${IMAGES}/${file} /tmp/files && dumpe2fs -h /tmp/files 2>/dev/null; rm -f /tmp/files`;
/** The clones go, and their disks. */
export const FORGET = `for m in $(virsh list --all --name | grep ^copy); do virsh -q destroy $m 2>/dev/null; virsh -q undefine $m; done; rm -f ${IMAGES}/copy*; virsh -q pool-refresh default`;
export const UUID = '33333333-3333-4333-8333-333333333333';

const disk = (file: string, target: string, format: string): string =>
  `<disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${IMAGES}/${file}'/><target dev='${target}' bus='virtio'/></disk>`;

/** It has disks of both formats, one of no whole KiB, and an agent. */
export const BUSY = `<domain type='qemu'>
  <name>busy</name><uuid>${UUID}</uuid>
  <memory unit='MiB'>128</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
  <devices>
    ${disk('busy.qcow2', 'vda', 'qcow2')}${disk('busy-a.img', 'vdb', 'raw')}${disk('busy-b.qcow2', 'vdc', 'qcow2')}${disk('busy-files.img', 'vdd', 'raw')}${disk('busy-much.img', 'vde', 'raw')}${disk('busy-odd.img', 'vdf', 'raw')}
    <interface type='user'><mac address='52:54:00:33:33:33'/></interface>
    <serial type='pty'/><console type='pty'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
  </devices>
</domain>`;

/**
 * A count goes to one disk and then to another, and each is on the disk before the next: at any instant they are equal, or the first is one ahead. The file has it last, put in
 * its place whole: one that is written to anew is empty for an instant.
 */
export const WRITER =
  'i=100000; while :; do i=$((i+1)); for d in b c; do echo $i | dd of=/dev/vd$d conv=fsync 2>/dev/null; done; echo $i >/m/new; mv /m/new /m/count; sleep .05; done';
