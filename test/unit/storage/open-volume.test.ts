import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import type { StorageVolRef } from '../../../drivers/libvirt/protocol/structs.ts';
import type { Json, StepContext } from '../../../main/jobs/engine/step.ts';
import { assertOwn, noteOpen, volumeNoteOf } from '../../../main/storage/steps/own-volume.ts';

const MIB = 1 << 20;
const VOL: StorageVolRef = { pool: 'default', name: 'disk.img', key: '/images/disk.img' };

/** The file as libvirt tells of it, so many seconds after it was made. */
function told(physicalMiB: number, seconds: number): string {
  const time = `${1_800_000_000 + seconds}.5`;
  return `<volume type='file'><name>${VOL.name}</name><key>${VOL.key}</key><capacity unit='bytes'>${64 * MIB}</capacity>
    <allocation unit='bytes'>0</allocation><physical unit='bytes'>${physicalMiB * MIB}</physical>
    <target><path>${VOL.key}</path><format type='raw'/><timestamps><mtime>${time}</mtime><ctime>${time}</ctime></timestamps></target></volume>`;
}

test('a volume that a sparse upload has cut off and lets grow again stays the job’s own, however often it was noted', async () => {
  let noted: Json | undefined;
  const step = {
    note: (value: Json) => Promise.resolve(void (noted = value)),
    noted: () => noted,
  } as unknown as StepContext;
  const client = (xml: string): LibvirtClient =>
    ({ remote: { storageVolGetXmlDesc: () => Promise.resolve({ xml }) } }) as unknown as LibvirtClient;
  const made = readVolume(told(64, 0));
  noted = {
    state: 'open',
    wanted: { capacityBytes: 64 * MIB, format: 'raw', empty: true },
    facts: { key: VOL.key, physicalBytes: made.physicalBytes, changed: made.changed },
  };
  const isOwn = (xml: string): void => {
    const note = volumeNoteOf(step) ?? assert.fail('there is a note');
    assertOwn(note, { vol: VOL, model: readVolume(xml) }, { what: VOL.name, written: 'begun' });
  };
  // At a hole the file ends where the upload is.
  await noteOpen(step, client(told(20, 30)), VOL);
  isOwn(told(40, 50));
  await noteOpen(step, client(told(40, 60)), VOL);
  isOwn(told(64, 80));
  assert.throws(() => isOwn(told(65, 80)), /another one took its place/);
  // What is changed much later than the step last looked, it has not done.
  assert.throws(() => isOwn(told(64, 900)), /another one took its place/);
});
