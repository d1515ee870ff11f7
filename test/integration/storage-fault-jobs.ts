import { createHash } from 'node:crypto';
import { FilePartReader } from '../../main/contract/file-parts.ts';
import type { TestCore } from '../support/core.ts';
import { offer } from '../support/storage.ts';

const MIB = 1 << 20;
export const FOLDER = '/var/lib/libvirt/storage-faults';
/** Pools that are made have their folders here. */
export const POOLS = '/var/lib/libvirt/storage-faults-pools';
/** What is read and copied, and a bystander in the same folder: random bytes, which stay as they are. */
export const SOURCE = 'source.raw';
export const SOURCE_BYTES = 6 * MIB;
/** What is downloaded from the other host: more than all buffers of the way hold, so that what is held in the middle has to ask for the rest. */
export const LONG = 'long.raw';
export const LONG_BYTES = 48 * MIB;
const UPLOAD_BYTES = 5 * MIB;
const RESIZED_BYTES = 3 * MIB;

/** Where the jobs of a table work. */
export interface Place {
  readonly core: TestCore;
  readonly host: string;
  /** The pool's UUID, its name and its folder. */
  readonly pool: string;
  readonly poolName: string;
  readonly folder: string;
  /** Another host, for new pools: while pools are stopped, nobody knows who needs a volume. It has the same pool with another UUID. */
  readonly other: { readonly host: string; readonly pool: string };
  readonly pools: string;
}

export interface Begun {
  /** Null for what is one call without a job. */
  readonly job: string | null;
  /** It is in the middle, and waits. Only of jobs without steps. */
  readonly held?: Promise<void>;
  /** Lets that go on. */
  readonly letGo?: () => void;
  /** Of what is one call. */
  readonly over?: Promise<unknown>;
  /** What the laptop has of it: `whole`, or why not. */
  readonly here?: Promise<string>;
  readonly close?: () => Promise<void>;
}

const UPLOADED = Buffer.alloc(UPLOAD_BYTES, createHash('sha512').update('what is uploaded').digest());
const UPLOADED_SHA256 = createHash('sha256').update(UPLOADED).digest('hex');

export interface FaultJob {
  readonly title: string;
  /** It works on the other host. */
  readonly elsewhere?: true;
  /** Steps at which a fault may come; none: a job without a plan, which is held in its own middle, or one call. */
  readonly steps: readonly string[];
  /** What libvirt is asked for, where it is one call: it is held before that. */
  readonly call?: string;
  /** Shell on the host, in the pool's folder, before it: `$n` is the row's name. */
  readonly before?: string;
  /** Shell that prints what there is: `whole`, `as before`, or what else. */
  readonly look: string;
  /** What it says is left, where it has done what cannot be taken back. */
  readonly left?: RegExp;
  /** What it must say where it fails, after the name of its thing. */
  readonly failed: RegExp;
  begin(place: Place, name: string): Promise<Begun>;
}

const LISTED = '$(virsh -q vol-list $pool | grep -c "^ $n ")';
const made = (whole: string) =>
  `if [ ! -e $n ]; then [ ${LISTED} = 0 ] && echo as before || echo listed and not there; elif ${whole}; then echo whole; else echo in part; fi`;
const victim = 'head -c 2M /dev/urandom >$n; cp $n /tmp/$n';

export const JOBS: readonly FaultJob[] = [
  {
    title: 'create and build a pool',
    elsewhere: true,
    steps: ['define', 'probe', 'build', 'start', 'autostart'],
    look: `i="$(virsh pool-info $n 2>/dev/null | tr -s ' \\n' ' ')"; case "$i" in *"State: running"*"Autostart: yes"*) test -d $pools/$n && echo whole;; *Name:*) echo "$i";; *) test -e $pools/$n && echo the folder || echo as before;; esac`,
    failed: /was not created on/,
    async begin({ core, other, pools }, name) {
      const input = {
        host: other.host,
        name,
        type: 'dir',
        path: `${pools}/${name}`,
        build: true,
        autostart: true,
      } as const;
      return core.client.pool.create(input);
    },
  },
  {
    title: 'create a volume that is filled at once',
    steps: ['create'],
    look: made('[ $(stat -c %s $n) = 4194304 ] && [ $(stat -c %b $n) -ge 8192 ]'),
    failed: /was not created in/,
    async begin({ core, host, pool }, name) {
      const size = { format: 'raw', capacityBytes: 4 * MIB, preallocation: 'full' } as const;
      return core.client.volume.create({ host, uuid: pool, name, ...size });
    },
  },
  {
    title: 'create a qcow2 volume',
    steps: ['create'],
    look: made('qemu-img check -q $n && qemu-img info $n | grep -q "virtual size: 8 MiB"'),
    failed: /was not created in/,
    async begin({ core, host, pool }, name) {
      return core.client.volume.create({ host, uuid: pool, name, format: 'qcow2', capacityBytes: 8 * MIB });
    },
  },
  {
    title: 'upload a file and convert it',
    steps: ['upload', 'convert', 'tidy'],
    look: `ls $n.*.upload 2>/dev/null; ${made(`[ $(qemu-img convert -O raw $n /tmp/$n && sha256sum </tmp/$n | cut -c1-64; rm -f /tmp/$n) = ${UPLOADED_SHA256} ]`)}`,
    failed: /was not uploaded in/,
    async begin({ core, host, pool }, name) {
      const { file, close } = await offer(core, 'disk.raw', UPLOAD_BYTES, filled);
      const { job } = await core.client.volume.upload({ host, uuid: pool, name, file, convert: true });
      return { job, close };
    },
  },
  {
    title: 'upload a file as it is',
    steps: ['upload'],
    look: made(`[ $(sha256sum <$n | cut -c1-64) = ${UPLOADED_SHA256} ]`),
    failed: /was not uploaded in/,
    async begin({ core, host, pool }, name) {
      const { file, close } = await offer(core, 'disk.raw', UPLOAD_BYTES, filled);
      const { job } = await core.client.volume.upload({ host, uuid: pool, name, file });
      return { job, close };
    },
  },
  {
    title: 'clone a volume',
    steps: ['copy'],
    look: made(`cmp -s $n ${SOURCE}`),
    failed: /was not made in/,
    async begin({ core, host, pool }, name) {
      return core.client.volume.clone({ host, uuid: pool, name: SOURCE, to: pool, newName: name });
    },
  },
  {
    title: 'download a volume',
    // Its reader waits, and with it the connection that the host's other jobs share.
    elsewhere: true,
    steps: [],
    look: `cmp -s ${SOURCE} /tmp/${SOURCE} && echo as before`,
    failed: /was not downloaded from|was cancelled/,
    async begin({ core, other }) {
      const ref = { host: other.host, uuid: other.pool, name: LONG };
      const { job, token, sizeBytes } = await core.client.volume.download(ref);
      const { stream } = await core.connection.openPipe(token);
      return { job, ...readInTwo(stream, sizeBytes) };
    },
  },
  {
    title: 'wipe a volume',
    steps: ['wipe'],
    before: victim,
    look: `if cmp -s $n /tmp/$n; then echo as before; elif [ $(tr -d '\\0' <$n | wc -c) = 0 ] && [ $(stat -c %s $n) = 2097152 ]; then echo whole; else echo in part; fi`,
    failed: /was not wiped in/,
    left: /^volume v\d+ in pool faults: it may be overwritten, wholly or in part$/,
    async begin({ core, host, pool }, name) {
      return core.client.volume.wipe({ host, uuid: pool, name });
    },
  },
  {
    title: 'resize a volume',
    steps: [],
    before: victim,
    look: `s=$(stat -c %s $n); cmp -sn 2097152 $n /tmp/$n || echo other bytes; [ $s = ${RESIZED_BYTES} ] && echo whole; [ $s = 2097152 ] && echo as before; :`,
    failed: /was (not )?resized/,
    call: 'storageVolResize',
    begin({ core, host, pool }, name) {
      const over = core.client.volume.resize({ host, uuid: pool, name, capacityBytes: RESIZED_BYTES });
      return Promise.resolve({ job: null, over: settled(over) });
    },
  },
  {
    title: 'delete a volume',
    steps: ['delete'],
    before: victim,
    look: `if [ -e $n ]; then cmp $n /tmp/$n && echo as before; else [ ${LISTED} = 0 ] && echo whole || echo listed and not there; fi`,
    failed: /was not deleted in/,
    async begin({ core, host, pool }, name) {
      return core.client.volume.delete({ host, uuid: pool, name });
    },
  },
];

/** The lab's number of the host that it works on. */
export function hostOf({ elsewhere }: FaultJob): number {
  return elsewhere === true ? 2 : 1;
}

async function* filled(offset: number, length: number): AsyncGenerator<Uint8Array, void, void> {
  yield UPLOADED.subarray(offset, offset + length);
}

/** Is looked at later, whatever becomes of it. */
function settled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** Takes the first bytes, and the rest when it is let go. `here` tells the bytes' SHA-256. */
function readInTwo(stream: AsyncIterable<Uint8Array>, sizeBytes: number) {
  let letGo: () => void = () => undefined;
  let isHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (isHeld = resolve));
  const go = new Promise<void>((resolve) => (letGo = resolve));
  const read = async (): Promise<string> => {
    const hash = createHash('sha256');
    const reader = new FilePartReader();
    let at = 0;
    for await (const chunk of stream) {
      for (const part of reader.push(chunk)) {
        const bytes = part instanceof Uint8Array ? part : Buffer.alloc(part.zeros);
        hash.update(bytes);
        at += bytes.length;
      }
      isHeld();
      await go;
    }
    return at === sizeBytes ? hash.digest('hex') : `${at} of ${sizeBytes} bytes`;
  };
  return { held, letGo, here: read().catch((error: unknown) => String(error)) };
}
