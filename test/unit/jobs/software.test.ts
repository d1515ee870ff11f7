import assert from 'node:assert/strict';
import { test } from 'node:test';
import { templateWay } from '../../../main/contract/template-way.ts';
import { TEMPLATES } from '../../../main/jobs/create/templates.ts';
import { CLOUD_IMAGES } from '../../../main/os/index.ts';
import { CLOUD_INIT, fields, IMAGE, input, planned } from './create-input.ts';

const NONE = null;
/** What each template installs on each system that the catalogue has an image of. */
const PACKAGES: Record<string, Record<string, string | null>> = {
  debian13: { web: 'nginx', database: 'postgresql', docker: 'docker.io docker-cli', 'load-balancer': NONE },
  debian12: {
    web: 'nginx',
    database: 'postgresql',
    docker: 'docker.io',
    'load-balancer': 'trafficserver qemu-guest-agent',
  },
  'ubuntu26.04': { web: 'nginx', database: 'postgresql', docker: 'docker.io', 'load-balancer': NONE },
  'ubuntu24.04': {
    web: 'nginx',
    database: 'postgresql',
    docker: 'docker.io',
    'load-balancer': 'trafficserver qemu-guest-agent',
  },
  'ubuntu22.04': {
    web: 'nginx',
    database: 'postgresql',
    docker: 'docker.io',
    'load-balancer': 'trafficserver qemu-guest-agent',
  },
  fedora44: {
    web: 'nginx',
    database: 'postgresql-server',
    docker: 'moby-engine docker-cli',
    'load-balancer': NONE,
  },
  fedora43: {
    web: 'nginx',
    database: 'postgresql-server',
    docker: 'moby-engine docker-cli',
    'load-balancer': NONE,
  },
  almalinux10: { web: 'nginx', database: 'postgresql-server', docker: NONE, 'load-balancer': NONE },
  almalinux9: { web: 'nginx', database: 'postgresql-server', docker: NONE, 'load-balancer': NONE },
  rocky10: { web: 'nginx', database: 'postgresql-server', docker: NONE, 'load-balancer': NONE },
  rocky9: { web: 'nginx', database: 'postgresql-server', docker: NONE, 'load-balancer': NONE },
  'centos-stream10': { web: 'nginx', database: 'postgresql-server', docker: NONE, 'load-balancer': NONE },
  'centos-stream9': { web: 'nginx', database: 'postgresql-server', docker: NONE, 'load-balancer': NONE },
  'opensuse16.0': { web: 'nginx', database: 'postgresql-server', docker: 'docker', 'load-balancer': NONE },
  'opensuse15.6': {
    web: 'nginx',
    database: 'postgresql-server',
    docker: 'docker',
    'load-balancer': NONE,
  },
  archlinux: { web: 'nginx', database: 'postgresql', docker: 'docker', 'load-balancer': NONE },
  'alpinelinux3.22': { web: 'nginx', database: 'postgresql', docker: 'docker', 'load-balancer': NONE },
  'freebsd15.1': { web: 'nginx', database: 'postgresql17-server', docker: NONE, 'load-balancer': NONE },
  'freebsd14.4': { web: 'nginx', database: 'postgresql17-server', docker: NONE, 'load-balancer': NONE },
};

test('each system with a cloud image has its own packages of each template, or none', () => {
  const systems = [...new Set(CLOUD_IMAGES.map(({ os }) => os))];
  const found = systems.map((os) => [
    os,
    Object.fromEntries(
      TEMPLATES.map((template) => [template.id, templateWay(template, os)?.packages.join(' ') ?? NONE]),
    ),
  ]);
  assert.deepEqual(Object.fromEntries(found), PACKAGES);
});

test('services are started by what the system has', () => {
  const starters: readonly (readonly [string, RegExp])[] = [
    ['alpinelinux3.22', /^rc-service /],
    ['freebsd15.1', /^service /],
    ['fedora44', /^systemctl enable --now /],
  ];
  for (const [os, starter] of starters)
    for (const template of TEMPLATES) {
      const way = templateWay(template, os);
      if (way !== null) assert.match(way.runCommands.at(-1) ?? '', starter, `${template.id} on ${os}`);
    }
});

test('an image whose system is not known gets a template as Debian and Ubuntu do', () => {
  for (const template of TEMPLATES) {
    assert.equal(templateWay(template, null), templateWay(template, 'ubuntu24.04'));
    assert.equal(templateWay(template, 'windows11'), null);
  }
});

test('a template is refused on a system that cannot have it, and the systems that can are named', () => {
  const of = (os: string | null) => input({ ...IMAGE, template: 'load-balancer' }, { os });
  assert.deepEqual(planned(of('debian13')).problems, [
    {
      field: 'source.template',
      message:
        'Debian 13 has no packages for the template “Load balancer”: choose Debian 11 and 12, and Ubuntu 22.04, 24.04 and 25.10, or no template.',
    },
  ]);
  for (const os of ['debian12', null]) assert.deepEqual(fields(of(os)), [], String(os));
  assert.deepEqual(fields(input({ ...IMAGE, template: 'no-such' })), ['source.template']);
});

const puppetOn = (os: string, installType: 'packages' | 'aio') => {
  const puppet = { server: 'puppet.example.org', environment: null, certname: null, installType };
  return planned(input({ ...IMAGE, cloudInit: { ...CLOUD_INIT, puppet } }, { os }));
};

test('Puppet is refused where nothing would install it, and its source asked for where the system has none', () => {
  const refused = ['freebsd14.4 packages', 'freebsd14.4 aio', 'archlinux aio', 'alpinelinux3.22 aio'];
  const warned = ['almalinux10 packages', 'rocky9 packages', 'centos-stream9 packages'];
  for (const os of [
    'debian13',
    'ubuntu24.04',
    'almalinux10',
    'rocky9',
    'centos-stream9',
    'archlinux',
    'alpinelinux3.22',
    'freebsd14.4',
  ])
    for (const type of ['packages', 'aio'] as const) {
      const { problems, warnings } = puppetOn(os, type);
      const key = `${os} ${type}`;
      assert.equal(
        problems.some(({ field }) => field === 'source.cloudInit.puppet'),
        refused.includes(key),
        key,
      );
      assert.equal(
        warnings.some((text) => /has no package of Puppet/.test(text)),
        warned.includes(key),
        key,
      );
    }
});
