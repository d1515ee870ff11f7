import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { failureText } from '../../../main/cli/errors.ts';
import { bytes, kib, percent, rate } from '../../../main/cli/format.ts';
import { LineEditor } from '../../../main/cli/line-editor.ts';
import { keyValues, table, visible } from '../../../main/cli/table.ts';
import { widthOf } from '../../../main/cli/width.ts';

suite('text for people', () => {
  for (const [value, text] of [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KiB'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [10 * 1024 + 1, '10 KiB'],
    [1 << 30, '1 GiB'],
    [2 ** 60, '1024 PiB'],
    [null, '-'],
  ] as const)
    test(`${value} bytes are ${text}`, () => assert.equal(bytes(value), text));

  test('other units', () => {
    assert.equal(kib(2 * 1024 * 1024), '2 GiB');
    assert.equal(rate(2048), '2 KiB/s');
    assert.equal(rate(null), '-');
    assert.equal(percent(3.14), '3.1%');
    assert.equal(percent(99.9), '100%');
  });

  test('columns are as wide as their widest cell, numbers to the right', () => {
    const lines = table(
      [
        { title: 'NAME', value: (row: { name: string; size: number }) => row.name },
        { title: 'SIZE', value: ({ size }) => String(size), align: 'right' },
      ],
      [
        { name: 'a', size: 1 },
        { name: 'longer', size: 12345 },
      ],
    );
    assert.deepEqual(lines, ['NAME     SIZE', 'a           1', 'longer  12345']);
  });

  test('control characters of a name are shown, not obeyed', () => {
    assert.equal(visible('a\x1b[2Jb\n'), 'a\\x1b[2Jb\\x0a');
    const [, line] = table([{ title: 'N', value: (name: string) => name }], ['\x07']);
    assert.equal(line, '\\x07');
  });

  test('marks that turn the direction of writing, and halves of a character, are shown', () =>
    assert.equal(visible('a\u202eb\u2066c\ud800'), 'a\\u{202e}b\\u{2066}c\\u{d800}'));

  for (const [text, width] of [
    ['web-01', 6],
    ['日本', 4],
    ['e\u0301', 1],
    ['🙂', 2],
    ['ä', 1],
    ['', 0],
  ] as const)
    test(`${text} takes ${width} cells`, () => assert.equal(widthOf(text), width));

  test('columns stay in line beside wide characters', () => {
    const column = { title: 'N', value: (name: string) => name };
    const lines = table([column, { title: 'X', value: () => 'x' }], ['日本', 'abcd', 'e\u0301']);
    assert.deepEqual(lines, ['N     X', '日本  x', 'abcd  x', 'e\u0301     x']);
  });

  test('pairs without a value are left out', () =>
    assert.deepEqual(
      keyValues([
        ['Name', 'a'],
        ['Long name', 'b'],
        ['None', null],
        ['Empty', ''],
      ]),
      ['Name:      a', 'Long name: b'],
    ));

  test('a failure: the sentence, libvirt’s words, the layers below', () =>
    assert.equal(
      failureText({
        code: 'LIBVIRT',
        message: 'web was not started on kvm-a.',
        libvirt: {
          code: 'VIR_ERR_X',
          codeNumber: 1,
          domain: 'VIR_FROM_QEMU',
          level: 'error',
          message: 'no memory',
        },
        detail: 'one\ntwo',
      }),
      'web was not started on kvm-a.\n  libvirt: no memory (VIR_ERR_X)\n  one\n  two',
    ));

  test('a failure names options: what each has wrong, and the one that mends it', () => {
    const problems = [
      { field: 'source.image', message: 'No such volume.' },
      { field: 'name', message: 'Taken.' },
      { field: 'spec.nics.0.mac', message: 'Taken too.' },
      { field: 'spec.nics.0.source', message: 'No such network.' },
      { field: 'spec.disks.0.source', message: 'Full.' },
      { field: 'memoryMiB', message: 'Too much.' },
    ];
    assert.deepEqual(
      failureText({ code: 'BAD_INPUT', message: 'web is not created.', problems }).split('\n  '),
      [
        'web is not created.',
        '--cloud-image: No such volume.',
        'Taken.',
        '--set nics.0.mac: Taken too.',
        '--network: No such network.',
        'disk 1: Full.',
        '--memory: Too much.',
      ],
    );
    const notListed = { uri: 'qemu+ssh://root@kvm-a/system?keyfile=a b' };
    assert.match(
      failureText({ code: 'HOST_UNREACHABLE', message: 'kvm-a is not in the list.', notListed }),
      /\n {2}Add it in the window, or name it for this command: -c 'qemu\+ssh:.*a b'$/,
    );
    assert.match(failureText({ code: 'CONFLICT', message: 'Smaller.', unless: 'shrink' }), /\n {2}--shrink/);
  });

  test('every option that a field is called by is one of create or of template create', async () => {
    const help = (
      await Promise.all(
        ['create-definitions', 'template-definitions'].map((file) =>
          readFile(path.join(import.meta.dirname, `../../../main/cli/${file}.ts`), 'utf8'),
        ),
      )
    ).join('');
    const table = await readFile(
      path.join(import.meta.dirname, '../../../main/cli/flags-of-fields.ts'),
      'utf8',
    );
    for (const [flag] of table.matchAll(/'--[a-z-]+/g))
      assert.ok(help.includes(`${flag} `) || help.includes(`${flag}'`), flag);
  });
});

suite('a typed line', () => {
  const typed = (...keys: string[]): unknown => {
    const editor = new LineEditor();
    let result: unknown = null;
    for (const key of keys) result = editor.type(key);
    return result;
  };

  test('ends with Enter', () => assert.deepEqual(typed('se', 'cret', '\r'), { line: 'secret' }));
  test('backspace takes one character, however long', () =>
    assert.deepEqual(typed('aß🙂\x7f\x7fb\n'), { line: 'ab' }));
  test('Ctrl+U takes all', () => assert.deepEqual(typed('wrong\x15right\r'), { line: 'right' }));
  test('Ctrl+C gives up', () => assert.equal(typed('abc\x03'), 'gaveUp'));
  test('Ctrl+D gives up on an empty line only', () => {
    assert.equal(typed('\x04'), 'gaveUp');
    assert.deepEqual(typed('a\x04\r'), { line: 'a' });
  });
  test('other control keys are nothing', () => assert.deepEqual(typed('a\x1b\x01b\r'), { line: 'ab' }));
});
