import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDomainLog } from '../../../drivers/formats/used-blocks/domain-log.ts';

const HEAD = '# Domain logfile created by unset_name v0.3.23\n# Source: /dev/vg/root\n# Offset: 0x00000000\n';
const LOG = `${HEAD}# current_pos  current_status
0x00100000     ?
#      pos        size  status
0x00000000  0x00014000  +
0x00014000  0x000E0000  ?
0x000F4000  0x0000C000  +
`;

async function* pieces(text: string, length = 7): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += length) yield Buffer.from(text.slice(at, at + length));
}

test('what partclone tells of a file system are runs of it', async () => {
  const used = await readDomainLog(pieces(LOG), 2 ** 21);
  assert.deepEqual([used.blockBytes, used.blocks, used.used], [512, 2 ** 20 / 512, (0x14000 + 0xc000) / 512]);
  assert.deepEqual(
    [...used.runs()],
    [
      { first: 0, count: 0x14000 / 512 },
      { first: 0xf4000 / 512, count: 0xc000 / 512 },
    ],
  );
});

for (const [what, text] of [
  ['nothing', ''],
  ['words', `${HEAD}No valid Btrfs found\n`],
  ['one that is cut between lines', LOG.slice(0, LOG.lastIndexOf('0x000F'))],
  ['one that is cut within a line', LOG.slice(0, -3)],
  ['a gap', LOG.replace('0x000F4000', '0x000F5000')],
  ['pieces that overlap', LOG.replace('0x000F4000', '0x000F3000')],
  ['more than it is of', LOG.replace('0x0000C000', '0x0000D000')],
  ['odd bytes', LOG.replaceAll('00014000', '00014001')],
  ['an empty piece', LOG.replace('0x00014000  +', '0x00000000  +')],
  ['another sign', LOG.replace('0x000E0000  ?', '0x000E0000  -')],
  ['one of a larger device', LOG.replace('0x00100000     ?', '0x00400000     ?')],
  ['a line without end', `# ${'x'.repeat(20_000)}`],
] as const)
  test(`${what} is no map: all is read then`, async () => {
    await assert.rejects(readDomainLog(pieces(text), 2 ** 21), { name: 'FormatError' });
  });
