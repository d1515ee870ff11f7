import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { planVolumeCreation } from '../../../main/storage/volume-plans.ts';
import { StorageHost, uuidOf, type MadeSecret } from '../../support/storage-host.ts';

const PATH = '/images/locked';
const at = { id: 'h', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' };
const pool = { uuid: uuidOf(1), name: 'images', type: 'dir', path: '/images' };
const { plan } = planVolumeCreation(
  { host: 'h', uuid: pool.uuid, name: 'locked', format: 'raw', capacityBytes: 1, passphrase: 'horse' },
  { at, pool },
  null,
);
const secret = (description: string): MadeSecret => ({ uuid: uuidOf(7), description, usageId: PATH });
const OWN = secret('Virtlane: volume locked in pool images');
const FOREIGN = secret('of somebody else');
const hostWith = (...secrets: MadeSecret[]): StorageHost =>
  new StorageHost({ pools: { images: { active: true, volumes: { locked: {} } } }, secrets });
const [define, create, name] = plan.steps;

suite('the passphrase of a volume', () => {
  test('an older volume of the path keeps its secret until the new one is there', async () => {
    assert.deepEqual(
      [define?.kind, create?.kind, name?.kind],
      ['secret.define', 'volume.create', 'secret.name'],
    );
    const host = hostWith(OWN);
    const step = host.step('secret.define');
    await step.check(define?.params ?? null);
    await step.run(define?.params ?? null);
    assert.ok(!host.calls.includes(`undefine ${PATH}`), host.calls.join());
    // libvirt refuses the volume: what is taken back is the new secret alone.
    await step.undo(define?.params ?? null, null);
    assert.ok(!host.calls.includes(`undefine ${PATH}`), host.calls.join());
    assert.match(host.calls.at(-1) ?? '', /^undefine virtlane new volume/);
  });

  test('when it is there, its secret takes the place of the older one, with its value', async () => {
    const host = hostWith(OWN);
    await host.step('secret.define').run(define?.params ?? null);
    const step = host.step('secret.name');
    await step.check(name?.params ?? null);
    await step.run(name?.params ?? null);
    await step.check(name?.params ?? null);
    const ends = host.calls.slice(2);
    assert.match(
      ends.join('\n'),
      /^undefine \/images\/locked\nundefine virtlane new volume .*\ndefine \/images\/locked\nset \/images\/locked$/,
    );
  });

  test('a secret that Virtlane did not make is neither replaced nor removed', async () => {
    const host = hostWith(FOREIGN);
    await assert.rejects(host.step('secret.name').check(name?.params ?? null), /that Virtlane did not make/);
    await host.step('secret.delete').run({ host: 'h', uuid: null, volume: PATH });
    await host.step('secret.delete').run({ host: 'h', uuid: FOREIGN.uuid, volume: null });
    assert.deepEqual(host.calls, []);
    const own = hostWith(OWN);
    await own.step('secret.delete').run({ host: 'h', uuid: null, volume: PATH });
    assert.deepEqual(own.calls, [`undefine ${PATH}`]);
  });
});
