import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CreateInput } from '../../../main/contract/create.ts';
import type { DiskSpec } from '../../../main/contract/machine-spec.ts';
import type { CreateFacts, VolumeFacts } from '../../../main/jobs/create/facts.ts';
import { FACTS, IMAGE, input, planned, POOL, volume } from './create-input.ts';

const PATH = '/images/own.qcow2';
const own = { kind: 'volume' as const, pool: POOL, name: 'own.qcow2' };
const byPath = { kind: 'path' as const, path: PATH, type: 'file' as const, format: 'raw' as const };

function withDisk(source: DiskSpec['source'], change: Partial<CreateInput> = {}): CreateInput {
  const of = input({ kind: 'disk' }, change);
  const [disk] = input({ kind: 'network' }).spec.disks;
  assert.ok(disk !== undefined);
  return { ...of, spec: { ...of.spec, disks: [{ ...disk, source }] } };
}
function facts(found: Partial<VolumeFacts>, change: Partial<CreateFacts> = {}): CreateFacts {
  const one = volume({ path: PATH, ...found });
  return {
    ...FACTS,
    volumes: new Map([[`${POOL}/own.qcow2`, one]]),
    paths: new Map([[PATH, one]]),
    ...change,
  };
}
const messages = (of: CreateInput, known: CreateFacts): string[] =>
  planned(of, known).problems.map(({ message }) => message);
const claims = (format: string) => ({ claims: new Map([[PATH, [{ machine: 'tenant', format }]]]) });

suite('a machine from a disk that is there', () => {
  test('its format is refused where a machine has it as another', () => {
    for (const source of [own, { ...byPath, format: 'qcow2' as const }]) {
      const known = facts({ format: 'qcow2' }, claims('raw'));
      assert.match(messages(withDisk(source), known).join(), /raw to tenant and qcow2 to its pool/);
      assert.deepEqual(messages(withDisk(source), facts({ format: 'qcow2' }, claims('qcow2'))), []);
    }
  });

  test('what it lies on is told, and refused outside of all pools', () => {
    const outside = facts({ format: 'qcow2', backing: { path: '/srv/secret', inPool: false } });
    assert.match(messages(withDisk(own), outside).join(), /\/srv\/secret/);
    const inside = facts({ format: 'qcow2', backing: { path: '/images/base.qcow2', inPool: true } });
    const { problems, warnings } = planned(withDisk(own), inside);
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /own\.qcow2 lies on \/images\/base\.qcow2/);
  });

  test('what is encrypted comes with its secret, or is refused', () => {
    const secretUuid = '6c1b1ff4-07b5-4a8f-8d3a-3c2f2c1a0c11';
    const open = facts({ encryption: { format: 'luks', secretUuid } });
    const plan = planned(withDisk(own), open);
    assert.deepEqual(plan.problems, []);
    assert.match(
      plan.machines[0]?.xml ?? '',
      new RegExp(`<encryption format='luks'>\\s*<secret type='passphrase' uuid='${secretUuid}'/>`),
    );
    const shut = facts({ encryption: { format: 'luks', secretUuid: null } });
    assert.match(messages(withDisk(own), shut).join(), /no passphrase/);
    const image = { ...IMAGE, image: own };
    assert.match(messages(input(image), open).join(), /encrypted: a new disk/);
  });

  test('a path that a pool has is what the pool says; one that none has is warned of', () => {
    assert.match(messages(withDisk(byPath), facts({ format: 'qcow2' })).join(), /qcow2 to its pool, not raw/);
    assert.deepEqual(messages(withDisk(byPath), facts({ format: 'raw' })), []);
    const alone = planned(withDisk({ ...byPath, path: '/dev/vda', type: 'block' }), FACTS);
    assert.deepEqual(alone.problems, []);
    assert.match(alone.warnings.join(), /\/dev\/vda is in no pool/);
    assert.match(messages(withDisk({ ...byPath, path: '/images/../etc/x' }), FACTS).join(), /without dots/);
  });

  test('a path is the disk of one machine, and its owner is told', () => {
    const three = withDisk(byPath, { name: 'w-#', count: 3 });
    assert.match(messages(three, facts({ format: 'raw' })).join(), /disk of several machines/);
    const owned = facts({ format: 'raw' }, { owners: new Map([[PATH, 'tenant']]), ...claims('raw') });
    assert.match(planned(withDisk(byPath), owned).warnings.join(), /disk of tenant too/);
  });

  test('what cannot be seen of who needs it is said, as before it is deleted', () => {
    const unseen = new Map([
      [PATH, ['These pools are stopped, and what their volumes lie on cannot be seen: old.']],
    ]);
    const { warnings } = planned(withDisk(byPath), facts({ format: 'raw' }, { unseen }));
    assert.match(
      warnings.join(),
      /Whether something else needs .+ cannot be known\. These pools are stopped, .+: old\./,
    );
  });

  test('a disk that others lie on is not written to', () => {
    const under = facts({ format: 'raw' }, { above: new Map([[PATH, ['web-1', 'web-2']]]) });
    assert.match(messages(withDisk(byPath), under).join(), /web-1, web-2 lie on .+: a machine that writes/);
  });

  test('nor by a definition that somebody wrote, or where no pool has it', () => {
    const above = new Map([[PATH, ['web-1']]]);
    const [machine] = planned(withDisk(byPath), facts({ format: 'raw' })).machines;
    const written = { ...input({ kind: 'network' }), xml: machine?.xml ?? '' };
    const { problems } = planned(written, { ...FACTS, above });
    assert.deepEqual(
      problems.map(({ field }) => field),
      ['xml'],
    );
    assert.match(problems[0]?.message ?? '', /web-1 lies on/);
    const read = written.xml.replace(/(<source file='[^']*'\/>)/, '$1<readonly/>');
    assert.deepEqual(messages({ ...written, xml: read }, { ...FACTS, above }), []);
    assert.match(messages(withDisk(byPath), { ...FACTS, above }).join(), /web-1 lies on/);
  });

  test('by whatever name a definition has it: a pool and a volume, a path with slashes and dots, a floppy, a LUN', () => {
    const above = new Map([[PATH, ['web-1']]]);
    const named = new Map([['default/base.qcow2', PATH]]);
    const [machine] = planned(withDisk(byPath), facts({ format: 'raw' })).machines;
    const written = machine?.xml ?? '';
    const said = (xml: string): string =>
      messages({ ...input({ kind: 'network' }), xml }, { ...FACTS, above, named }).join();
    const from = (source: string, as = 'file'): string =>
      written
        .replace(/<source file='[^']*'\/>/, `<source ${source}/>`)
        .replace("type='file' device='disk'", `type='${as}' device='disk'`);
    for (const xml of [
      from("pool='default' volume='base.qcow2'", 'volume'),
      from(`file='${PATH.replace('/', '//')}'`),
      from(`file='${PATH.replace('/', '/./')}'`),
      from(`file='/images/../${PATH.slice(1)}'`),
      written.replace("device='disk'", "device='floppy'"),
      written.replace("device='disk'", "device='lun'"),
    ])
      assert.match(said(xml), /web-1 lies on/, xml);
  });

  test('a qcow2 disk is no CD', () => {
    const iso = input({ kind: 'iso', medium: own });
    assert.match(messages(iso, facts({ format: 'qcow2' })).join(), /no CD/);
    assert.deepEqual(messages(iso, facts({ format: 'raw' })), []);
  });
});
