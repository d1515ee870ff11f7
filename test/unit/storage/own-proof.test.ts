import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readVolume } from '../../../drivers/libvirt/model/index.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { Stays, type Written } from '../../../main/jobs/engine/step.ts';
import { assertOwn, type VolumeNote } from '../../../main/storage/steps/own-volume.ts';
import { isTaken } from '../../../main/storage/taken.ts';

const stays = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Stays, String(error));
  assert.match(error.reason, reason);
  return true;
};

suite('what tells the volume of a job from another one', () => {
  const vol = { pool: 'default', name: 'a', key: '/p/a' };
  const model = (changed: string, capacity = 100, owned = changed) =>
    readVolume(
      `<volume type='file'><name>a</name><key>/p/a</key><capacity>${capacity}</capacity><physical>${capacity}</physical><target><path>/p/a</path><timestamps><mtime>${changed}</mtime><ctime>${owned}</ctime></timestamps></target></volume>`,
    );
  const facts = { key: '/p/a', physicalBytes: 100, changed: '1.5 1.5' };
  const assertIt = (noted: VolumeNote, found: ReturnType<typeof model>, written: Written = 'never') =>
    assertOwn(noted, { vol, model: found }, { what: 'volume a', written });
  const whole = { state: 'whole', facts } as const;
  const open = {
    state: 'open',
    wanted: { capacityBytes: 100, format: 'raw', empty: true },
    facts,
  } as const;

  test('one that nobody has changed is the job’s', () => assertIt(whole, model('1.5')));
  test('one that was changed is not', () => {
    assert.throws(() => assertIt(whole, model('2.5')), stays(/somebody changed it/));
  });
  test('where the job started a machine on it, it may be changed', () =>
    assertIt(whole, model('2.5'), 'begun'));
  test('where QEMU was let at it, and then refused, it may have had another owner meanwhile', () => {
    assertIt(whole, model('1.5', 100, '2.5'), 'refused');
    assert.throws(() => assertIt(whole, model('1.5', 100, '2.5')), stays(/somebody changed it/));
    assert.throws(() => assertIt(whole, model('2.5'), 'refused'), stays(/somebody changed it/));
  });
  test('where the job was writing to it, it is as large as it was', () => {
    assertIt(open, model('2.5'));
    assert.throws(() => assertIt(open, model('2.5', 101)), stays(/took its place/));
  });
  test('what has its name hours after the job wrote to it is another’s', () => {
    assertIt(open, model('150.5'));
    assert.throws(() => assertIt(open, model('3600.5')), stays(/took its place/));
  });
  test('what is empty and whose maker nobody saw is the job’s when it was made as the host was asked', () => {
    const wanted = { capacityBytes: 100, format: 'raw', empty: true } as const;
    const asked = { state: 'asked', wanted, when: { from: 1000, to: 1004 } } as const;
    assertIt(asked, model('1002.5'));
    assertIt(asked, model('1180.5'));
    for (const time of ['990.5', '4600.5'])
      assert.throws(() => assertIt(asked, model(time)), stays(/not made when this job asked/));
  });
  test('where the pool tells no times, a name or a path is no proof, and a UUID is', () => {
    const pool = (key: string, path: string) => ({
      vol: { pool: 'tank', name: 'a', key },
      model: readVolume(
        `<volume type='block'><name>a</name><key>${key}</key><capacity>100</capacity><target><path>${path}</path></target></volume>`,
      ),
    });
    const untimed = (key: string) => ({ key, physicalBytes: null, changed: null });
    for (const written of ['never', 'refused', 'begun'] as const) {
      const as = { what: 'volume a', written };
      for (const [key, path] of [
        ['/dev/zvol/tank/a', '/dev/zvol/tank/a'],
        ['rbd/a', 'rbd/a'],
        ['/dev/sdb1', '/dev/sdb1'],
        ['a', '/dev/tank/a'],
      ] as const)
        for (const noted of [
          { ...whole, facts: untimed(key) },
          { ...open, facts: untimed(key) },
        ])
          assert.throws(() => assertOwn(noted, pool(key, path), as), stays(/nothing by which it is known/));
      const uuid = 'Zn7Y1e-2mQc-0uA3-1111-2222-3333-aaaaaa';
      for (const noted of [
        { ...whole, facts: untimed(uuid) },
        { ...open, facts: untimed(uuid) },
      ])
        assertOwn(noted, pool(uuid, '/dev/vg/a'), as);
    }
  });
  test('what the host fills by itself may change for hours, and has the size and format that were asked for', () => {
    const copy = { ...open, wanted: { capacityBytes: 100, format: 'raw', empty: false } } as const;
    assertIt(copy, model('3600.5'));
    assert.throws(() => assertIt(copy, model('3600.5', 99)), stays(/took its place/));
  });
});

suite('a name that is taken', () => {
  for (const [code, message] of [
    ['VIR_ERR_INTERNAL_ERROR', "internal error: storage volume name 'x' already in use."],
    ['VIR_ERR_STORAGE_VOL_EXIST', 'storage volume exists already: x'],
    ['VIR_ERR_OPERATION_INVALID', "volume target path '/a/x' already exists"],
    ['VIR_ERR_SYSTEM_ERROR', "Failed to create file '/a/x': File exists"],
  ] as const)
    test(`taken, as libvirt says it: ${message}`, () => {
      assert.ok(isTaken(new LibvirtError({ code, message })));
    });

  test('what is not taken: a device that is busy, a full disk', () => {
    for (const message of ['Device or resource busy: already in use', 'No space left on device'])
      assert.ok(!isTaken(new LibvirtError({ code: 'VIR_ERR_INTERNAL_ERROR', message })));
  });
});
