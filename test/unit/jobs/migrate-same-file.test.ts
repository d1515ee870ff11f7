import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import type { Clock } from '../../../main/hosts/clock.ts';
import { HostFiles } from '../../../main/jobs/migrate/host-files.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { refresher, seeFile, type SeenFile } from '../../../main/jobs/migrate/same-file.ts';
import { factsOf, input, pool, sourceOf, targetOf, WEB } from './migrate-facts.ts';

const DISK = 'web.qcow2';
/** Both call it the same, whatever it is. */
const NFS = { type: 'netfs', source: 'localhost:/srv' } as const;

/** A time that passes with each look, for all that look; a pause is over at once, and counted. */
class Time implements Clock {
  seconds = 1_700_000_000n;
  pauses = 0;

  now(): number {
    return Number(this.seconds) * 1000;
  }

  setTimer(task: () => void): () => void {
    this.pauses += 1;
    queueMicrotask(task);
    return () => undefined;
  }
}

/** When a file was changed last, in seconds; `written`: at every moment; `burst`: so until somebody pauses. */
type Changed = bigint | 'written' | 'burst';

/** A folder, of a file system that tells parts of seconds, or of one that does not. */
class Folder {
  readonly time: Time;
  /** Times that were asked for, by the file. */
  readonly looks: string[] = [];
  readonly #files: Map<string, Changed>;
  readonly #isWhole: boolean;

  constructor(time: Time, files: Readonly<Record<string, Changed>>, whole: 'whole' | null = null) {
    this.time = time;
    this.#files = new Map(Object.entries(files));
    this.#isWhole = whole !== null;
  }

  get names(): string[] {
    return [...this.#files.keys()];
  }

  changed(name: string): string {
    this.time.seconds += 1n;
    this.looks.push(name);
    const at = this.#files.get(name);
    if (at === 'burst' && this.time.pauses > 0) this.#files.set(name, this.time.seconds);
    const seconds = typeof at === 'bigint' ? at : this.time.seconds;
    const part = this.#isWhole ? '' : '.5';
    return `<mtime>${seconds}${part}</mtime><ctime>${seconds}${part}</ctime>`;
  }
}

/** A host that has a folder; `knows`: what its pool knows before it is refreshed. */
function hostOf(folder: Folder, knows: string[] = folder.names) {
  const none = () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_STORAGE_VOL', message: 'none' }));
  const at = { known: knows, refreshed: 0 };
  const remote = {
    storageVolLookupByPath: ({ path }: { path: string }) => {
      const name = path.slice('/images/'.length);
      return at.known.includes(name) ? Promise.resolve({ vol: { name } }) : none();
    },
    storageVolGetXmlDesc: ({ vol: { name } }: { vol: { name: string } }) =>
      Promise.resolve({
        xml: `<volume><name>${name}</name><capacity>1024</capacity><target><timestamps>${folder.changed(name)}</timestamps></target></volume>`,
      }),
    storagePoolLookupByUuid: () => Promise.resolve({ pool: {} }),
    storagePoolListAllVolumes: () => Promise.resolve({ vols: at.known.map((name) => ({ name })) }),
    storagePoolRefresh: () => {
      at.known = folder.names;
      at.refreshed += 1;
      return Promise.resolve();
    },
  };
  const client = { remote } as unknown as LibvirtClient;
  return { at, client, files: new HostFiles({ client, clock: folder.time, options: {} }) };
}

type Host = ReturnType<typeof hostOf>;

/** @param begins the pools of the target may look through their folders */
function seen(
  source: Host,
  target: Host,
  { kind = NFS, begins = false }: { kind?: Parameters<typeof pool>[0]; begins?: boolean } = {},
): Promise<SeenFile> {
  const pools = { source: [pool({ host: 'a', ...kind })], target: [pool(kind)] };
  const refresh = begins ? refresher(target.client, {}) : null;
  return seeFile({ source: source.files, target: target.files }, `/images/${DISK}`, { pools, refresh });
}

test('what both call the same server is one only where it shows one file', async () => {
  const time = new Time();
  const one = new Folder(time, { [DISK]: 5n });
  assert.equal(await seen(hostOf(one), hostOf(one)), 'same');
  // Each host's own, or a copy of it at another place.
  assert.equal(await seen(hostOf(one), hostOf(new Folder(time, { [DISK]: 6n }))), 'other');
  assert.equal(await seen(hostOf(one), hostOf(new Folder(time, {})), { begins: true }), 'none');
});

test('a disk that is written to all the time is one where the folder has another file that is', async () => {
  const time = new Time();
  const busy = new Folder(time, { [DISK]: 'written', 'other.iso': 7n });
  assert.equal(await seen(hostOf(busy), hostOf(busy)), 'same');
  // A machine of that host writes to its own of this name, in a folder with files of the same names.
  const theirs = new Folder(time, { [DISK]: 'written', 'other.iso': 8n });
  assert.equal(await seen(hostOf(busy), hostOf(theirs)), 'other');
  const alone = new Folder(time, { [DISK]: 'written' });
  assert.equal(await seen(hostOf(alone), hostOf(alone)), 'other', 'nothing proves it');
  // A copy of a whole file system has the times of before.
  const replica = new Folder(time, { [DISK]: 9n, 'other.iso': 7n });
  assert.equal(await seen(hostOf(busy), hostOf(replica)), 'other');
});

test('a disk that is written to for a moment is looked at again a while later', async () => {
  const folder = new Folder(new Time(), { [DISK]: 'burst' });
  assert.equal(await seen(hostOf(folder), hostOf(folder)), 'same');
});

test('of a folder whose disks are all written to any other file proves it, however many are looked at before', async () => {
  const busy = Array.from({ length: 40 }, (_, n) => [`disk-${n}.qcow2`, 'written'] as const);
  const files = { [DISK]: 'written', ...Object.fromEntries(busy) } as const;
  const time = new Time();
  const folder = new Folder(time, { ...files, 'zz.iso': 7n });
  assert.equal(await seen(hostOf(folder), hostOf(folder)), 'same');
  const without = new Folder(time, files);
  assert.equal(await seen(hostOf(without), hostOf(without)), 'other');
});

test('times of whole seconds prove nothing by themselves', async () => {
  const time = new Time();
  const idle = () => hostOf(new Folder(time, { [DISK]: 5n }, 'whole'));
  assert.equal(await seen(idle(), idle()), 'other', 'two made in one second');
  const written = () => hostOf(new Folder(time, { [DISK]: 'written', 'a.iso': 7n }, 'whole'));
  assert.equal(await seen(written(), written()), 'other', 'and of another file neither');
});

test('what several targets are compared with is looked at once', async () => {
  const folder = new Folder(new Time(), { [DISK]: 5n });
  const source = hostOf(folder);
  folder.looks.length = 0;
  for (const target of [hostOf(folder), hostOf(folder), hostOf(folder)])
    assert.equal(await seen(source, target), 'same');
  assert.equal(folder.looks.length, 1 + 3);
  assert.equal(folder.time.pauses, 0);
  // And again where it is not the same, by all of them at one time.
  const own = new Folder(folder.time, { [DISK]: 6n });
  folder.looks.length = 0;
  const other = hostOf(folder);
  const targets = [hostOf(own), hostOf(own), hostOf(own)];
  assert.deepEqual(await Promise.all(targets.map((target) => seen(other, target))), Array(3).fill('other'));
  assert.equal(folder.looks.length, 2);
});

test('a look refreshes no pool: another file of the folder tells, else it is said not to be known', async () => {
  const folder = new Folder(new Time(), { [DISK]: 5n, 'old.iso': 4n });
  const knows = hostOf(folder, ['old.iso']);
  assert.equal(await seen(hostOf(folder), knows), 'same');
  const isNew = hostOf(folder, []);
  assert.equal(await seen(hostOf(folder), isNew), 'unlooked');
  assert.deepEqual([knows.at.refreshed, isNew.at.refreshed], [0, 0]);
  assert.equal(await seen(hostOf(folder), hostOf(folder, []), { kind: {} }), 'none', 'no network');
});

test('when the move begins a pool of a network that does not know the file looks through its folder again', async () => {
  const folder = new Folder(new Time(), { [DISK]: 5n });
  const target = hostOf(folder, []);
  assert.equal(await seen(hostOf(folder), target, { begins: true }), 'same');
  assert.equal(target.at.refreshed, 1);
  const empty = hostOf(new Folder(folder.time, {}));
  assert.equal(await seen(hostOf(folder), empty, { begins: true }), 'none');
  const local = hostOf(folder, []);
  assert.equal(await seen(hostOf(folder), local, { kind: {}, begins: true }), 'none');
  assert.equal(local.at.refreshed, 0);
});

test('what is not known before the move begins is said, and stops neither a disk nor a CD', () => {
  const cd =
    "<disk type='file' device='cdrom'><source file='/images/a.iso'/><target dev='sda' bus='sata'/></disk>";
  const source = sourceOf(WEB.replace('</devices>', `${cd}</devices>`), {
    pools: [pool({ host: 'a', ...NFS })],
  });
  const files = new Map([
    ['vda', 'unlooked'],
    ['sda', 'unlooked'],
  ] as const);
  const { shown } = planMigration(
    input(),
    factsOf({ source, target: targetOf({ pools: [pool(NFS)], files }) }),
  );
  assert.deepEqual(
    shown.disks.map(({ target, way }) => [target, way]),
    [['vda', 'either']],
  );
  const said = shown.items.filter(({ id, level }) => ['disks', 'media'].includes(id) && level !== 'ok');
  assert.deepEqual(
    said.map(({ id, level }) => `${level} ${id}`),
    ['warn disks', 'warn media'],
  );
  assert.match(said[0]?.message ?? '', /The pool on kvm-b does not know vda/);
  // The CD may keep it where it is.
  assert.deepEqual(
    said.map(({ later }) => later),
    [true, undefined],
  );
});

test('where one server is not seen as one, that its disk is copied is said, unless that was asked for', () => {
  const facts = factsOf({
    source: sourceOf(WEB, { pools: [pool({ host: 'a', ...NFS })] }),
    target: targetOf({ pools: [pool(NFS)], files: new Map([['vda', 'other']]) }),
  });
  const said = (asked = input()) =>
    planMigration(asked, facts)
      .shown.items.filter(({ id, level }) => id === 'disks' && level === 'warn')
      .map(({ message }) => message);
  assert.match(
    said().join(),
    /have localhost:\/srv in one folder, and are not seen to have one file of vda: it is copied/,
  );
  assert.deepEqual(said(input({ disks: [{ target: 'vda', way: 'copy', pool: null }] })), []);
});
