import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { uuidFromString } from '../../../drivers/libvirt/uuid.ts';
import { withUsers } from '../../../main/storage/usage.ts';
import type { BareVolume } from '../../../main/storage/views.ts';

const UUID = '11111111-2222-3333-4444-555555555555';

function volume(path: string, backing: string | null = null): BareVolume {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return {
    name,
    key: path,
    path,
    type: 'file',
    format: 'qcow2',
    capacityBytes: 1,
    allocationBytes: 1,
    backing,
    encrypted: false,
  };
}

function machine(disks: string, id = 1) {
  const xml = `<domain type='kvm'><name>web</name><uuid>${UUID}</uuid><memory>1</memory><os><type>hvm</type></os><devices>${disks}</devices></domain>`;
  return { dom: { name: 'web', uuid: uuidFromString(UUID), id }, models: [readDomain(xml)] };
}

suite('who uses what', () => {
  const chain = [volume('/p/top', '/p/mid'), volume('/p/mid', '/q/base'), volume('/p/free')];
  const pools = [
    { uuid: 'p', name: 'pool-p', folder: '/p', volumes: chain },
    { uuid: 'q', name: 'pool-q', folder: '/q', volumes: [volume('/q/base')] },
  ];
  const uses = (disks: string, id?: number) =>
    [...withUsers(pools, [machine(disks, id)]).values()]
      .flat()
      .flatMap(({ path, usedBy }) => usedBy.map(({ target, via, running }) => [path, target, via, running]));

  test('a disk and every file under it, over pools', () => {
    assert.deepEqual(uses("<disk type='file'><source file='/p/top'/><target dev='vda'/></disk>"), [
      ['/p/top', 'vda', 'disk', true],
      ['/p/mid', 'vda', 'backing', true],
      ['/q/base', 'vda', 'backing', true],
    ]);
  });

  test('a disk that names pool and volume', () => {
    const disk = "<disk type='volume'><source pool='pool-q' volume='base'/><target dev='sda'/></disk>";
    assert.deepEqual(uses(disk, -1), [['/q/base', 'sda', 'disk', false]]);
  });

  test('what a disk is being copied to, and a kernel', () => {
    const mirror = "<mirror type='file' job='copy'><source file='/p/free'/></mirror>";
    const disk = `<disk type='file'><source file='/q/base'/><target dev='vda'/>${mirror}</disk>`;
    assert.deepEqual(uses(disk), [
      ['/p/free', 'vda', 'copy', true],
      ['/q/base', 'vda', 'disk', true],
    ]);
  });

  test('the folder that has the files of a container', () => {
    const folder = [{ uuid: 'p', name: 'p', folder: '/p', volumes: [{ ...volume('/p/web'), type: 'dir' }] }];
    const files = "<filesystem><source dir='/p/web/rootfs'/><target dir='/'/></filesystem>";
    const [found] = [...withUsers(folder, [machine(files)]).values()].flat();
    assert.deepEqual(
      found?.usedBy.map(({ target, via }) => [target, via]),
      [['/', 'file']],
    );
  });

  test('what lies on a volume is told with it', () => {
    const all = [...withUsers(pools, []).values()].flat();
    assert.deepEqual(
      all.map(({ path, baseOf }) => [path, baseOf]),
      [
        ['/p/top', []],
        ['/p/mid', ['/p/top']],
        ['/p/free', []],
        ['/q/base', ['/p/mid']],
      ],
    );
  });

  test('a volume that a link leads to, as a disk, under one, and by a pool whose folder is a link', () => {
    const made = [
      { uuid: 'p', name: 'p', folder: '/p', volumes: [volume('/p/top', '/l/link'), volume('/p/base')] },
      { uuid: 'l', name: 'l', folder: '/l', volumes: [volume('/l/link')] },
      { uuid: 'r', name: 'r', folder: '/r', volumes: [volume('/r/base')] },
    ];
    const links = new Map([
      ['/l/link', '/p/base'],
      ['/r', '/p'],
      ['/out', '/p/base'],
    ]);
    const usedBy = (file: string, told = links) =>
      [
        ...withUsers(
          made,
          [machine(`<disk type='file'><source file='${file}'/><target dev='vda'/></disk>`)],
          told,
        ),
      ]
        .flatMap(([, volumes]) => volumes)
        .flatMap(({ path, usedBy: users }) => users.map(({ via }) => `${path} ${via}`));
    const all = ['/p/base disk', '/l/link disk', '/r/base disk'];
    for (const file of ['/p/base', '/l/link', '/out']) assert.deepEqual(usedBy(file), all, file);
    assert.deepEqual(usedBy('/p/top'), [
      '/p/top disk',
      '/p/base backing',
      '/l/link backing',
      '/r/base backing',
    ]);
    assert.deepEqual(usedBy('/out', new Map()), []);
    const base = withUsers(made, [], links).get('p')?.[1];
    assert.deepEqual(base?.baseOf, ['/p/top']);
  });

  test('a chain that bites its own tail ends', () => {
    const loop = [
      { uuid: 'p', name: 'p', folder: '/p', volumes: [volume('/p/a', '/p/b'), volume('/p/b', '/p/a')] },
    ];
    const users = withUsers(loop, [
      machine("<disk type='file'><source file='/p/a'/><target dev='vda'/></disk>"),
    ]);
    assert.deepEqual(
      users.get('p')?.map(({ usedBy }) => usedBy.map(({ via }) => via)),
      [['disk'], ['backing']],
    );
  });
});
