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
  const found = virshMigration({
    source: { uri: 'qemu+ssh://a/system', name: 'web', uuid: 'u' },
    target: { uri: 'qemu+ssh://b/system' },
    input: { ...usualMigration({ host: 'a', uuid: 'u', to: 'b' }), ...input },
    plan: {
      kind: 'live',
      via: 'direct',
      peerUri: null,
      items: [],
      disks: [],
      media: [],
      cpu: null,
      nvram: null,
      ...plan,
    },
    paused: false,
    persistent: true,
    autostart: false,
    ...change,
  });
  assert.ok(found !== null);
  return found;
}

const line = (...args: Parameters<typeof moved>): string => moved(...args).command;
/** What is between a folder that is made for it and its end. */
const inFolder = (...commands: string[]): string =>
  `(${['d=$(mktemp -d)', `trap 'rm -rf "$d"' EXIT INT TERM`, ...commands].join(' &&\n')})`;
const USUAL = `${A} migrate --live --persistent --undefinesource --abort-on-error --verbose web qemu+ssh://b/system`;

test('a machine that runs, on storage that both hosts see', () => {
  assert.deepEqual(moved(), { command: USUAL, meanwhile: [], notes: [] });
});

/** Where the source's libvirtd logs in. */
const PEER = { peerUri: 'qemu+ssh://root@b/system' };

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
    [{ drive: 'peer' }, { peerUri: 'qemu+tls://b/system' }],
    / --p2p --persistent .* web qemu\+tls:\/\/b\/system$/,
  ],
  [
    'through its link',
    [{ drive: 'tunnel' }, PEER],
    / --p2p --tunnelled .* web qemu\+ssh:\/\/root@b\/system$/,
  ],
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
  assert.match(line({ drive: 'peer' }, PEER, { target }), / web qemu\+ssh:\/\/root@b\/system$/);
});

test('networks and paths of another name are changed in an editor: in what it has now, and in what it is to have', () => {
  const input = { networks: { office: 'lan' } };
  const plan = { disks: [disk({ path: '/fast/web.qcow2' })] };
  const { command, notes } = moved(input, plan);
  const [, , now, next, editor, migrate] = command.split(' &&\n');
  assert.deepEqual(
    [now, next, editor],
    [
      `${A} dumpxml --security-info --migratable web > "$d/live.xml"`,
      `${A} dumpxml --inactive --security-info --migratable web > "$d/inactive.xml"`,
      '${EDITOR:-vi} "$d/live.xml" "$d/inactive.xml"',
    ],
  );
  assert.match(
    migrate ?? '',
    / --verbose --xml "\$d\/live.xml" --persistent-xml "\$d\/inactive.xml" web qemu\S+\)$/,
  );
  const changes = [
    ['/images/web.qcow2', '/fast/web.qcow2'],
    ['office', 'lan'],
  ];
  assert.deepEqual(notes, [
    { kind: 'edit', changes },
    { kind: 'volumes', paths: ['/fast/web.qcow2'] },
  ]);
  assert.doesNotMatch(moved(input, plan, { persistent: false }).command, /inactive/);
});

test('what is stopped has no command', () => {
  const item = { id: 'networks' as const, message: 'No network office.', remedy: null };
  const of = (level: 'stop' | 'warn') =>
    virshMigration({
      source: { uri: 'qemu+ssh://a/system', name: 'web', uuid: 'u' },
      target: { uri: 'qemu+ssh://b/system' },
      input: usualMigration({ host: 'a', uuid: 'u', to: 'b' }),
      plan: {
        kind: 'live',
        via: 'direct',
        peerUri: null,
        items: [{ ...item, level }],
        disks: [],
        media: [],
        cpu: null,
        nvram: null,
      },
      paused: false,
      persistent: true,
      autostart: false,
    });
  assert.equal(of('stop'), null);
  assert.equal(of('warn')?.command, USUAL);
});

test('what virsh cannot do is said', () => {
  assert.deepEqual(moved({}, { via: 'relay' }).notes, [{ kind: 'relay' }]);
  assert.deepEqual(moved({ postCopy: true, postCopyAfter: 3 }).notes, [{ kind: 'rounds' }]);
  const media = [{ target: 'sda', source: '/images/web-seed.iso', path: '/images/web-2-seed.iso' }];
  const paths = ['/images/web-seed.iso → /images/web-2-seed.iso'];
  const [edit, cd] = moved({}, { media }).notes;
  assert.deepEqual([edit?.kind, cd], ['edit', { kind: 'media', paths }]);
  const files = moved({}, { kind: 'offline', media }).notes.find(({ kind }) => kind === 'files');
  assert.deepEqual(files?.kind === 'files' && files.paths, paths);
});

test('what is changed while it goes are lines of their own', () => {
  assert.deepEqual(moved({ downtimeMs: 700, postCopy: true }).meanwhile, [
    `${A} migrate-setmaxdowntime web 700`,
    `${A} migrate-postcopy web`,
  ]);
});

test('it starts with its new host, and with the first no more', () => {
  const { command } = moved({}, {}, { autostart: true });
  assert.equal(command, `${USUAL} &&\n${B} autostart web`);
  const kept = moved({ keepDefinition: true }, {}, { autostart: true }).command;
  assert.equal(kept.split(' &&\n')[0], `${A} autostart --disable web`);
});

test('no disk is deleted: that nothing else needs it, a person must see', () => {
  const copied = { disks: [disk()] };
  for (const { command, notes } of [
    moved({ deleteSource: true }, copied),
    moved({ deleteSource: true }, { ...copied, kind: 'offline' }),
  ]) {
    assert.doesNotMatch(command, /vol-delete/);
    assert.deepEqual(
      notes.filter(({ kind }) => kind === 'deletion'),
      [{ kind: 'deletion', paths: ['/images/web.qcow2'] }],
    );
  }
});

test('of a machine that is off the definition goes through a file that nobody else can read, and that does not stay', () => {
  const off = moved({ cpu: 'EPYC' }, { kind: 'offline', via: 'none' }, { autostart: true });
  assert.equal(
    off.command,
    inFolder(
      `${A} dumpxml --inactive --security-info --migratable web > "$d/inactive.xml"`,
      '${EDITOR:-vi} "$d/inactive.xml"',
      `${B} define "$d/inactive.xml"`,
      `${A} undefine web --keep-nvram`,
      `${B} autostart web`,
    ),
  );
  assert.deepEqual(off.notes, [{ kind: 'edit', changes: [['<cpu>', 'EPYC']] }]);
});

test('while its files are left to a person it is not taken from where they are', () => {
  const off = moved(
    { name: 'web-2', cpu: 'baseline' },
    {
      kind: 'offline',
      via: 'relay',
      disks: [disk({ path: '/fast/web.qcow2' })],
      cpu: { baseline: 'EPYC', models: [] },
      nvram: '/nvram/web_VARS.fd',
    },
    { autostart: true },
  );
  assert.equal(
    off.command,
    inFolder(
      `${A} dumpxml --inactive --security-info --migratable web > "$d/inactive.xml"`,
      '${EDITOR:-vi} "$d/inactive.xml"',
      `${B} define "$d/inactive.xml"`,
    ),
  );
  assert.deepEqual(off.notes, [
    {
      kind: 'edit',
      changes: [
        ['web', 'web-2'],
        ['/images/web.qcow2', '/fast/web.qcow2'],
        ['<cpu>', 'EPYC, by virsh hypervisor-cpu-baseline'],
      ],
    },
    {
      kind: 'files',
      paths: ['/images/web.qcow2 → /fast/web.qcow2', '/nvram/web_VARS.fd'],
      afterwards: `${A} undefine web --keep-nvram && ${B} autostart web-2`,
    },
  ]);
});

test('a name is never taken for words of the shell', () => {
  const odd = { uri: 'qemu+ssh://a/system', name: '../it’s; x', uuid: 'u' };
  const text = line({ networks: { a: 'b' } }, {}, { source: odd });
  assert.match(text, / '\.\.\/it’s; x' > "\$d\/live.xml" &&\n/);
  assert.match(text, / '\.\.\/it’s; x' qemu/);
});
