import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readImage } from '../../../drivers/formats/clonezilla/read-image.ts';
import { memoryFiles } from '../../support/image-files.ts';

const TYPES = {
  esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  biosBoot: '21686148-6449-6E6F-744E-656564454649',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
} as const;
type Part = keyof typeof TYPES;

const gpt = (disk: string, ...parts: readonly Part[]): string =>
  [
    'label: gpt\nunit: sectors\n',
    ...parts.map(
      (part, index) =>
        `/dev/${disk}${index + 1} : start= ${2048 * (index + 1)}, size= 2048, type=${TYPES[part]}`,
    ),
  ].join('\n');
const mbr = (disk: string): string =>
  `label: dos\nunit: sectors\n\n/dev/${disk}1 : start= 2048, size= 2048, type=83\n`;

async function told(files: Readonly<Record<string, string>>): Promise<{ firmware: string; guess: string }> {
  const disks = Object.keys(files).flatMap(
    (name) => /^(?<disk>.+)-pt\.sf$/.exec(name)?.groups?.['disk'] ?? [],
  );
  const image = await readImage(memoryFiles({ disk: disks.join(' '), parts: '', ...files }));
  return {
    firmware: image.hardware.firmware,
    guess: image.warnings.filter((warning) => warning.includes('guessed')).join(),
  };
}

suite('the firmware of a machine that Clonezilla has saved', () => {
  test('efi-nvram.dat tells it whatever the table is, and then nothing is guessed', async () => {
    assert.deepEqual(await told({ 'sda-pt.sf': gpt('sda', 'biosBoot', 'linux'), 'efi-nvram.dat': '' }), {
      firmware: 'uefi',
      guess: '',
    });
  });

  test('without it GPT with an EFI system partition and no BIOS boot partition is started by UEFI, which is a guess', async () => {
    const { firmware, guess } = await told({ 'sda-pt.sf': gpt('sda', 'esp', 'linux') });
    assert.equal(firmware, 'uefi');
    assert.match(guess, /no efi-nvram\.dat.*UEFI is guessed, since sda has an EFI system.*can be chosen/);
  });

  test('what BIOS can start from was started by it, as there is no efi-nvram.dat', async () => {
    for (const table of [
      mbr('sda'),
      gpt('sda', 'biosBoot', 'esp'),
      gpt('sda', 'biosBoot'),
      gpt('sda', 'linux'),
    ])
      assert.deepEqual(await told({ 'sda-pt.sf': table }), { firmware: 'bios', guess: '' }, table);
  });

  test('of several disks the first whose table tells it counts, and one that needs UEFI is named', async () => {
    const uefi = gpt('sdb', 'esp', 'linux');
    assert.equal((await told({ 'sda-pt.sf': gpt('sda', 'linux'), 'sdb-pt.sf': uefi })).firmware, 'uefi');
    const { firmware, guess } = await told({ 'sda-pt.sf': mbr('sda'), 'sdb-pt.sf': uefi });
    assert.equal(firmware, 'bios');
    assert.match(guess, /BIOS is guessed, since it can start from sda; but sdb has an EFI system/);
  });
});
