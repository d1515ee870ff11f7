import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { seeFile, type SeenFile } from '../../../main/jobs/migrate/same-file.ts';
import { factsOf, input, pool, sourceOf, targetOf, WEB } from './migrate-facts.ts';

const DISK = 'web.qcow2';
/** Both call it the same, whatever it is. */
const NFS = { type: 'netfs', source: 'localhost:/srv' } as const;

/** A time that passes with each look, for all that look. */
class Time {
  now = 1_700_000_000n;
}

/** A folder: when each of its files was changed last; `written`: at every moment. */
class Folder {
  readonly #time: Time;
  readonly #files: Map<string, bigint | 'written'>;

  constructor(time: Time, files: Readonly<Record<string, bigint | 'written'>>) {
    this.#time = time;
    this.#files = new Map(Object.entries(files));
  }

  get names(): string[] {
    return [...this.#files.keys()];
  }

  changed(name: string): string {
    this.#time.now += 1n;
    const at = this.#files.get(name);
    const seconds = at === 'written' ? this.#time.now : (at ?? 0n);
    return `<mtime>${seconds}.000000001</mtime><ctime>${seconds}.5</ctime>`;
  }
}

/** A host that has a folder; `knows`: what its pool knows before it is refreshed. */
function hostOf(folder: Folder, knows: string[] = folder.names): LibvirtClient {
  const none = () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_STORAGE_VOL', message: 'none' }));
  let known = knows;
  const remote = {
    storageVolLookupByPath: ({ path }: { path: string }) => {
      const name = path.slice('/images/'.length);
      return known.includes(name) ? Promise.resolve({ vol: { name } }) : none();
    },
    storageVolGetXmlDesc: ({ vol: { name } }: { vol: { name: string } }) =>
      Promise.resolve({
        xml: `<volume><name>${name}</name><capacity>1024</capacity><target><timestamps>${folder.changed(name)}</timestamps></target></volume>`,
      }),
    storagePoolLookupByUuid: () => Promise.resolve({ pool: {} }),
    storagePoolListAllVolumes: () => Promise.resolve({ vols: known.map((name) => ({ name })) }),
    storagePoolRefresh: () => {
      known = folder.names;
      return Promise.resolve();
    },
  };
  return { remote } as unknown as LibvirtClient;
}

function seen(
  source: LibvirtClient,
  target: LibvirtClient,
  kind: Parameters<typeof pool>[0] = NFS,
): Promise<SeenFile> {
  const pools = { source: [pool({ host: 'a', ...kind })], target: [pool(kind)] };
  return seeFile({ source, target }, `/images/${DISK}`, { pools, options: {} });
}

test('what both call the same server is one only where it shows one file', async () => {
  const time = new Time();
  const one = new Folder(time, { [DISK]: 5n });
  assert.equal(await seen(hostOf(one), hostOf(one)), 'same');
  // Each host's own, or a copy of it at another place.
  assert.equal(await seen(hostOf(one), hostOf(new Folder(time, { [DISK]: 6n }))), 'other');
  assert.equal(await seen(hostOf(one), hostOf(new Folder(time, {}))), 'none');
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

test('a pool of a network that does not know the file yet looks through its folder again, and no other one', async () => {
  const folder = new Folder(new Time(), { [DISK]: 5n });
  assert.equal(await seen(hostOf(folder), hostOf(folder, [])), 'same');
  assert.equal(await seen(hostOf(folder), hostOf(folder, []), {}), 'none');
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
