import { usualMigration, type MigrateInput } from '../../main/contract/migrate.ts';
import type { TestCore } from '../support/core.ts';
import { JobGate, type JobPoint } from '../support/job-gate.ts';
import type { RpcMoment } from '../support/rpc-gate.ts';
import { shown } from '../support/job-watch.ts';
import { CERTIFIED } from './migrate-certificates.ts';

/** A pool of both hosts, each with a folder of its own that can be full. */
export const FOLDER = '/srv/moves';
/** A folder that both hosts see. */
export const SHARED = '/srv/shared/moves';

/** Who drives, how the data goes, and what of it. `tls`: as `copied`, all of it encrypted; `tunnel`: as `peer`, over storage that both see. */
export type Way = 'copied' | 'tls' | 'shared' | 'relay' | 'peer' | 'tunnel' | 'postCopy' | 'offline';
export const WAYS: readonly Way[] = [
  'copied',
  'tls',
  'shared',
  'relay',
  'peer',
  'tunnel',
  'postCopy',
  'offline',
];

/** The source's libvirtd drives. */
export const isPeer = ({ way }: { readonly way: Way }): boolean => way === 'peer' || way === 'tunnel';

/** Both hosts see its disk. */
export const isShared = ({ way }: { readonly way: Way }): boolean =>
  way === 'shared' || way === 'tunnel' || way === 'postCopy';

/**
 * How far it is when the fault comes. `prepared`: the target waits, nothing goes yet; `way`: data goes; `performed`: all of it is there, Finish is not
 * decided; `finish`: it is in the journal, and Finish comes next; `finished`: the target has answered, and the journal does not know; `confirm`: Confirm
 * comes next. Of a machine that is off: its disk is there (`performed`), the target defines it (`finish`), has defined it (`finished`), the source's
 * definition goes next (`confirm`).
 */
export type Phase = 'prepared' | 'way' | 'performed' | 'finish' | 'finished' | 'confirm';
export const PHASES: readonly Phase[] = ['prepared', 'way', 'performed', 'finish', 'finished', 'confirm'];

export interface Row {
  readonly name: string;
  readonly way: Way;
  readonly phase: Phase;
}

/** Why there is no such cell; null: there is. */
export function senseless(way: Way, phase: Phase): string | null {
  if (way === 'offline' && phase === 'prepared')
    return 'of a machine that is off nothing waits on the target';
  if (way === 'offline' && phase === 'way') return 'its bytes are a clone’s: clone-fault-table.test.ts';
  if (isPeer({ way }) && (phase === 'prepared' || phase === 'performed'))
    return 'the source’s libvirtd goes on by itself: it is the same as on the way, or as Finish';
  if (isPeer({ way }) && phase === 'finished')
    return 'the source’s libvirtd confirms by itself: it is the same as Confirm';
  if (way === 'postCopy' && phase === 'prepared') return 'nothing of post-copy is begun: it is as without';
  return null;
}

const MOVE = { step: 'move' } as const;

/** Where the job is held; null: it is not, as it goes by itself, or is on its way without an end. */
export function pointOf(row: Row): JobPoint | null {
  const { way, phase } = row;
  if (phase === 'way' || isPeer(row)) return null;
  if (way === 'offline') return OFFLINE[phase];
  return DRIVEN[phase];
}

/** Holds each job where it is to be held. */
export function jobGateOf(rows: readonly Row[]): JobGate {
  return new JobGate(
    new Map(
      rows.flatMap((row): [string, JobPoint][] => {
        const point = pointOf(row);
        return point === null ? [] : [[row.name, point]];
      }),
    ),
  );
}

const DRIVEN: Record<Exclude<Phase, 'way'>, JobPoint> = {
  prepared: { ...MOVE, moment: 'noting', note: 'performing' },
  performed: { ...MOVE, moment: 'noting', note: 'finishing' },
  finish: { ...MOVE, moment: 'noted', note: 'finishing' },
  finished: { ...MOVE, moment: 'noting', note: 'arrived' },
  confirm: { ...MOVE, moment: 'noted', note: 'arrived' },
};

const OFFLINE: Record<Exclude<Phase, 'way'>, JobPoint> = {
  prepared: { moment: 'begun', step: 'send-1-vda' },
  performed: { moment: 'answered', step: 'send-1-vda' },
  finish: { moment: 'begun', step: 'define' },
  finished: { moment: 'answered', step: 'define' },
  confirm: { moment: 'begun', step: 'undefine' },
};

/** What its journal ends with there: the step that is not done, and what that has noted. */
export function stationOf(row: Row): string {
  const { way, phase } = row;
  if (way === 'offline') return OFFLINE[phase === 'way' ? 'performed' : phase].step;
  if (isPeer(row)) return 'move peer';
  return `move ${NOTED[phase]}`;
}

const NOTED: Record<Phase, string> = {
  prepared: 'preparing',
  way: 'performing',
  performed: 'performing',
  finish: 'finishing',
  finished: 'finishing',
  confirm: 'arrived',
};

/** Where the two libvirtds are held, where the source's drives: at Finish (306), as it asks the target for nothing after it. */
export function gateOf(row: Row): { readonly procedure: number | null; readonly moment: RpcMoment } | null {
  const { phase } = row;
  if (!isPeer(row)) return null;
  return { procedure: phase === 'way' ? null : 306, moment: phase === 'finish' ? 'call' : 'reply' };
}

/** Where rows work. */
export interface Place {
  readonly core: TestCore;
  readonly hosts: { readonly 1: string; readonly 2: string };
  /** UUID of the target's pool. */
  readonly pool: string;
  /** The target's, as the source reaches it. */
  readonly address: string;
  /** For who drives by itself, by the rows' names. */
  readonly peerUris: Readonly<Record<string, string>>;
}

export const uuidOf = (name: string): string => `88888888-8888-4888-8888-${name.slice(1).padStart(12, '0')}`;

/** As fast as that a guest does not come to its end while a test looks on: the first round over a MIDDLE one takes a minute. */
const ENDLESSLY = { bandwidthMiBs: 1, downtimeMs: 10 };

function inputOf({ name, way, phase }: Row, place: Place): MigrateInput {
  const ends = { host: place.hosts[1], uuid: uuidOf(name), to: place.hosts[2] };
  const common = { ...usualMigration(ends), pool: place.pool, deleteSource: true };
  const direct = { via: 'direct', address: place.address } as const;
  const disks = [{ target: 'vda', way: 'share' as const, pool: null }];
  const shared = { ...common, ...direct, disks, unsafe: true, deleteSource: false };
  const slow = phase === 'way' ? ENDLESSLY : {};
  const peerUri = place.peerUris[name] ?? null;
  switch (way) {
    case 'copied':
      return { ...common, ...direct, ...slow };
    case 'tls':
      return { ...common, ...direct, ...slow, tls: true, tlsName: CERTIFIED };
    case 'relay':
      return { ...common, via: 'relay', ...slow };
    case 'shared':
      return { ...shared, ...slow };
    case 'postCopy':
      return { ...shared, ...ENDLESSLY, postCopy: true };
    case 'peer':
      return { ...common, ...direct, ...slow, drive: 'peer', peerUri };
    case 'tunnel':
      return { ...shared, ...slow, address: null, drive: 'tunnel', peerUri };
    case 'offline':
      return common;
  }
}

/** Begins a row's job; by post-copy the guest goes on there as soon as it can. @returns the job, where it is on its way */
export async function beginRow(row: Row, place: Place, change: Partial<MigrateInput> = {}): Promise<string> {
  const input = { ...inputOf(row, place), ...change };
  const { client } = place.core;
  await place.core.machine(input.host, input.uuid);
  const { job } = await client.migrate.run(input);
  if (row.phase !== 'way' && row.way !== 'postCopy') return job;
  await shown(place.core, job, ({ migration }) => (migration?.iteration ?? 0) > 0);
  if (row.way === 'postCopy' && row.phase !== 'way')
    await client.migrate.tune({ host: input.host, uuid: input.uuid, postCopy: true });
  return job;
}

/** Code of a boot sector. */
export interface Guest {
  readonly boot: string;
  readonly memoryMiB: number;
  /** Where it writes last, its own address, before it goes on; null: it writes nothing. */
  readonly lastPage: number | null;
}

/**
 * Lets its CPU sleep, and at each tick of the clock changes a word in every page from 64 to 576 KiB:
 * `xor %ax,%ax; mov %ax,%ss; mov $0x7000,%sp; sti; 1: hlt; mov $0x1000,%bx; 2: mov %bx,%es; incw %es:0; add $0x100,%bx; cmp $0x9000,%bx; jb 2b; jmp 1b`
 */
const SMALL: Guest = {
  boot: '31c08ed0bc0070fbf4bb00108ec326ff06000081c3000181fb009072efebe9',
  memoryMiB: 16,
  lastPage: null,
};

/**
 * SMALL, that before writes a word, so that it is seen to run (`mov %ax,%ds; movl $0x8000,0x8000`), and at each tick lets go of what its CPU knows of pages
 * (`mov %cr0,%eax; xor $0x10000,%eax; mov %eax,%cr0`): else TCG, which asks a page that it knows to be written to no more, tells of each change once only.
 */
export const PULSING: Guest = {
  boot: '31c08ed08ed8bc007066c706008000800000fb0f20c06635000001000f22c0f4bb00108ec326ff06000081c3000181fb009072efebdd',
  memoryMiB: 16,
  lastPage: 0x8000,
};

/**
 * SMALL, that before writes a word to every page from 1 to 64 MiB, by a segment of all memory that it keeps from protected mode:
 * `cli; lgdtl gdtr; mov %cr0,%eax; or $1,%al; mov %eax,%cr0; mov $8,%bx; mov %bx,%fs; and $0xfe,%al; mov %eax,%cr0; mov $0x100000,%edi;
 * 1: mov %edi,%fs:(%edi); add $0x1000,%edi; cmp $0x4000000,%edi; jb 1b`
 */
const MIDDLE: Guest = {
  boot: '31c08ed88ed0bc0070fa660f0116657c0f20c00c010f22c0bb08008ee324fe0f22c066bf00001000646766893f6681c7001000006681ff0000000472ebfbf4bb00108ec326ff06000081c3000181fb009072efebe90000000000000000ffff00000092cf000f00557c0000',
  memoryMiB: 96,
  lastPage: 0x3ff_f000,
};

/**
 * Never sleeps, and is never interrupted: under TCG an interrupt that meets a page which is not there yet holds QEMU as a whole. Before that it changes a
 * word in every page from 1 to 24 MiB, as MIDDLE does.
 */
export const LARGE: Guest = {
  boot: '31c08ed88ed0bc0070fa660f0116637c0f20c00c010f22c0bb08008ee324fe0f22c066bf00001000646766893f6681c7001000006681ff0000800172ebbb00108ec326ff06000081c3000181fb009072efebea0000000000000000ffff00000092cf000f00537c0000',
  memoryMiB: 32,
  lastPage: 0x17f_f000,
};

/** What is on its way without an end has memory for it. */
const usualGuest = ({ phase }: Row): Guest => (phase === 'way' ? MIDDLE : SMALL);

/**
 * Shell on the source that makes the rows' machines, all at once, which start with their host. Their disks differ in size, as ctimes have ticks; they are
 * small, as also what is empty of them goes over no faster than a move is allowed to.
 */
export function makeMachines(rows: readonly Row[], guestOf: (row: Row) => Guest = usualGuest): string {
  const one = (row: Row, number: number): string => {
    const guest = guestOf(row);
    const f = `$d/${row.name}`;
    return `( truncate -s ${512 + 64 * number}K ${f}
     printf '${octal(guest.boot)}' | dd of=${f} conv=notrunc status=none; printf '\\125\\252' | dd of=${f} bs=1 seek=510 conv=notrunc status=none
     dd if=$d/data of=${f} bs=512 seek=8 conv=notrunc status=none; qemu-img convert -O qcow2 ${f} ${diskOf(row)}
     echo '${xmlOf(row, guest)}' >${f}.xml; virsh -q "define ${f}.xml; autostart ${row.name}${row.way === 'offline' ? '' : `; start ${row.name}`}" ) & pids="$pids $!"`;
  };
  return `set -e; d=/tmp/rows; mkdir -p $d; head -c 256K /dev/urandom >$d/data; pids=
${rows.map(one).join('\n')}
for p in $pids; do wait $p; done
for m in ${rows.flatMap((row) => writtenOf(row, guestOf(row))).join(' ')}; do i=0; until virsh qemu-monitor-command \${m%:*} --hmp "xp /1xw 0x\${m#*:}" | grep -q ": 0x\${m#*:}"; do sleep .1; i=$((i + 1)); [ $i -lt 1200 ]; done; done
rm -r $d; virsh -q pool-refresh moves`;
}

/** The machine, and the word that it writes last. */
function writtenOf({ name }: Row, { lastPage }: Guest): string[] {
  return lastPage === null ? [] : [`${name}:${lastPage.toString(16).padStart(8, '0')}`];
}

function octal(hex: string): string {
  return [...Buffer.from(hex, 'hex')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

export function diskOf(row: Row): string {
  return `${isShared(row) ? SHARED : FOLDER}/${row.name}.qcow2`;
}

function xmlOf(row: Row, { memoryMiB }: Guest): string {
  return `<domain type="qemu"><name>${row.name}</name><uuid>${uuidOf(row.name)}</uuid><memory unit="MiB">${memoryMiB}</memory><vcpu>1</vcpu>
    <os><type arch="x86_64" machine="pc">hvm</type><boot dev="hd"/></os>
    <devices><disk type="file" device="disk"><driver name="qemu" type="qcow2" cache="none"/><source file="${diskOf(row)}"/><target dev="vda" bus="virtio"/></disk><controller type="usb" model="none"/><memballoon model="none"/><video><model type="none"/></video></devices></domain>`;
}
