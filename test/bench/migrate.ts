import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { virshUri } from './calls.ts';
import { mean, median, timed, type Report } from './report.ts';

const run = promisify(execFile);
const NAME = 'traveller';
const ROUNDS = 8;
const HOSTS = [1, 2] as const;
type At = (typeof HOSTS)[number];
const other = (at: At): At => (at === 1 ? 2 : 1);

/** In both hosts' memory: the disk that all share would be measured else. */
const OWN = '/var/lib/libvirt/bench';
const SHARED = '/srv/shared';
const DATA = '1G';
/** Of its memory, so that the move is one of a machine that is used: several seconds, beside which the start of a program is little. */
const IN_USE_MIB = 2400;
const SERIAL_LOG = `/var/log/libvirt/qemu/${NAME}-serial.log`;
const SEEN_BY_BOTH = ['--disk', 'vda=share', '--unsafe'];
/** MiB/s; below what the machine can do, so that QEMU's guess of its speed is this. */
const LIMIT = '400';

/** Moves the machine from a host to the other one. */
type Move = (from: At) => Promise<{ readonly stdout: string }>;

interface Kind {
  readonly name: string;
  readonly folder: string;
  readonly ours: Move;
  readonly theirs: Move;
}

interface Measured {
  readonly from: At;
  readonly seconds: number;
  readonly downtimeMs: number;
  readonly sentMiB: number;
}

/**
 * QEMU stops the guest when what is left would take 300 ms at the speed that it guesses. Where nothing limits that the guess is up to four times too high by chance, and the guest stands still
 * for 0.25 to 1.35 s, whoever drives; where the speed is limited it knows it. A middle one of so few would be either by chance.
 */
const FIGURES = [
  { what: '', unit: 's', figure: 'seconds', middle: median },
  { what: ', the guest’s standstill (mean)', unit: 'ms', figure: 'downtimeMs', middle: mean },
  { what: ', what was sent', unit: 'MiB', figure: 'sentMiB', middle: median },
] as const;

/**
 * A machine that runs, with 1 GiB of data on its disk and 2400 MiB in its memory, from host to host and back, as commands of a shell: by ours and by virsh with the same
 * flags, in turns, each as often in either direction. How long the guest stood still is libvirt's own word on either side; what was sent is
 * counted at the source's card.
 */
export async function benchMigrate(lab: Lab, report: Report): Promise<void> {
  const bench = new Bench(lab, await virshUri(lab));
  try {
    await bench.prepare();
    for (const kind of bench.kinds()) await compare(bench, kind, report);
  } finally {
    await bench.remove();
  }
}

async function compare(bench: Bench, { name, folder, ours, theirs }: Kind, report: Report): Promise<void> {
  await bench.start(folder);
  const measured = await bench.alternate([ours, theirs]);
  for (const { what, unit, figure, middle } of FIGURES) {
    // Of each direction by itself: where one takes longer than the other, the middle of both is a value that no move had.
    const of = (side: number): number =>
      mean(
        HOSTS.map((at) =>
          middle((measured[side] ?? []).filter(({ from }) => from === at).map((one) => one[figure])),
        ),
      );
    report.add(`A live migration, ${name}${what}`, unit, {
      ours: of(0),
      theirs: of(1),
      against: 'virsh migrate',
    });
  }
}

class Bench {
  readonly #lab: Lab;
  readonly #uris: Readonly<Record<At, string>>;
  #at: At = 1;

  constructor(lab: Lab, first: string) {
    this.#lab = lab;
    this.#uris = { 1: first, 2: first.replace(lab.address(1), lab.address(2)) };
  }

  kinds(): Kind[] {
    const direct = (from: At): string[] => ['--via', 'direct', '--address', this.#lab.address(other(from))];
    const peer = (from: At): string => `qemu+tcp://${this.#lab.address(other(from))}/system`;
    return [
      {
        name: 'its disk copied',
        folder: OWN,
        ours: (from) => this.ours(from, direct(from)),
        theirs: (from) => this.#virsh(from, this.#uris[other(from)], ['--copy-storage-all']),
      },
      {
        name: 'its disk copied, from libvirtd to libvirtd',
        folder: OWN,
        ours: (from) => this.ours(from, [...direct(from), '--drive', 'peer', '--peer-uri', peer(from)]),
        theirs: (from) => this.#virsh(from, peer(from), ['--copy-storage-all', '--p2p']),
      },
      {
        name: 'on shared storage',
        folder: SHARED,
        ours: (from) => this.ours(from, [...direct(from), ...SEEN_BY_BOTH]),
        theirs: (from) => this.#virsh(from, this.#uris[other(from)], ['--unsafe']),
      },
      {
        name: `on shared storage, at ${LIMIT} MiB/s`,
        folder: SHARED,
        ours: (from) => this.ours(from, [...direct(from), ...SEEN_BY_BOTH, '--bandwidth', LIMIT]),
        theirs: (from) => this.#virsh(from, this.#uris[other(from)], ['--unsafe', '--bandwidth', LIMIT]),
      },
    ];
  }

  async prepare(): Promise<void> {
    // Built where it is stale: that is no part of a move.
    await run(process.execPath, ['main/launch/cli.mjs', '--version']);
    for (const at of HOSTS) {
      await this.#sh(
        at,
        `mkdir -p ${OWN}; mount -t tmpfs -o size=3g tmpfs ${OWN}
         for f in ${OWN} ${SHARED}; do virsh -q pool-create-as bench$(basename $f) dir --target $f; done`,
      );
    }
    await this.#lab.addGuest(1, 'boot');
    await this.#sh(1, `mv /var/lib/libvirt/images/boot.qcow2 ${SHARED}/boot.qcow2; virsh -q undefine boot`);
  }

  async remove(): Promise<void> {
    for (const at of HOSTS) {
      await this.#lab.clean(at);
      await this.#sh(
        at,
        `rm -f ${SHARED}/*; for f in ${OWN} ${SHARED}; do virsh -q pool-destroy bench$(basename $f); done; umount ${OWN}; rmdir ${OWN}`,
      ).catch(() => undefined);
    }
    await rm(this.#data, { recursive: true, force: true });
  }

  /** The machine runs on the first host, its data in a folder. */
  async start(folder: string): Promise<void> {
    for (const at of HOSTS)
      await this.#sh(at, `virsh -q destroy ${NAME}; virsh -q undefine ${NAME}; rm -f ${OWN}/*`).catch(
        () => undefined,
      );
    this.#at = 1;
    const disk = `${folder}/${NAME}.img`;
    await this.#sh(
      1,
      `head -c ${DATA} /dev/urandom > ${folder}/${NAME}.img; qemu-img convert -O raw ${SHARED}/boot.qcow2 /tmp/boot.raw
       dd if=/tmp/boot.raw of=${disk} conv=notrunc status=none; rm /tmp/boot.raw; ${REFRESH}`,
    );
    await this.#sh(2, REFRESH);
    await this.#lab.execWith(machineXml(disk), 1, 'sh', '-c', 'cat >/tmp/t.xml; virsh -q define /tmp/t.xml');
    await this.#sh(
      1,
      `rm -f ${SERIAL_LOG}; virsh -q start ${NAME}
       said() { for i in $(seq 1200); do ! grep -q "$1" ${SERIAL_LOG} || return 0; sleep .1; done; exit 1; }
       said 'tiny guest ready'
       # QEMU looks once a second who is there.
       { sleep 2; printf '%s\\n' 'mkdir /f; mount -t tmpfs -o size=90% f /f; tr "\\000" x </dev/zero | head -c 1048576 >/f/one; for i in $(seq ${IN_USE_MIB}); do cat /f/one; done >/f/all; echo the memory is $((1 + 1))'; sleep 2; } >$(virsh ttyconsole ${NAME})
       said 'the memory is 2'`,
    );
  }

  /** Each takes its turn, and goes first as often as the others: so each goes as often in either direction. */
  async alternate(moves: readonly Move[]): Promise<Measured[][]> {
    const measured = moves.map((): Measured[] => []);
    // Not counted: the first move waits until what was written to the disk just now is on it, up to a second, in which the guest stands still.
    for (const move of moves) await this.#measure(move);
    for (let round = 0; round < ROUNDS; round += 1) {
      const turns = moves.map((move, side) => ({ move, side }));
      for (const { move, side } of round % 2 === 0 ? turns : turns.toReversed())
        measured[side]?.push(await this.#measure(move));
    }
    return measured;
  }

  async #measure(move: Move): Promise<Measured> {
    const from = this.#at;
    const sent = async (): Promise<number> =>
      Number(await this.#sh(from, 'cat /sys/class/net/eth0/statistics/tx_bytes'));
    const before = await sent();
    let told = '';
    const seconds = (await timed(async () => (told = (await move(from)).stdout))) / 1000;
    const sentMiB = ((await sent()) - before) / (1 << 20);
    this.#at = other(from);
    // libvirt tells it once: ours has asked already, and says it.
    const stats = await this.#sh(this.#at, `virsh -q domjobinfo ${NAME} --completed --rawstats`).catch(
      () => '',
    );
    const downtimeMs = Number((/stood still for (\d+)/.exec(told) ?? /^downtime: +(\d+)/m.exec(stats))?.[1]);
    await this.#sh(from, `rm -f ${OWN}/*; ${REFRESH}`);
    return { from, seconds, downtimeMs, sentMiB };
  }

  /** The command line. */
  ours(from: At, asked: readonly string[]): Promise<{ stdout: string }> {
    const hosts = HOSTS.flatMap((at) => [
      '-c',
      `qemu+ssh://root@${this.#lab.address(at)}/system?keyfile=${this.#lab.keyFile}`,
    ]);
    const command = ['--accept-new', 'migrate', NAME, this.#lab.address(other(from)), ...asked];
    const env = { ...process.env, VIRTLANE_DATA_DIR: this.#data };
    return run(process.execPath, ['main/launch/cli.mjs', ...hosts, ...command], { env });
  }

  #virsh(from: At, to: string, flags: readonly string[]): Promise<{ stdout: string }> {
    const way = `tcp://${this.#lab.address(other(from))}`;
    const always = ['--live', '--persistent', '--undefinesource', '--abort-on-error'];
    const asked = [...always, ...flags, NAME, to, '--migrateuri', way];
    return run('virsh', ['-q', '-c', this.#uris[from], 'migrate', ...asked]);
  }

  get #data(): string {
    return path.join(this.#lab.state, 'bench-migrate');
  }

  #sh(at: At, script: string): Promise<string> {
    return this.#lab.exec(at, 'sh', '-ec', script);
  }
}

const REFRESH = 'for p in $(virsh -q pool-list --name); do virsh -q pool-refresh $p; done';

function machineXml(disk: string): string {
  return `<domain type='qemu'><name>${NAME}</name><memory unit='MiB'>3072</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>
    <cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>
    <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>
      <serial type='pty'><log file='${SERIAL_LOG}' append='off'/><target port='0'/></serial></devices></domain>`;
}
