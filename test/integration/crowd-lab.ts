import type { Job } from '../../main/contract/activity.ts';
import type { Lab } from '../lab/lab.ts';
import type { TestCore } from '../support/core.ts';
import { until } from '../support/wait.ts';

const IMAGES = '/var/lib/libvirt/images';
const FOLDER = '/srv/shared/crowd';
/** What the first one has, and each other one something of the same length. */
const FIRST = { name: 'crowd-00', uuid: 'c0c0c0c0-0000-4000-8000-000000000000' };
const MEMORY_MIB = 80;
/** All that a guest has changed in a round takes less than so long, also where the machine is busy with other tests. */
const LONG_MS = 60_000;
/** Of a saved machine's file: its definition is in it. */
const HEAD_BYTES = 65_536;

/** A guest of the crowd. */
export interface Member {
  readonly name: string;
  readonly uuid: string;
}

const numbered = (n: number): Member => {
  const two = String(n).padStart(2, '0');
  return { name: `crowd-${two}`, uuid: `${FIRST.uuid.slice(0, -2)}${two}` };
};

/** The smallest guest that counts: the lab's kernel, busybox, and a disk with ext4 that has every number, as its serial port has. */
const MAKE = `set -e
  rm -rf ${FOLDER}; mkdir -p ${FOLDER}/full ${FOLDER}/root/bin ${FOLDER}/root/dev ${FOLDER}/root/m; cd ${FOLDER}
  qemu-img convert -O raw ${IMAGES}/tiny.qcow2 tiny.raw; rm ${IMAGES}/tiny.qcow2
  mcopy -i tiny.raw@@1M ::vmlinuz vmlinuz; mcopy -i tiny.raw@@1M ::initrd.img full.img; rm tiny.raw
  (cd full; gzip -dc ../full.img | cpio -id --quiet 'bin/busybox' 'modules/virtio*')
  cp full/bin/busybox root/bin/; cp full/modules/*.ko root/; rm -r full full.img
  cat > root/init; chmod +x root/init
  (cd root; find . | cpio -o -H newc --quiet | gzip -1 > ../initrd.img); rm -r root; chmod 755 .; chmod 644 *
  truncate -s 4M ${IMAGES}/${FIRST.name}.img; mkfs.ext4 -q ${IMAGES}/${FIRST.name}.img; virsh -q pool-refresh default`;

/**
 * What the kernel was unpacked from is written over with zeros, so that there is less to send. It counts without a process of its own for each number:
 * under TCG, QEMU can lose a page that is written to in the moment in which it looks which ones were, and a guest that dies of that tells nothing of a
 * migration. Seen with QEMU 7.2 and virsh alone, 20 at once on two cores: of 111 moves 2 guests died, each of a list in its kernel that was as before
 * (`__run_timers`, `__list_del_entry_valid`, in a panic's `delay_tsc` since); 8 of 89 where a guest's CPU and its migration shared one of the host's. It
 * looks once for each round over the memory: where the first round was the last (`inOneRound`), of 360 moves no guest died.
 */
const INIT = `#!/bin/busybox sh
  busybox mount -t devtmpfs dev /dev
  for m in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do busybox insmod /$m.ko; done
  busybox mount -t ext4 -o sync /dev/vda /m
  busybox dd if=/dev/zero of=/fill bs=64k count=160 2>/dev/null; busybox rm /fill
  exec </dev/ttyS0 >/dev/ttyS0
  i=0; while :; do i=$((i+1)); echo $i >>/m/counts; echo n-$i; read -t 1 x; done
`.replaceAll('\n  ', '\n');

const XML = `<domain type='qemu'><name>${FIRST.name}</name><uuid>${FIRST.uuid}</uuid><memory unit='MiB'>${MEMORY_MIB}</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><kernel>${FOLDER}/vmlinuz</kernel><initrd>${FOLDER}/initrd.img</initrd>
    <cmdline>console=ttyS0 quiet tsc=unstable no_timer_check mitigations=off</cmdline></os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${IMAGES}/${FIRST.name}.img'/><target dev='vda' bus='virtio'/></disk>
    <serial type='pty'><log file='/var/log/libvirt/qemu/${FIRST.name}-serial.log' append='off'/><target port='0'/></serial>
    <controller type='usb' model='none'/><memballoon model='none'/>
  </devices></domain>`;

/** Many guests that count, on one host: one is booted and saved, and each of them goes on from there under a name of its own. */
export class Crowd {
  readonly lab: Lab;
  readonly members: readonly Member[];

  private constructor(lab: Lab, members: readonly Member[]) {
    this.lab = lab;
    this.members = members;
  }

  /** @param paused so many, the last ones, are paused */
  static async boot(lab: Lab, count: number, paused: number): Promise<Crowd> {
    await lab.addGuest(1, 'tiny');
    await lab.exec(1, 'virsh', '-q', 'undefine', 'tiny');
    await lab.execWith(INIT, 1, 'sh', '-c', MAKE);
    await lab.execWith(XML, 1, 'sh', '-c', 'cat > /tmp/crowd.xml; virsh -q create /tmp/crowd.xml');
    const crowd = new Crowd(
      lab,
      Array.from({ length: count }, (_, index) => numbered(index + 1)),
    );
    await until(async () => (await lab.serialLog(1, FIRST.name)).includes('n-2'), 'the first one counts');
    await lab.exec(
      1,
      'sh',
      '-c',
      `cd ${FOLDER} && virsh -q save ${FIRST.name} 1.save && cp 1.save 2.save && head -c ${HEAD_BYTES} 1.save > head`,
    );
    const go = ({ name, uuid }: Member, lane: number, isPaused: boolean): string =>
      `cp ${IMAGES}/${FIRST.name}.img ${IMAGES}/${name}.img
       sed 's/${FIRST.name}/${name}/; s/${FIRST.uuid}/${uuid}/' /tmp/crowd.xml > $0.xml; virsh -q define $0.xml
       LC_ALL=C sed 's/${FIRST.name}/${name}/g; s/${FIRST.uuid}/${uuid}/g' head | dd of=${lane}.save conv=notrunc status=none
       virsh -q restore ${lane}.save${isPaused ? `; virsh -q suspend ${name}` : ''}`;
    const lanes = [1, 2].map((lane) =>
      crowd.members.flatMap((member, index) =>
        index % 2 === lane - 1 ? [go(member, lane, index >= count - paused)] : [],
      ),
    );
    await Promise.all(
      lanes.map((lines, index) =>
        lab.execWith(
          `set -e; cd ${FOLDER}\n${lines.join('\n').replaceAll('$0', `/tmp/crowd-${index}`)}`,
          1,
          'sh',
        ),
      ),
    );
    await lab.exec(
      1,
      'sh',
      '-c',
      `rm ${FOLDER}/head ${FOLDER}/*.save ${IMAGES}/${FIRST.name}.img; virsh -q pool-refresh default`,
    );
    return crowd;
  }

  /** `1 running`: where a member is, with libvirt's word; several where it is on several hosts. */
  async whereabouts(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const host of [1, 2, 3]) {
      const list = await this.lab.exec(host, 'virsh', '-q', 'list', '--all');
      for (const [, name = '', state = ''] of list.matchAll(/^ *\S+ +(\S+) +(.+?) *$/gm))
        found.set(name, [...(found.get(name) ?? []), `${host} ${state}`]);
    }
    return found;
  }

  /** Those that run on a host go with one round over their memory, wherever they are moved to next. */
  async inOneRound(host: number): Promise<void> {
    const each = `for name in $(virsh -q list --name --state-running); do virsh -q migrate-setmaxdowntime $name ${LONG_MS}; done`;
    await this.lab.exec(host, 'sh', '-c', each);
  }

  /** Guests whose kernels have given up since they came to a host. */
  async panicked(host: number): Promise<string[]> {
    const find = `cd /var/log/libvirt/qemu; grep -lE 'Kernel panic|Oops' crowd-*-serial.log || :`;
    const files = await this.lab.exec(host, 'sh', '-c', find);
    return files.split('\n').flatMap((file) => (file === '' ? [] : [file.slice(0, FIRST.name.length)]));
  }

  /** What guests have counted on their serial ports since they came to a host, by name. */
  async counts(host: number): Promise<Map<string, number[]>> {
    const logs = await this.lab.exec(
      host,
      'sh',
      '-c',
      'cd /var/log/libvirt/qemu; tail -vn +1 crowd-*-serial.log',
    );
    return new Map(
      logs
        .split(/^==> /m)
        .map((log) => [
          log.slice(0, FIRST.name.length),
          [...log.matchAll(/^n-(\d+)\r?\n/gm)].map(([, count]) => Number(count)),
        ]),
    );
  }
}

/** So many jobs of a kind went at once between the same two hosts, `a>b`: the most that were ever seen. */
export class Peaks {
  readonly most = new Map<string, number>();
  readonly #going = new Map<string, Set<string>>();
  readonly #jobs = new Map<string, string>();
  readonly #abort = new AbortController();

  static async watch({ client }: TestCore): Promise<Peaks> {
    const peaks = new Peaks();
    const messages = await client.activity.watch(undefined, { signal: peaks.#abort.signal });
    void (async () => {
      for await (const message of messages) if (message.type === 'job') peaks.#see(message.job);
    })().catch(() => undefined);
    return peaks;
  }

  /** The job that moves a machine, once it has begun. */
  jobOf({ uuid, name }: Member): Promise<string> {
    return until(() => this.#jobs.get(uuid), `${name} is on its way`);
  }

  end(): void {
    this.#abort.abort();
  }

  #see({ id, kind, uuid, hosts = [], finishedAt }: Job): void {
    if (kind !== 'migrate') return;
    this.#jobs.set(uuid ?? '', id);
    const pair = hosts.join('>');
    const going = this.#going.get(pair) ?? new Set();
    this.#going.set(pair, going);
    if (finishedAt === null) going.add(id);
    else going.delete(id);
    this.most.set(pair, Math.max(this.most.get(pair) ?? 0, going.size));
  }
}
