import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkCloudConfig,
  emptyCloudInit,
  seedFiles,
  seedIso,
  type CloudInit,
} from '../../../drivers/formats/cloud-init/index.ts';
import { codePoint } from '../../support/code-points.ts';
import { parseYaml } from '../../../drivers/formats/yaml.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import { IsoImage } from '../../../drivers/formats/iso9660/index.ts';
import { memorySource } from '../../../drivers/formats/random-source.ts';

const ID = '5e3b6ae2-31d5-4f0e-8a4a-1a2b3c4d5e6f';
const make = (values: Partial<CloudInit>): CloudInit => ({ ...emptyCloudInit(ID), ...values });
const config = (values: Partial<CloudInit>): unknown => parseYaml(seedFiles(make(values)).userData);
const USER = {
  name: 'ann',
  fullName: null,
  sshKeys: [],
  passwordHash: null,
  sudo: 'none',
  groups: [],
  shell: null,
} as const;

test('a machine that is told nothing keeps its own user and asks by DHCP', () => {
  assert.deepEqual(seedFiles(emptyCloudInit(ID)), {
    userData: '#cloud-config\nusers:\n  - "default"\n',
    metaData: `instance-id: "${ID}"\n`,
    networkConfig: null,
  });
});

test('a user with keys, a password and sudo', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ann@laptop';
  const user = {
    ...USER,
    fullName: 'Ann: of, Green',
    sshKeys: [`${key}\n`],
    passwordHash: '$6$salt$hash',
    sudo: 'without-password' as const,
    groups: ['docker'],
  };
  assert.deepEqual(config({ defaultUser: null, users: [user] }), {
    users: [
      {
        name: 'ann',
        gecos: 'Ann  of  Green',
        groups: ['docker'],
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        lock_passwd: false,
        hashed_passwd: '$6$salt$hash',
        ssh_authorized_keys: [key],
      },
    ],
  });
});

test('values that something further on would take for another thing are refused, by the name of their field', () => {
  const refused: [field: RegExp, values: Partial<CloudInit>][] = [
    [/^Host name:/, { hostname: 'a b' }],
    [/^Host name:/, { hostname: 'a\nb' }],
    [/^Full host name:/, { fqdn: '-a.example' }],
    [/^User:/, { users: [{ ...USER, name: 'root:x' }] }],
    [/^Password:/, { users: [{ ...USER, passwordHash: 'plain' }] }],
    [/^Password:/, { users: [{ ...USER, passwordHash: '$6$a$b:0:0' }] }],
    [/^SSH key:/, { defaultUser: { sshKeys: ['ssh-ed25519 AAAA a\nssh-rsa AAAA b'] } }],
    [/^SSH key:/, { defaultUser: { sshKeys: ['command="id" ssh-rsa AAAA'] } }],
    [/^SSH key:/, { defaultUser: { sshKeys: ['not a key'] } }],
    [/^SSH key:/, { defaultUser: { sshKeys: ['ssh-rsa QUFB'] } }],
    [/^Package:/, { packages: ['--allow-downgrades'] }],
    [/^Package:/, { packages: ['a b'] }],
    [/^Time zone:/, { timezone: '../../etc/passwd' }],
    [/^Locale:/, { locale: 'C; id' }],
    [/^File:/, { files: [{ path: 'etc/x', content: '', permissions: '0644', owner: 'root:root' }] }],
    [/^File \/x:/, { files: [{ path: '/x', content: 'a\0', permissions: '0644', owner: 'root:root' }] }],
    [/^Permissions:/, { files: [{ path: '/x', content: '', permissions: '0888', owner: 'root:root' }] }],
    [/^Own cloud-config in line 2:/, { extra: 'a: 1\nb: ]\n' }],
  ];
  for (const [field, values] of refused)
    assert.throws(
      () => seedFiles(make(values)),
      (error) => error instanceof FormatError && field.test(error.message),
      JSON.stringify(values),
    );
});

test('whatever a file or command holds, it comes out of the YAML as it was', () => {
  const text = fc
    .string({ unit: codePoint, maxLength: 200 })
    .map((value) => value.replace(/\0|\p{Surrogate}/gu, ''));
  const yamlish = fc.constantFrom(
    'yes',
    '~',
    '0644',
    '52:54:00:12:34:56',
    '- a',
    'a: b',
    '# c',
    '\t',
    '---',
    '=',
    '',
  );
  fc.assert(
    fc.property(fc.oneof(text, yamlish), fc.array(text), (content, command) => {
      const parsed = config({
        files: [{ path: '/x', content, permissions: '0644', owner: 'root:root' }],
        commands: [content, command],
      });
      assert.deepEqual(parsed, {
        users: ['default'],
        write_files: [{ path: '/x', content, permissions: '0644', owner: 'root:root' }],
        runcmd: [content, command],
      });
    }),
  );
});

test('the network of a machine is told by MAC addresses in small letters, as text', () => {
  const { networkConfig } = seedFiles(
    make({
      network: [
        {
          name: 'eth0',
          mac: '52:54:00:AB:34:56',
          dhcp4: false,
          dhcp6: false,
          addresses: ['192.0.2.10/24', '2001:db8::10/64'],
          gateway4: '192.0.2.1',
          gateway6: '2001:db8::1',
          nameservers: ['192.0.2.53'],
          searchDomains: ['example.org'],
        },
      ],
    }),
  );
  assert.deepEqual(parseYaml(networkConfig ?? ''), {
    version: 2,
    ethernets: {
      eth0: {
        match: { macaddress: '52:54:00:ab:34:56' },
        'set-name': 'eth0',
        dhcp4: false,
        dhcp6: false,
        addresses: ['192.0.2.10/24', '2001:db8::10/64'],
        routes: [
          { to: '0.0.0.0/0', via: '192.0.2.1' },
          { to: '::/0', via: '2001:db8::1' },
        ],
        nameservers: { addresses: ['192.0.2.53'], search: ['example.org'] },
      },
    },
  });
});

test('an address without the length of its network is refused', () => {
  const nic = {
    name: 'eth0',
    mac: '52:54:00:00:00:01',
    dhcp4: false,
    dhcp6: false,
    gateway4: null,
    gateway6: null,
    nameservers: [],
    searchDomains: [],
  };
  for (const address of [
    '192.0.2.10',
    '192.0.2.10/33',
    '192.0.2.10/',
    'fe80::1%eth0/64',
    '1.2.3/8',
    '::/0/0',
  ])
    assert.throws(
      () => seedFiles(make({ network: [{ ...nic, addresses: [address] }] })),
      /^FormatError: Address:/,
    );
});

test('a person writes: what is not YAML or no cloud-config is an error with its line, an unknown key a warning', () => {
  assert.deepEqual(checkCloudConfig(''), []);
  assert.deepEqual(checkCloudConfig('#cloud-config\n# nothing\n'), []);
  assert.deepEqual(checkCloudConfig('#cloud-config\ntimezone: UTC\npakages: [git]\n'), [
    { severity: 'warning', line: 3, message: 'cloud-init has no key "pakages".' },
  ]);
  const error = (text: string): [string, number | null] | undefined => {
    const [first] = checkCloudConfig(text).filter(({ severity }) => severity === 'error');
    return first && [first.message.slice(0, 8), first.line];
  };
  assert.deepEqual(error('a: 1\na: 2\n'), ['Not YAML', 2]);
  assert.deepEqual(error('a: "x\n'), ['Not YAML', 2]);
  assert.deepEqual(error('- a\n'), ['The firs', null]);
  assert.deepEqual(error('#!/bin/sh\nid\n'), ['Only clo', 1]);
  assert.deepEqual(error('#include\nhttp://x\n'), ['Only clo', 1]);
  assert.deepEqual(error('## template: jinja\n#cloud-config\na: 1'), ['Only clo', 1]);
  assert.deepEqual(error('a: '.padEnd(300_000, 'x')), ['More tha', null]);
  assert.deepEqual(error(`a: ${'['.repeat(1000)}`), ['Not YAML', 1]);
  assert.deepEqual(error('a: !!js/function "x"'), ['Not YAML', 1]);
});

test('aliases that would grow without end are read without growing', () => {
  const rows = Array.from({ length: 30 }, (_, index) =>
    index === 0
      ? 'a0: &a0 [x]'
      : `a${index}: &a${index} [${Array(10)
          .fill(`*a${index - 1}`)
          .join(', ')}]`,
  );
  assert.equal(checkCloudConfig(rows.join('\n')).length, 20);
});

test('the seed is a CD that is called cidata, with the three files', async () => {
  const image = await IsoImage.open(memorySource(seedIso(make({ hostname: 'web1', network: [] }))));
  assert.equal(image.descriptor.volumeId, 'cidata');
  assert.deepEqual(
    (await image.list('')).map(({ name }) => name),
    ['meta-data', 'network-config', 'user-data'],
  );
  assert.equal(
    (await image.readFile('meta-data', 1000)).toString(),
    `instance-id: "${ID}"\nlocal-hostname: "web1"\n`,
  );
});
