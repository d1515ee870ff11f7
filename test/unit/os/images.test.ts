import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ChecksumError,
  CLOUD_IMAGES,
  detectSystems,
  findCloudImage,
  findSystem,
  MAX_CHECKSUM_CHARS,
  parseChecksum,
} from '../../../main/os/index.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const LONG = 'c'.repeat(128);

test('images have ids of their own, and systems that the catalogue knows', () => {
  const ids = CLOUD_IMAGES.map((image) => image.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const image of CLOUD_IMAGES) {
    const os = findSystem(image.os);
    assert.equal(os?.shortId, image.os, image.id);
    for (const firmware of image.firmwares) assert.ok(os?.[firmware], `${image.id}: ${firmware}`);
    assert.ok(image.minDiskGiB <= Math.max(os?.recommended.diskGiB ?? 0, 40), image.id);
    assert.equal(findCloudImage(image.id), image);
  }
});

test('images and their sums are fetched over TLS from the same server', () => {
  for (const { url, checksumUrl, compression, id } of CLOUD_IMAGES) {
    const [image, sums] = [new URL(url), new URL(checksumUrl)];
    assert.deepEqual([image.protocol, sums.protocol, sums.host], ['https:', 'https:', image.host], id);
    assert.equal(compression === 'xz', url.endsWith('.xz'), id);
  }
});

test('an image’s file name points at its system', () => {
  for (const { url, os } of CLOUD_IMAGES)
    assert.equal(detectSystems(null, new URL(url).pathname)[0]?.os.shortId, os, url);
});

test('the makers asked for are there', () => {
  const systems = new Set(CLOUD_IMAGES.map((image) => image.os.replace(/[\d.]+$/, '')));
  for (const maker of [
    'debian',
    'ubuntu',
    'fedora',
    'almalinux',
    'rocky',
    'centos-stream',
    'opensuse',
    'archlinux',
    'alpinelinux',
    'freebsd',
  ])
    assert.ok(systems.has(maker), maker);
});

test('sums as sha256sum writes them', () => {
  assert.equal(parseChecksum(`${A}  other.img\n${B} *disk.img\n`, 'disk.img', 'sha256'), B);
  assert.equal(parseChecksum(`${B.toUpperCase()}  ./sub/disk.img\r\n`, 'disk.img', 'sha256'), B);
});

test('sums as BSD and Fedora write them, among comments and signatures', () => {
  const fedora = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# disk.qcow2: 5368709120 bytes
SHA256 (disk.qcow2) = ${A}
-----BEGIN PGP SIGNATURE-----

${'x'.repeat(64)}
-----END PGP SIGNATURE-----`;
  assert.equal(parseChecksum(fedora, 'disk.qcow2', 'sha256'), A);
  assert.equal(parseChecksum(`SHA512 (d.xz) = ${LONG}\nSHA256 (d.xz) = ${A}`, 'd.xz', 'sha512'), LONG);
});

test('a file that is one sum', () => {
  assert.equal(parseChecksum(`${LONG}\n`, 'alpine.qcow2', 'sha512'), LONG);
});

test('what is not certain is refused', () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['', 'disk.img', /no sha256 checksum/],
    [`${A}  other.img`, 'disk.img', /no sha256/],
    [`${A}  disk.img\n${B}  disk.img`, 'disk.img', /two checksums/],
    [`${'a'.repeat(32)}  disk.img`, 'disk.img', /no sha256/],
    [`MD5 (disk.img) = ${'a'.repeat(32)}`, 'disk.img', /no sha256/],
    [`${LONG}  disk.img`, 'disk.img', /no sha256/],
    [`${A}  disk.img.sig`, 'disk.img', /no sha256/],
    [`${A}  not-disk.img`, 'disk.img', /no sha256/],
    [`${A}\n${B}`, 'disk.img', /no sha256/],
    ['<html>Not found</html>', 'disk.img', /no sha256/],
    ['x'.repeat(MAX_CHECKSUM_CHARS + 1), 'disk.img', /longer than/],
  ];
  for (const [text, name, message] of refused)
    assert.throws(
      () => parseChecksum(text, name, 'sha256'),
      (error) => error instanceof ChecksumError && message.test(error.message),
      text.slice(0, 60),
    );
});

test('any text gives a sum that is in it, or the one error', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(`${A}  disk.img`, `SHA256 (disk.img) = ${B}`, `${A} *disk.img`, `SHA256 (`, ') = '),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        assert.ok([A, B].includes(parseChecksum(lines.join('\n'), 'disk.img', 'sha256')));
      } catch (error) {
        if (!(error instanceof ChecksumError)) throw error;
      }
    }),
  );
  const hostile = `SHA256 (${'('.repeat(500_000)}`;
  assert.throws(() => parseChecksum(hostile, 'disk.img', 'sha256'), ChecksumError);
});
