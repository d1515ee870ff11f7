import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findSystem, findSystemById, OPERATING_SYSTEMS, UNKNOWN_SYSTEM } from '../../../main/os/index.ts';

const duplicates = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

test('ids and short ids are unique', () => {
  assert.deepEqual(duplicates(OPERATING_SYSTEMS.map((os) => os.id)), []);
  assert.deepEqual(duplicates(OPERATING_SYSTEMS.map((os) => os.shortId)), []);
});

test('every system can be told, dated and run', () => {
  const month = /^\d{4}-(0[1-9]|1[0-2])$/;
  for (const os of OPERATING_SYSTEMS) {
    assert.match(os.id, /^http:\/\/[a-z.]+(\/[a-z0-9.-]+){1,3}$/, os.shortId);
    for (const date of [os.released, os.endOfLife]) if (date !== null) assert.match(date, month, os.shortId);
    if (os.released !== null && os.endOfLife !== null) assert.ok(os.released < os.endOfLife, os.shortId);
    assert.ok(os.bios || os.efi, `${os.shortId}: no firmware boots it`);
    if (os.secureBoot) assert.ok(os.efi, `${os.shortId}: Secure Boot is of UEFI`);
    if (os.tpm !== 'no') assert.ok(os.efi, `${os.shortId}: a TPM comes with UEFI`);
    if (os.virtioWin || os.hyperv) assert.equal(os.family, 'windows', os.shortId);
    if (!os.devices.virtioNet) assert.ok(os.devices.nics.length > 0, `${os.shortId}: no card for it`);
    assert.ok(
      os.devices.virtioSerial || !os.agent || os.virtioWin,
      `${os.shortId}: an agent without a channel`,
    );
  }
});

test('what is recommended is at least the minimum, and a machine of it can be made', () => {
  for (const { shortId, minimum, recommended } of OPERATING_SYSTEMS)
    for (const key of ['memoryMiB', 'diskGiB', 'vcpus'] as const) {
      assert.ok(minimum[key] > 0, shortId);
      assert.ok(recommended[key] >= minimum[key], `${shortId}: ${key}`);
    }
});

test('a short id finds its system; one without its version finds the newest', () => {
  for (const os of OPERATING_SYSTEMS) assert.equal(findSystem(os.shortId), os);
  const asked = ['rhel9', 'freebsd14', 'ol8', 'sle15sp7', 'debian', 'alpinelinux3.22'];
  assert.deepEqual(
    asked.map((name) => findSystem(name)?.shortId),
    ['rhel9-unknown', 'freebsd14.4', 'ol8-unknown', 'sle15sp7', 'debian13', 'alpinelinux3.22'],
  );
});

test('half a version is no version', () => {
  for (const name of ['fedora4', 'win1', 'debian1', 'ubuntu2', '', 'x', 'f', '.', '-'])
    assert.equal(findSystem(name), null, name);
});

test('an id of a machine’s metadata finds the nearest of its line', () => {
  const asked = [
    'http://debian.org/debian/12',
    'https://debian.org/debian/12/',
    'http://redhat.com/rhel/9.4',
    'http://freebsd.org/freebsd/14.1',
    'http://nixos.org/nixos/24.05',
    'http://centos.org/centos-stream/9',
    'http://microsoft.com/win/2k22',
  ];
  assert.deepEqual(
    asked.map((id) => findSystemById(id)?.shortId),
    ['debian12', 'debian12', 'rhel9-unknown', 'freebsd14.4', 'nixos-unknown', 'centos-stream9', 'win2k22'],
  );
});

test('ids of systems that are not known find none', () => {
  for (const id of [
    'http://debian.org/debian/7',
    'http://haiku-os.org/haiku/r1',
    'http://redhat.com/rhel/6.10',
    'debian12',
    '',
    'http://debian.org/debian/',
    'http://debian.org/../debian/12',
  ])
    assert.equal(findSystemById(id), null, id);
});

test('no text breaks the search', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const found = findSystem(text);
      assert.ok(found === null || found.shortId.startsWith(text));
      const byId = findSystemById(text);
      assert.ok(byId === null || text.startsWith('http'));
    }),
  );
});

test('what is not known gets what every PC has', () => {
  const { devices, bios, q35, secureBoot } = UNKNOWN_SYSTEM;
  assert.deepEqual([bios, q35, secureBoot], [true, true, false]);
  assert.deepEqual([devices.virtioBlk, devices.virtioNet], [false, false]);
  assert.equal(devices.nics[0], 'e1000e');
});
