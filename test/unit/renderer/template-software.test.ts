import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEMPLATES } from '../../../main/jobs/create/templates.ts';
import { newForm, type CreateForm } from '../../../renderer/wizards/create/form.ts';
import { followedSoftware, softwareOf } from '../../../renderer/wizards/create/template-software.ts';

const OPTIONS = { templates: [...TEMPLATES] };

function formWith(template: string, more: Partial<CreateForm['firstBoot']>): CreateForm {
  const form = newForm('h');
  return { ...form, firstBoot: { ...form.firstBoot, template, ...more } };
}

test('another system gets its own packages of the template, as long as nobody changed them', () => {
  const { ways = [] } = TEMPLATES.find(({ id }) => id === 'docker') ?? {};
  const debian = softwareOf(ways.find(({ systems }) => systems.includes('debian12')) ?? null);
  const chosen = formWith('docker', debian);
  assert.equal(followedSoftware(chosen, OPTIONS, 'debian12'), null);
  assert.equal(followedSoftware(chosen, OPTIONS, 'fedora44')?.packages, 'moby-engine docker-cli');
  const changed = formWith('docker', { ...debian, packages: 'docker.io git' });
  assert.equal(followedSoftware(changed, OPTIONS, 'fedora44'), null);
});

test('a system that cannot have the template changes nothing, and one that can fills what it left empty', () => {
  const empty = formWith('load-balancer', softwareOf(null));
  assert.equal(followedSoftware(empty, OPTIONS, 'debian13'), null);
  assert.equal(followedSoftware(empty, OPTIONS, 'debian12')?.packages, 'trafficserver qemu-guest-agent');
  assert.equal(followedSoftware(formWith('', {}), OPTIONS, 'debian12'), null);
});
