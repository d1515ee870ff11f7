import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  MAX_TREEINFO_CHARS,
  OPERATING_SYSTEMS,
  parseTreeinfo,
  sumOfPath,
  TreeInfoError,
  treeLayouts,
} from '../../../main/os/index.ts';

const SUM = 'a'.repeat(64);
const FEDORA = `[checksums]
images/pxeboot/initrd.img = sha256:${SUM}
images/pxeboot/vmlinuz = md5:0123

[general]
; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.
arch = x86_64
family = Fedora
version = 42

[images-x86_64]
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz

[stage2]
mainimage = images/install.img
`;

suite('install trees', () => {
  test('a .treeinfo says where kernel and initrd are, and what they must be', () => {
    const info = parseTreeinfo(FEDORA.replaceAll('\n', '\r\n'), 'x86_64');
    assert.equal(info.family, 'Fedora');
    assert.deepEqual(info.kernel, { path: 'images/pxeboot/vmlinuz', checksum: null });
    assert.deepEqual(info.initrd, {
      path: 'images/pxeboot/initrd.img',
      checksum: { algorithm: 'sha256', hex: SUM },
    });
  });

  test('one of another architecture says so, one without kernel too, and none leads out of its tree', () => {
    assert.throws(() => parseTreeinfo(FEDORA, 'aarch64'), /for x86_64, not for aarch64/);
    assert.throws(() => parseTreeinfo('[general]\nfamily = X\n', 'x86_64'), /names no kernel/);
    assert.throws(() => parseTreeinfo('x'.repeat(MAX_TREEINFO_CHARS + 1), 'x86_64'), /too long/);
    for (const path of ['../vmlinuz', '/vmlinuz', 'http://evil.example.org/k', 'a/../../b', 'a b', 'a?b', ''])
      assert.throws(
        () => parseTreeinfo(`[images-x86_64]\nkernel = ${path}\ninitrd = i\n`, 'x86_64'),
        /no kernel within the tree/,
        path,
      );
  });

  test('whatever a server sends for a .treeinfo is read, or refused in its own words', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('[images-x86_64]', 'kernel = a', 'initrd = b', '[x'));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          const { kernel } = parseTreeinfo(lines.join('\n'), 'x86_64');
          assert.match(kernel.path, /^[\w.+-][\w.+/-]*$/);
        } catch (error) {
          if (!(error instanceof TreeInfoError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a long line of blanks is read as fast as any other', () => {
    const blanks = ' '.repeat(200_000);
    const text = `[general]\nx${blanks}y\n[images-x86_64]\nkernel = k\ninitrd = i\n`;
    assert.equal(parseTreeinfo(text, 'x86_64').kernel.path, 'k');
  });

  test('the layouts without one hold every tree of the catalogue that has none', () => {
    for (const { name, distro, trees } of OPERATING_SYSTEMS)
      for (const { arch, kernel, initrd } of trees)
        if (distro === 'debian' || distro === 'opensuse')
          assert.ok(
            treeLayouts(arch).some((layout) => layout.kernel === kernel && layout.initrd === initrd),
            `${name} ${arch}`,
          );
  });

  test('a sum is that of the whole path: many files of a list are called linux', () => {
    const list = `${'b'.repeat(64)}  ./netboot/gtk/linux\n${SUM}  ./netboot/linux\n`;
    assert.deepEqual(sumOfPath(list, 'netboot/linux'), { algorithm: 'sha256', hex: SUM });
    assert.equal(sumOfPath(list, 'linux'), null);
  });
});
