import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codePoint } from '../../support/code-points.ts';
import { FormatError } from '../../../drivers/formats/errors.ts';
import {
  autoinstall,
  autounattend,
  debianPreseed,
  kickstart,
  type AnswerMedia,
  type LinuxInstall,
  type WindowsInstall,
} from '../../../drivers/formats/unattended/index.ts';
import { parseYaml } from '../../../drivers/formats/yaml.ts';
import { XmlError, parseXml, type XmlElement } from '../../../drivers/xml/index.ts';

const LINUX: LinuxInstall = {
  hostname: 'web1.example.org',
  user: {
    name: 'ann',
    fullName: 'Ann Green',
    passwordHash: '$6$salt$hash',
    sshKeys: ['ssh-ed25519 AAAA ann@laptop'],
  },
  timezone: 'Europe/Paris',
  locale: 'fr_FR.UTF-8',
  keyboard: 'fr',
  packages: ['qemu-guest-agent', 'git'],
};
const MIRROR = 'http://mirror.example.org/debian';
const WINDOWS: WindowsInstall = {
  computerName: 'WEB1',
  user: { name: 'ann', fullName: 'Ann Green' },
  password: 'secret',
  timezone: 'Europe/Paris',
  language: 'en-US',
  region: 'fr-FR',
  firmware: 'efi',
  imageIndex: 1,
  productKey: null,
  virtioFolder: 'w11',
  skipRequirements: true,
  remoteDesktop: true,
};

const content = ({ cd, initrd }: AnswerMedia, path: string): string => {
  const file = [...(cd?.files ?? []), ...initrd].find((one) => one.path === path);
  return Buffer.from(file?.content ?? []).toString();
};
const preseed = (install: LinuxInstall): string =>
  content(debianPreseed({ ...install, mirror: MIRROR }), 'preseed.cfg');
const ks = (install: LinuxInstall): string => content(kickstart({ ...install, tree: null }), 'ks.cfg');
const userData = (install: LinuxInstall): string => content(autoinstall(install), 'user-data');
const windows = (install: WindowsInstall): string => content(autounattend(install), 'autounattend.xml');

function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof FormatError) return error.code;
    if (error instanceof XmlError) return 'XML';
    throw error;
  }
}

/** Any text, and what has a meaning in one of the formats. */
const hostile = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 60 }),
  fc.constantFrom(
    'a\nd-i preseed/late_command string id',
    '" --groups=root "',
    "'; id; '",
    '%post\nid\n%end',
    '\\',
    '$(id)',
    '</FullName><x>',
    ']]>',
    '&#10;',
    '\u2028id',
    'a\r\nb',
    '--lock',
    '{{ x }}',
  ),
);

/** The installation with one text in the place of a field. */
const placed: ((value: string) => LinuxInstall)[] = [
  (value) => ({ ...LINUX, hostname: value }),
  (value) => ({ ...LINUX, timezone: value }),
  (value) => ({ ...LINUX, locale: value }),
  (value) => ({ ...LINUX, keyboard: value }),
  (value) => ({ ...LINUX, packages: [value] }),
  (value) => ({ ...LINUX, user: { ...LINUX.user, name: value } }),
  (value) => ({ ...LINUX, user: { ...LINUX.user, fullName: value } }),
  (value) => ({ ...LINUX, user: { ...LINUX.user, passwordHash: value } }),
  (value) => ({ ...LINUX, user: { ...LINUX.user, sshKeys: [value] } }),
];

test('a hostile value is refused or stays in its line of a preseed', () => {
  const shape = (text: string): string[] => text.split('\n').map((line) => line.split(' ', 2).join(' '));
  const expected = shape(preseed(LINUX));
  fc.assert(
    fc.property(hostile, fc.constantFrom(...placed), (value, place) => {
      const install = place(value);
      const code = codeOf(() => debianPreseed({ ...install, mirror: MIRROR }));
      if (code !== null) assert.equal(code, 'BAD_VALUE');
      else {
        const written = preseed(install);
        assert.deepEqual(shape(written), expected);
        assert.doesNotMatch(written, /\\$|[^\P{Cc}\n]|[\p{Zl}\p{Zp}]/mu);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a hostile value is refused or stays in its line of a kickstart, within its quotes', () => {
  const shape = (text: string): string[] =>
    text.split('\n').map((line) =>
      line
        .replace(/"(\\["\\]|[^"\\])*"/g, '""')
        .split(' ', 1)
        .join(''),
    );
  const expected = shape(ks({ ...LINUX, packages: [] }));
  fc.assert(
    fc.property(hostile, fc.constantFrom(...placed), (value, place) => {
      const install = place(value);
      const code = codeOf(() => ks(install));
      if (code !== null) assert.equal(code, 'BAD_VALUE');
      else {
        const written = shape(ks(install));
        const added = install.packages.length;
        assert.deepEqual(written.toSpliced(-2 - added, added), expected);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a hostile value is refused or comes out of the YAML of an autoinstall as it was', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const install = { ...LINUX, user: { ...LINUX.user, fullName: value } };
      if (codeOf(() => autoinstall(install)) !== null) return;
      const config = parseYaml(userData(install)) as { autoinstall: { identity: unknown } };
      assert.deepEqual(config.autoinstall.identity, {
        hostname: 'web1.example.org',
        username: 'ann',
        realname: value === '' ? 'ann' : value,
        password: '$6$salt$hash',
      });
    }),
    { numRuns: 1000 },
  );
});

/** Names of elements, as a tree. */
const outline = (element: XmlElement): unknown => [element.name, element.children.map(outline)];

test("a hostile value is refused or is the text of its own element in Windows' answers", () => {
  const places: ((value: string) => WindowsInstall)[] = [
    (value) => ({ ...WINDOWS, computerName: value }),
    (value) => ({ ...WINDOWS, password: value }),
    (value) => ({ ...WINDOWS, timezone: value }),
    (value) => ({ ...WINDOWS, language: value }),
    (value) => ({ ...WINDOWS, virtioFolder: value }),
    (value) => ({ ...WINDOWS, productKey: value }),
    (value) => ({ ...WINDOWS, user: { name: value, fullName: '' } }),
    (value) => ({ ...WINDOWS, user: { name: 'ann', fullName: value } }),
  ];
  const expected = outline(parseXml(windows(WINDOWS)).root);
  fc.assert(
    fc.property(hostile, fc.constantFrom(...places), (value, place) => {
      const code = codeOf(() => windows(place(value)));
      if (code === null) assert.deepEqual(outline(parseXml(windows(place(value))).root), expected);
    }),
    { numRuns: 1500 },
  );
});

test('a preseed takes its keys from a file beside it, in the initrd', () => {
  const media = debianPreseed({ ...LINUX, mirror: MIRROR });
  assert.deepEqual(
    media.initrd.map(({ path }) => path),
    ['preseed.cfg', 'virtlane/authorized_keys', 'virtlane/late.sh'],
  );
  assert.match(preseed(LINUX), /^d-i netcfg\/get_hostname string web1$/m);
  assert.match(preseed(LINUX), /^d-i mirror\/http\/hostname string mirror\.example\.org$/m);
  const tls = content(debianPreseed({ ...LINUX, mirror: 'https://m.example.org:8443/' }), 'preseed.cfg');
  assert.match(tls, /^d-i mirror\/protocol string https$/m);
  assert.match(tls, /^d-i mirror\/https\/hostname string m\.example\.org:8443$/m);
  assert.match(tls, /^d-i mirror\/https\/directory string \/$/m);
  for (const mirror of ['', 'ftp://m.example.org/', 'http://a b/', 'http://u:p@m/', 'http://m/?x'])
    assert.equal(
      codeOf(() => debianPreseed({ ...LINUX, mirror })),
      'BAD_VALUE',
      mirror,
    );
  assert.match(preseed(LINUX), /^d-i netcfg\/get_domain string example\.org$/m);
  assert.match(preseed(LINUX), /^d-i passwd\/user-password-crypted password \$6\$salt\$hash$/m);
  assert.match(preseed(LINUX), /^d-i preseed\/late_command string sh \/virtlane\/late\.sh$/m);
  assert.doesNotMatch(preseed({ ...LINUX, user: { ...LINUX.user, sshKeys: [] } }), /late_command/);
});

test('each installer finds its answers by the label and the name that it looks for', () => {
  const cd = (media: AnswerMedia) => [media.cd?.volumeId, media.cd?.files.map(({ path }) => path)];
  assert.deepEqual(cd(kickstart({ ...LINUX, tree: null })), ['OEMDRV', ['ks.cfg']]);
  assert.deepEqual(cd(autoinstall(LINUX)), ['cidata', ['user-data', 'meta-data']]);
  assert.deepEqual(cd(autounattend(WINDOWS)), ['UNATTEND', ['autounattend.xml']]);
});

test('Windows is put on the partition that its firmware starts it from', () => {
  const target = (install: WindowsInstall): string[] => [
    /<PartitionID>(\d)<\/PartitionID>\s*<\/InstallTo>/.exec(windows(install))?.[1] ?? '',
    ...[...windows(install).matchAll(/<Type>(\w+)<\/Type>/g)].map(([, type = '']) => type),
  ];
  assert.deepEqual(target(WINDOWS), ['3', 'EFI', 'MSR', 'Primary']);
  assert.deepEqual(target({ ...WINDOWS, firmware: 'bios' }), ['2', 'Primary', 'Primary']);
});

test("Windows' password is not in its answers as it is typed, and the zone has Windows' name", () => {
  const xml = windows({ ...WINDOWS, password: 'p<ä&"' });
  assert.doesNotMatch(xml, /p<ä|p&lt;/);
  const [value = ''] = /(?<=<AdministratorPassword>\s*<Value>)[^<]+/.exec(xml) ?? [];
  assert.equal(Buffer.from(value, 'base64').toString('utf16le'), 'p<ä&"AdministratorPassword');
  assert.match(xml, /<TimeZone>Romance Standard Time<\/TimeZone>/);
  assert.match(windows({ ...WINDOWS, timezone: 'Mars/Olympus' }), /<TimeZone>UTC<\/TimeZone>/);
});

test('without a virtio-win CD, an edition, a key and a user there is nothing of them', () => {
  const xml = windows({
    ...WINDOWS,
    user: null,
    virtioFolder: null,
    imageIndex: null,
    skipRequirements: false,
    remoteDesktop: false,
  });
  assert.doesNotMatch(xml, /DriverPaths|offlineServicing|InstallFrom|LocalAccount|LabConfig|TSConnections/);
});
