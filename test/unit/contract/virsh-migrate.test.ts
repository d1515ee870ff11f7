import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usualMigration, type MigrateInput, type MigratePlan } from '../../../main/contract/migrate.ts';
import { virshMigration, type VirshMove } from '../../../main/contract/virsh-migrate.ts';

const A = 'virsh -c qemu+ssh://a/system';
const B = 'virsh -c qemu+ssh://b/system';
const disk = (change: Partial<MigratePlan['disks'][number]> = {}): MigratePlan['disks'][number] => ({
  target: 'vda',
  way: 'copy',
  source: '/images/web.qcow2',
  path: '/images/web.qcow2',
  capacityBytes: 1,
  ...change,
});

function moved(
  input: Partial<MigrateInput> = {},
  plan: Partial<VirshMove['plan']> = {},
  change: Partial<VirshMove> = {},
) {
  return virshMigration({
    source: { uri: 'qemu+ssh://a/system', name: 'web', uuid: 'u' },
    target: { uri: 'qemu+ssh://b/system' },
    input: { ...usualMigration({ host: 'a', uuid: 'u', to: 'b' }), ...input },
    plan: { kind: 'live', via: 'direct', disks: [], cpu: null, ...plan },
    paused: false,
    persistent: true,
    autostart: false,
    ...change,
  });
}

const line = (...args: Parameters<typeof moved>): string => moved(...args).lines.join('\n');
const USUAL = `${A} migrate --live --persistent --undefinesource --abort-on-error --verbose web qemu+ssh://b/system`;

test('a machine that runs, on storage that both hosts see', () => {
  assert.deepEqual(moved(), { lines: [USUAL], meanwhile: [], notes: [] });
});

/** What is chosen, and what is in the line for it. */
const FLAGS: readonly [string, Parameters<typeof moved>, RegExp][] = [
  ['paused', [{}, {}, { paused: true }], / --undefinesource --suspend /],
  ['without a definition', [{}, {}, { persistent: false }], / --live --persistent --abort-on-error /],
  ['a definition that stays', [{ keepDefinition: true }], / --live --persistent --abort-on-error /],
  [
    'copied',
    [{}, { disks: [disk(), disk({ target: 'vdb' })] }],
    / --copy-storage-all --migrate-disks vda,vdb /,
  ],
  [
    'copied above its base',
    [{ disks: [{ target: 'vda', way: 'top', pool: null }] }, { disks: [disk()] }],
    / --copy-storage-inc --migrate-disks vda /,
  ],
  [
    'limits',
    [{ bandwidthMiBs: 20, autoConverge: true }],
    / --auto-converge --abort-on-error --bandwidth 20 /,
  ],
  ['in spite of the risk', [{ unsafe: true }], / --unsafe /],
  [
    'by the source’s libvirtd',
    [{ drive: 'peer', peerUri: 'qemu+tls://b/system' }],
    / --p2p --persistent .* web qemu\+tls:\/\/b\/system$/,
  ],
  ['through its link', [{ drive: 'tunnel' }], / --p2p --tunnelled .* web qemu\+ssh:\/\/b\/system$/],
  ['by its address', [{ address: '2001:db8::7' }], /system --migrateuri 'tcp:\/\/\[2001:db8::7\]'$/],
  ['encrypted', [{ tls: true, tlsName: 'kvm-b' }], / --tls --tls-destination kvm-b /],
  [
    'compressed',
    [{ compression: 'zstd', parallel: 4 }],
    / --compressed --comp-methods zstd .* --parallel --parallel-connections 4 /,
  ],
  ['another name', [{ name: 'web 2' }], / --dname 'web 2' /],
  ['post-copy by itself', [{ postCopy: true, postCopyAfter: 1 }], / --postcopy --postcopy-after-precopy /],
];

for (const [what, asked, expected] of FLAGS)
  test(`a flag for each choice: ${what}`, () => {
    assert.match(line(...asked), expected);
  });

test('the key that is saved for each host is in its address; what the source’s libvirtd logs in by has none of this computer', () => {
  const target = { uri: 'qemu+ssh://b/system', keyFile: '/home/me/key' };
  assert.match(line({}, {}, { target }), / web 'qemu\+ssh:\/\/b\/system\?keyfile=\/home\/me\/key'$/);
  assert.match(line({ drive: 'peer' }, {}, { target }), / web qemu\+ssh:\/\/b\/system$/);
});

test('networks and paths of another name are in a file that is changed before', () => {
  const { lines, notes } = moved(
    { networks: { office: 'lan' } },
    { disks: [disk({ path: '/fast/web.qcow2' })] },
  );
  assert.equal(lines[0], `${A} dumpxml --security-info --migratable web > ./web.xml`);
  assert.match(lines[1] ?? '', / --verbose --xml \.\/web\.xml --persistent-xml \.\/web\.xml web /);
  const changes = [
    ['/images/web.qcow2', '/fast/web.qcow2'],
    ['office', 'lan'],
  ];
  assert.deepEqual(notes, [
    { kind: 'edit', changes },
    { kind: 'volumes', paths: ['/fast/web.qcow2'] },
  ]);
});

test('what virsh cannot do is said', () => {
  assert.deepEqual(moved({}, { via: 'relay' }).notes, [{ kind: 'relay' }]);
  assert.deepEqual(moved({ postCopy: true, postCopyAfter: 3 }).notes, [{ kind: 'rounds' }]);
});

test('what is changed while it goes are lines of their own', () => {
  assert.deepEqual(moved({ downtimeMs: 700, postCopy: true }).meanwhile, [
    `${A} migrate-setmaxdowntime web 700`,
    `${A} migrate-postcopy web`,
  ]);
});

test('it starts with its new host, and with the first no more; its disks are deleted when it is there', () => {
  const { lines } = moved({ deleteSource: true }, { disks: [disk()] }, { autostart: true });
  assert.deepEqual(lines.slice(1), [`${B} autostart web`, `${A} vol-delete /images/web.qcow2`]);
  assert.equal(
    moved({ keepDefinition: true }, {}, { autostart: true }).lines[0],
    `${A} autostart --disable web`,
  );
});

test('of a machine that is off the definition goes through a file; its disks are left to a person', () => {
  const off = moved(
    { name: 'web-2', cpu: 'baseline' },
    {
      kind: 'offline',
      via: 'relay',
      disks: [disk({ path: '/fast/web.qcow2' })],
      cpu: { baseline: 'EPYC', models: [] },
    },
  );
  assert.deepEqual(off.lines, [
    `${A} dumpxml --inactive --security-info --migratable web > ./web.xml`,
    `${B} define ./web.xml`,
    `${A} undefine web --keep-nvram`,
  ]);
  assert.deepEqual(off.notes, [
    { kind: 'disks', disks: ['/images/web.qcow2 → /fast/web.qcow2'] },
    {
      kind: 'edit',
      changes: [
        ['web', 'web-2'],
        ['/images/web.qcow2', '/fast/web.qcow2'],
        ['<cpu>', 'EPYC, by virsh hypervisor-cpu-baseline'],
      ],
    },
  ]);
});

test('a name is never taken for a folder or for words of the shell', () => {
  const odd = { uri: 'qemu+ssh://a/system', name: '../it’s; x', uuid: 'u' };
  const text = line({ networks: { a: 'b' } }, {}, { source: odd });
  assert.match(text, /> \.\/\.\._it_s__x\.xml\n/);
  assert.match(text, / '\.\.\/it’s; x' qemu/);
});
