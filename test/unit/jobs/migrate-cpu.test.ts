import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseXml } from '../../../drivers/xml/index.ts';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { MigrateFacts } from '../../../main/jobs/migrate/live.ts';
import { hostModelXml, readCpu, setCpu } from '../../../main/jobs/migrate/cpu.ts';
import { planMigration } from '../../../main/jobs/migrate/plan.ts';
import { factsOf, input, sourceOf, targetOf, WEB } from './migrate-facts.ts';

const EPYC = {
  model: 'EPYC',
  xml: `<cpu mode='custom' match='exact'><model fallback='forbid'>EPYC</model><feature policy='disable' name='vme'/></cpu>`,
};
const less = {
  cpu: 'incompatible' as const,
  cpuReason: 'avx512f',
  sharedCpu: { baseline: EPYC, models: ['qemu64'] },
};
const off = sourceOf(WEB, { state: 'shutoff' });

function cpuItem(facts: Partial<MigrateFacts>, asked = input()) {
  const found = planMigration(asked, factsOf(facts)).shown.items.find(({ id }) => id === 'cpu');
  return [found?.level, found?.fix ?? null] as const;
}

test('a CPU that the target has not is mended by the one that both have; of a machine that runs, once it is off', () => {
  const target = targetOf(less);
  assert.deepEqual(cpuItem({ target, source: off }), [
    'stop',
    { kind: 'cpu', model: 'EPYC', shutDown: false },
  ]);
  assert.deepEqual(cpuItem({ target }), ['stop', { kind: 'cpu', model: 'EPYC', shutDown: true }]);
  const message = planMigration(input(), factsOf({ target })).shown.items.find(
    ({ id }) => id === 'cpu',
  )?.message;
  assert.match(message ?? '', /avx512f/);
});

test('what would not be there to be moved when it is off, or could not be, is not shut down', () => {
  const target = targetOf(less);
  const tpm = WEB.replace('<graphics', `<tpm model='tpm-crb'><backend type='emulator'/></tpm><graphics`);
  for (const source of [
    sourceOf(WEB, { state: 'paused' }),
    sourceOf(WEB, { persistent: false }),
    sourceOf(tpm),
  ])
    assert.deepEqual(cpuItem({ target, source }), ['stop', null]);
});

test('hosts that have nothing in common, or do not tell, leave words alone', () => {
  const target = targetOf({ ...less, sharedCpu: { baseline: null, models: [] } });
  assert.deepEqual(cpuItem({ target, source: off }), ['stop', null]);
  assert.deepEqual(cpuItem({ target, source: off }, input({ cpu: 'baseline' })), ['stop', null]);
});

test('the CPU that is wished for is in what the target gets; one that it cannot give stops it', () => {
  const asked = input({ cpu: 'baseline' });
  const definition = WEB.replace('<os>', `<cpu mode='custom'><model>Skylake-Server</model></cpu><os>`);
  const target = targetOf({ ...less, cpu: 'superset', newCpu: EPYC });
  const facts = factsOf({ target, source: off, definition });
  assert.deepEqual(cpuItem(facts, asked), ['ok', null]);
  const define = planMigration(asked, facts).plan.steps.find(({ id }) => id === 'define');
  assert.equal(define?.title, 'Define web-1 on kvm-b, with the CPU EPYC');
  const { xml } = (define?.params ?? {}) as { xml?: string };
  assert.match(xml ?? '', /<model fallback='forbid'>EPYC<\/model>/);
  assert.doesNotMatch(xml ?? '', /Skylake/);
  assert.deepEqual(cpuItem({ target: targetOf({ ...less, newCpu: EPYC }), source: off }, asked), [
    'stop',
    null,
  ]);
});

test('one that runs keeps its CPU, whatever is wished for', () => {
  const target = targetOf({ ...less, cpu: 'superset', newCpu: EPYC });
  assert.deepEqual(cpuItem({ target }, input({ cpu: 'baseline' })), [
    'stop',
    { kind: 'cpu', model: 'EPYC', shutDown: true },
  ]);
});

test('the very CPU of its host is no question for a machine that is off', () => {
  const source = sourceOf(WEB.replace('<devices>', `<cpu mode='host-passthrough'/><devices>`), {
    state: 'shutoff',
  });
  assert.deepEqual(cpuItem({ source }), ['ok', null]);
});

test('another CPU keeps topology, cells, and what a person turned off; what only the host’s own can have goes', () => {
  const given = (cpu: string): string => {
    const document = parseXml(`<domain><os/>${cpu}<devices/></domain>`);
    setCpu(document, EPYC.xml);
    return document.toString().replaceAll(/\n\s*/g, '');
  };
  const [model, vme] = [`<model fallback='forbid'>EPYC</model>`, `<feature policy='disable' name='vme'/>`];
  const added = `<cpu mode='custom' match='exact'>${model}${vme}</cpu>`;
  const whole = `<domain><os/>${added}<devices/></domain>`;
  assert.equal(given(''), whole);
  assert.equal(given(`<cpu mode='host-passthrough' check='none' migratable='on'/>`), whole);
  const kept = `<topology sockets='1' cores='2'/><feature policy='disable' name='svm'/>`;
  assert.equal(
    given(
      `<cpu mode='host-passthrough'><model>X</model>${kept}<feature policy='require' name='aes'/><feature policy='disable' name='vme'/><cache mode='passthrough'/></cpu>`,
    ),
    `<domain><os/><cpu mode='custom' match='exact'>${kept}${model}${vme}</cpu><devices/></domain>`,
  );
});

test('what host-model stands for is a CPU of its own; a host that has none has none', () => {
  const of = (supported: string) =>
    `<domainCapabilities><cpu><mode name='host-model' supported='${supported}'><model>EPYC</model><vendor>AMD</vendor></mode></cpu></domainCapabilities>`;
  assert.equal(hostModelXml(of('yes')), '<cpu><model>EPYC</model><vendor>AMD</vendor></cpu>');
  assert.equal(hostModelXml(of('no')), null);
});

test('what is compared is what the definition gets: what a person turned off in it is still off', async () => {
  const compared: string[] = [];
  const connectCompareHypervisorCpu = ({ xmlCpu }: { xmlCpu: string }) => {
    compared.push(xmlCpu);
    return Promise.resolve({ result: 2 });
  };
  const connectGetDomainCapabilities = () => Promise.resolve({ capabilities: '<domainCapabilities/>' });
  const remote = { connectCompareHypervisorCpu, connectGetDomainCapabilities };
  const client = { remote } as unknown as LibvirtClient;
  const off = `<feature policy='forbid' name='svm'/>`;
  const facts = sourceOf(WEB, { cpuXml: `<cpu mode='custom'><model>X</model>${off}</cpu>` });
  const { cpu } = await readCpu({ source: client, target: client }, facts, 'EPYC', {});
  assert.equal(cpu, 'superset');
  await readCpu({ source: client, target: client }, sourceOf(WEB), 'EPYC', {});
  const [model, match] = [
    `<model fallback='forbid'>EPYC</model>`,
    `mode='custom' match='exact' check='partial'`,
  ];
  assert.deepEqual(
    compared.map((xml) => xml.replaceAll(/\n\s*/g, '')),
    [`<cpu ${match}>${off}${model}</cpu>`, `<cpu ${match}>${model}</cpu>`],
  );
});
