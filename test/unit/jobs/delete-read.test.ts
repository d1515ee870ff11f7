import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { planDeletion } from '../../../main/jobs/delete/plan.ts';
import { readDeletionFacts } from '../../../main/jobs/delete/read.ts';
import { aDomain } from '../inventory/samples.ts';

const machine = (n: number): DomainRef => ({ name: `vm-${n}`, uuid: new Uint8Array(16).fill(n), id: -1 });

/** `files`: path to the file under it; `disks`: what each machine's XML names. */
function host(files: Record<string, string | null>, disks: Record<string, string[] | LibvirtError>) {
  const none = () => Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_SUPPORT', message: 'no' }));
  const remote = {
    domainHasManagedSaveImage: none,
    domainSnapshotNum: none,
    domainListAllCheckpoints: none,
    domainGetXmlDesc: ({ dom }: { dom: DomainRef }) => {
      const of = disks[dom.name] ?? [];
      if (of instanceof LibvirtError) return Promise.reject(of);
      const list = of.map((path, i) => {
        const [, pool, volume] = /^(\w+):(.*)$/.exec(path) ?? [];
        const type = pool === undefined ? 'file' : 'volume';
        const source = pool === undefined ? `file='${path}'` : `pool='${pool}' volume='${volume}'`;
        return `<disk type='${type}'><source ${source}/><target dev='vd${i}'/></disk>`;
      });
      return Promise.resolve({
        xml: `<domain><name>${dom.name}</name><devices>${list.join('')}</devices></domain>`,
      });
    },
    storageVolLookupByPath: ({ path }: { path: string }) =>
      Object.hasOwn(files, path)
        ? Promise.resolve({ vol: { pool: 'default', name: path, key: path } })
        : Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_STORAGE_VOL', message: 'no' })),
    storagePoolLookupByName: ({ name }: { name: string }) => Promise.resolve({ pool: { name } }),
    storageVolLookupByName: ({ name }: { name: string }) =>
      Promise.resolve({ vol: { pool: 'default', name, key: `/${name}` } }),
    storageVolGetPath: ({ vol }: { vol: { key: string } }) => Promise.resolve({ name: vol.key }),
    storageVolGetXmlDesc: ({ vol }: { vol: { key: string } }) => {
      const under = files[vol.key] ?? null;
      const store = under === null ? '' : `<backingStore><path>${under}</path></backingStore>`;
      return Promise.resolve({
        xml: `<volume><name>x</name><capacity>1</capacity><target><path>${vol.key}</path></target>${store}</volume>`,
      });
    },
  };
  return readDeletionFacts(
    {
      client: { remote } as unknown as LibvirtClient,
      domain: aDomain({ name: 'vm-1' }),
      dom: machine(1),
      others: [2, 3].map((n) => ({ name: `vm-${n}`, dom: machine(n) })),
    },
    {},
  ).then((facts) => planDeletion(facts).volumes.map(({ path, keep, usedBy }) => [path, keep, ...usedBy]));
}

test('a file that a machine which is off was made from is in use, however deep', async () => {
  const files = { '/a': null, '/b': '/a', '/c': '/b' };
  assert.deepEqual(await host(files, { 'vm-1': ['/a'], 'vm-2': ['/c'] }), [['/a', 'usedByOther', 'vm-2']]);
});

test('a file that nobody else needs may go, what is under it stays', async () => {
  const files = { '/a': '/base', '/base': null, '/c': '/base' };
  assert.deepEqual(await host(files, { 'vm-1': ['/a'], 'vm-3': ['/c'] }), [
    ['/a', null],
    ['/base', 'backing', 'vm-3'],
  ]);
});

test('a machine that names its disk by pool and volume uses the file', async () => {
  assert.deepEqual(await host({ '/a': null }, { 'vm-1': ['/a'], 'vm-2': ['default:a'] }), [
    ['/a', 'usedByOther', 'vm-2'],
  ]);
  assert.deepEqual(await host({ '/a': null, '/b': '/a' }, { 'vm-1': ['/a'], 'vm-2': ['default:b'] }), [
    ['/a', 'usedByOther', 'vm-2'],
  ]);
});

test('files that name each other do not go on for ever', async () => {
  assert.deepEqual(await host({ '/a': '/b', '/b': '/a' }, { 'vm-1': ['/a'] }), [
    ['/a', null],
    ['/b', 'backing'],
  ]);
});

test('a machine that has gone is passed over, one that cannot be read fails the plan', async () => {
  const gone = new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' });
  assert.deepEqual(await host({ '/a': null }, { 'vm-1': ['/a'], 'vm-2': gone }), [['/a', null]]);
  const denied = new LibvirtError({ code: 'VIR_ERR_ACCESS_DENIED', message: 'no' });
  await assert.rejects(host({ '/a': null }, { 'vm-1': ['/a'], 'vm-2': denied }), denied);
});
