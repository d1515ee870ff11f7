import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readCapabilities, readDomainCapabilities } from '../../../drivers/libvirt/model/index.ts';
import { createInput, type CreateInput, type CreateSource } from '../../../main/contract/create.ts';
import type { CloudInit } from '../../../main/contract/cloud-init.ts';
import type { CreateFacts, VolumeFacts } from '../../../main/jobs/create/facts.ts';
import { makeIdentities } from '../../../main/jobs/create/identity.ts';
import { expandNames } from '../../../main/jobs/create/names.ts';
import { planCreate } from '../../../main/jobs/create/plan.ts';
import { chooseTarget, findSystem, machineDefaults, UNKNOWN_SYSTEM } from '../../../main/os/index.ts';

export const POOL = 'ee4c7d8e-3c0b-4b5d-9e35-1f9df5a5a001';
const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/xml', name), 'utf8');

/** A volume that is there. */
export function volume(change: Partial<VolumeFacts> = {}): VolumeFacts {
  return {
    path: '/images/some.img',
    type: 'file',
    format: 'raw',
    capacityBytes: 2 ** 30,
    backing: null,
    encryption: null,
    problem: null,
    ...change,
  };
}

export const FACTS: CreateFacts = {
  host: { id: 'h', name: 'kvm-a', uri: 'qemu+ssh://kvm-a/system' },
  names: new Set(['taken']),
  macs: new Map([['52:54:00:00:00:01', 'taken']]),
  silent: [],
  isolated: new Set(),
  owners: new Map(),
  above: new Map(),
  named: new Map(),
  unseen: new Map(),
  claims: new Map(),
  paths: new Map(),
  pools: [
    {
      host: 'h',
      uuid: POOL,
      name: 'default',
      type: 'dir',
      state: 'running',
      autostart: true,
      persistent: true,
      capacityBytes: 100 * 2 ** 30,
      allocationBytes: 0,
      availableBytes: 50 * 2 ** 30,
      path: '/images',
      source: null,
    },
  ],
  volumeNames: new Map([[POOL, new Set(['base.qcow2'])]]),
  volumes: new Map([
    [
      `${POOL}/base.qcow2`,
      volume({ path: '/images/base.qcow2', format: 'qcow2', capacityBytes: 3 * 2 ** 30 }),
    ],
    [`${POOL}/installer.iso`, volume({ path: '/images/installer.iso' })],
  ]),
  networks: new Map([
    ['default', true],
    ['off', false],
  ]),
  memory: { totalKiB: 16 * 2 ** 20, freeKiB: 8 * 2 ** 20 },
  cpus: 8,
  guests: readCapabilities(fixture('capabilities-qemu.xml')).guests,
  noVsock: null,
  noVirtV2v: null,
  missing: { devices: new Set(['br-none', 'eth9']), filters: new Set(['no-such']) },
  container: null,
  saved: null,
  savedOn: null,
  live: null,
  balancer: null,
  ways: new Map(),
  unfinished: new Set(),
  tree: null,
  osId: 'http://debian.org/debian/12',
};

export const CLOUD_INIT: CloudInit = {
  hostname: null,
  users: [{ name: 'me', sshKeys: [], password: 'geheim', sudo: true }],
  sshPasswords: true,
  packageUpdate: false,
  packages: [],
  files: [],
  runCommands: [],
  timezone: null,
  locale: null,
  network: null,
  puppet: null,
  yaml: null,
};
export const IMAGE: Extract<CreateSource, { kind: 'cloudImage' }> = {
  kind: 'cloudImage',
  image: { kind: 'volume', pool: POOL, name: 'base.qcow2' },
  copy: false,
  cloudInit: CLOUD_INIT,
};

/** What `create.plan` takes, with what suits Debian 12 on an emulating host. */
export function input(source: CreateSource, change: Partial<CreateInput> = {}): CreateInput {
  const capabilities = readCapabilities(fixture('capabilities-qemu.xml'));
  const os = findSystem('debian12') ?? UNKNOWN_SYSTEM;
  const target = chooseTarget(os, capabilities);
  assert.ok(target !== null);
  const { spec } = machineDefaults({
    os,
    target,
    capabilities,
    domainCapabilities: readDomainCapabilities(fixture('domcapabilities-q35-qemu.xml')),
    hostName: 'kvm-a',
    source: source.kind === 'container' ? 'disk' : source.kind,
    host: { memoryMiB: 16_384, cpus: 8 },
    place: { uuid: POOL, type: 'dir' },
    nic: { kind: 'network', network: 'default', portGroup: null },
  });
  return createInput.parse({
    host: 'h',
    name: 'web',
    count: 1,
    title: null,
    description: null,
    os: 'debian12',
    source,
    spec,
    start: true,
    autostart: false,
    xml: null,
    ...change,
  });
}

export const planned = (of: CreateInput, facts: CreateFacts = FACTS) =>
  planCreate(of, facts, makeIdentities(expandNames(of).length, of.spec.nics.length, new Set()));
export const fields = (of: CreateInput, facts: CreateFacts = FACTS): string[] =>
  planned(of, facts).problems.map(({ field }) => field);
