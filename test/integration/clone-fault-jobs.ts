import type { CloneInput } from '../../main/contract/clone.ts';
import { cloneInput } from '../support/clone-input.ts';
import { FOLDER, SOURCE, type FaultJob, type Place } from './storage-fault-jobs.ts';

/** A machine for each row, since one is copied by one job at a time: it has a disk and nothing to boot from. */
export interface CloneRowMachine {
  /** As the row: of v3 it is m3. */
  readonly number: number;
  readonly runs: boolean;
}

export const uuidOf = (number: number): string =>
  `77777777-7777-4777-8777-${String(number).padStart(12, '0')}`;

/**
 * Shell that defines it, with a disk that begins with the bytes of the table's source and has a size of its own: two volumes of one size that
 * are made in the same tick of the kernel's clock look like one file, and what may be another's is not deleted.
 */
export function makeMachine({ number, runs }: CloneRowMachine): string {
  const name = `m${number}`;
  const xml = `<domain type="qemu"><name>${name}</name><uuid>${uuidOf(number)}</uuid><memory unit="MiB">32</memory><vcpu>1</vcpu>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="${FOLDER}/${name}.qcow2"/><target dev="vda" bus="virtio"/></disk><video><model type="none"/></video></devices></domain>`;
  return `qemu-img convert -f raw -O qcow2 ${FOLDER}/${SOURCE} ${FOLDER}/${name}.qcow2; qemu-img resize -q ${FOLDER}/${name}.qcow2 +${number + 1}M; echo '${xml}' >/tmp/${name}.xml; virsh -q define /tmp/${name}.xml; rm /tmp/${name}.xml${runs ? `; virsh -q start ${name}` : ''}`;
}

/** Prints `whole` where the machine is there with the source's bytes on its disk, `as before` where nothing is. */
const LOOK = `if virsh dominfo $n >/dev/null 2>&1; then f=$(virsh domblklist $n | grep -o '/.*'); qemu-img convert -O raw $f /tmp/$n && cmp -s -n $(stat -c %s /tmp/${SOURCE}) /tmp/$n /tmp/${SOURCE} && echo whole || echo in part; rm -f /tmp/$n; else ls | grep "^$n[^0-9]" || echo as before; fi`;

async function clone(place: Place, name: string, change: Partial<CloneInput>) {
  const { core, host, other } = place;
  const machine = uuidOf(Number(name.slice(1)));
  const ends = { host, machine, to: change.to === 'other' ? other.host : host, name };
  const { job } = await core.client.clone.run(cloneInput(ends, { ...change, to: ends.to }));
  return { job };
}

interface CloneJob extends FaultJob {
  readonly runs: boolean;
}

export const CLONE_JOBS: readonly CloneJob[] = [
  {
    title: 'by a backup, to another host',
    runs: true,
    elsewhere: true,
    steps: ['away-1-vda', 'backup', 'send-1-vda', 'away-1-vda-end', 'define-1'],
    look: LOOK,
    failed: /was not made on/,
    begin: (place, name) => clone(place, name, { to: 'other' }),
  },
  {
    title: 'by a snapshot',
    runs: true,
    steps: ['snapshot', 'volume-1-1', 'rejoin', 'define-1'],
    look: LOOK,
    failed: /was not made on/,
    begin: (place, name) => clone(place, name, { copyBy: 'snapshot' }),
  },
  {
    title: 'off, to another host',
    runs: false,
    elsewhere: true,
    steps: ['send-1-vda'],
    look: LOOK,
    failed: /was not made on/,
    begin: (place, name) => clone(place, name, { to: 'other' }),
  },
  {
    title: 'off, straight to another host',
    runs: false,
    elsewhere: true,
    steps: ['direct-key', 'direct', 'send-1-vda', 'direct-shut'],
    look: LOOK,
    failed: /was not made on/,
    begin: (place, name) => clone(place, name, { to: 'other', direct: true }),
  },
];
