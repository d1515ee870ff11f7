import type { Lab } from '../lab/lab.ts';
import { certify, uncertify } from './migrate-certificates.ts';
import { FOLDER, SHARED } from './migrate-fault-rows.ts';

export type Side = 1 | 2;
export const SIDES = [1, 2] as const;

/** What QEMU needs for post-copy where vm.unprivileged_userfaultfd is off. */
const AS_ROOT = ['user = "root"', 'group = "root"', 'clear_emulator_capabilities = 0'];
/** libvirt's control groups cost as much as all the rest of starting a QEMU: nothing is asked of them here. */
const NO_GROUPS = 'cgroup_controllers = []';
const QEMU_CONF = [...AS_ROOT, NO_GROUPS].map((line) => `${line}\\n`).join('');

/** A pool each that can be full, a folder that both see, certificates, and little room for definitions. */
export async function prepareHosts(lab: Lab): Promise<void> {
  await certify(lab);
  await both(async (at) => {
    // Definitions and disks have little room, so that it is soon taken.
    const prepare = `set -e; mkdir -p ${FOLDER} ${SHARED}; mount -t tmpfs -o size=48m tmpfs ${FOLDER}
      cp -a /etc/libvirt/qemu /tmp/qemu; mount -t tmpfs -o size=2m tmpfs /etc/libvirt/qemu; cp -a /tmp/qemu/. /etc/libvirt/qemu; rm -rf /tmp/qemu
      for p in moves:${FOLDER} shared:${SHARED}; do virsh -q pool-define-as \${p%%:*} dir --target \${p#*:}; virsh -q pool-start \${p%%:*}; done
      sed -i '/# of a test/,$d' /etc/libvirt/qemu.conf; printf '# of a test\\n${QEMU_CONF}' >> /etc/libvirt/qemu.conf`;
    await lab.exec(at, 'sh', '-c', prepare);
    await lab.stopLibvirtd(at);
    await lab.startLibvirtd(at);
  });
}

export async function both(work: (at: Side) => Promise<unknown>): Promise<void> {
  await Promise.all(SIDES.map(work));
}

/** What a fault that failed in its middle may have left of the hosts. */
export async function heal(lab: Lab): Promise<void> {
  await both((at) =>
    lab.exec(
      at,
      'sh',
      '-c',
      'iptables -F INPUT; iptables -F OUTPUT; pgrep -x libvirtd >/dev/null || lab-libvirtd; kill -0 $(cat /run/sshd.pid) 2>/dev/null || lab-sshd',
    ),
  );
}

/** What each shows of its machines, one of them after the other; also of a libvirtd that does not answer. */
export async function standing(lab: Lab): Promise<string[]> {
  const virsh = 'timeout 10 virsh -q';
  const look = `${virsh} list --all; for m in $(${virsh} list --name); do echo $m $(${virsh} domstate $m --reason) $(${virsh} domjobinfo $m); done; pgrep -fa '[g]uest=' | cut -c-60`;
  return Promise.all(SIDES.map((at) => lab.exec(at, 'sh', '-c', look).catch(String)));
}

/** Takes all of it away again. */
export async function clean(lab: Lab): Promise<void> {
  await heal(lab);
  await uncertify(lab);
  await both(async (at) => {
    await lab.clean(at);
    const clear = `for p in moves shared; do virsh -q pool-destroy $p; virsh -q pool-undefine $p; done; umount /etc/libvirt/qemu ${FOLDER}; rm -rf ${FOLDER} ${SHARED}
      sed -i '/# of a test/,$d' /etc/libvirt/qemu.conf; kill $(cat /run/libvirtd.pid); while pgrep -x libvirtd >/dev/null; do sleep .05; done; :`;
    await lab.exec(at, 'sh', '-c', `{ ${clear}; } >/dev/null 2>&1`);
    await lab.startLibvirtd(at);
  });
}
