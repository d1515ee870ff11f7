import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import {
  readCapabilities,
  readVolume,
  type CapabilitiesModel,
} from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { CreateOptions } from '../../contract/create.ts';
import type { Pool } from '../../contract/storage.ts';
import type { HostSession } from '../../hosts/session.ts';
import { inPool } from '../../inventory/pool.ts';
import { CLOUD_IMAGES, isVirtioWinName, OPERATING_SYSTEMS } from '../../os/index.ts';
import { poolByUuid, readPools, without } from '../../storage/read.ts';
import { readNoVirtV2v } from '../p2v/virt-v2v/look.ts';
import { isArchive, makesContainers } from './container-facts.ts';
import { noContainers } from './container-problems.ts';
import { hasFormats, makesVolumes } from './disks.ts';
import { readMemory, readNetworks } from './facts.ts';
import { unattendedFor } from './answers.ts';
import { ANSWERS_ENDING, INITRD_ENDING, KERNEL_ENDING, SEED_ENDING } from './names.ts';
import { TEMPLATES } from './templates.ts';
import { readNoVsock } from './vsock.ts';

/** Volumes of a pool that are looked at: one with more is no pool of ISOs and images. */
const MAX_VOLUMES = 500;
const IN_FLIGHT = 4;
/** A public key is a line; a file that is larger is none. */
const MAX_KEY_CHARS = 16_384;

/** All that a host has to offer for a new machine, asked of it now. */
export async function readOptions(
  session: HostSession,
  home: string,
  options: CallOptions,
): Promise<CreateOptions> {
  const { client } = session;
  const [capabilities, pools, networks, memory, cpus, sshKeys, noVsock, noVirtV2v] = await Promise.all([
    client.remote
      .connectGetCapabilities(undefined, options)
      .then((reply) => readCapabilities(reply.capabilities)),
    readPools(client, session.id, options),
    readNetworks(client, options),
    readMemory(client, options),
    client.remote.nodeGetInfo(undefined, options).then((info) => info.cpus),
    readSshKeys(home),
    readNoVsock(session, options),
    readNoVirtV2v(session, options),
  ]);
  const active = pools.filter(({ state }) => state === 'running' || state === 'degraded');
  const media = await readMedia(client, active, options);
  const arches = archesOf(capabilities);
  return {
    ...media,
    arches,
    hostArch: capabilities.arch,
    noKvm: capabilities.kvm || arches.length === 0 ? null : noKvm(session.name),
    noVsock,
    noVirtV2v,
    noMachines: arches.length > 0 ? null : NO_MACHINES,
    noContainers: makesContainers(capabilities) ? null : noContainers(session),
    host: { cpus, memoryKiB: memory?.totalKiB ?? 0, freeMemoryKiB: memory?.freeKiB ?? null },
    pools: active.filter(makesVolumes).map((pool) => ({
      uuid: pool.uuid,
      name: pool.name,
      type: pool.type,
      capacityBytes: pool.capacityBytes ?? 0,
      availableBytes: pool.availableBytes ?? 0,
      overlays: hasFormats(pool),
    })),
    networks: [...(networks ?? [])].map(([name, isActive]) => ({ name, active: isActive })),
    sshKeys,
    systems: OPERATING_SYSTEMS.map((os) => ({
      id: os.shortId,
      name: os.name,
      family: os.family,
      minMemoryMiB: os.minimum.memoryMiB,
      minDiskGiB: os.minimum.diskGiB,
      virtioWin: os.virtioWin,
      unattended: unattendedFor(os) ?? undefined,
      mirror: os.mirror ?? undefined,
      trees: os.trees.map(({ arch, url }) => ({ arch, url })),
    })),
    cloudImages: CLOUD_IMAGES.map(({ id, name, os, user, url, arch, minDiskGiB }) => ({
      id,
      name,
      os,
      user,
      url,
      arch,
      minDiskGiB,
    })),
    templates: [...TEMPLATES],
  };
}

function noKvm(host: string): string {
  return `${host} has no hardware virtualization (KVM) that libvirt can use: machines are emulated, and many times slower.`;
}

const NO_MACHINES = 'This connection is of libvirt’s LXC driver: it makes containers alone.';

function archesOf({ guests }: CapabilitiesModel): CreateOptions['arches'] {
  return guests
    .filter(({ osType }) => osType === 'hvm')
    .map(({ arch, domainTypes, machines }) => ({
      arch,
      virtTypes: [...domainTypes],
      machines: [...new Set(machines.map(({ name }) => name))],
    }));
}

type Media = Pick<CreateOptions, 'isos' | 'images' | 'archives' | 'unlisted'>;

/** By their names alone: what is in an ISO is read when it is chosen. */
async function readMedia(
  client: LibvirtClient,
  pools: readonly Pool[],
  options: CallOptions,
): Promise<Media> {
  const media: Media = { isos: [], images: [], archives: [], unlisted: [] };
  for (const { uuid, name: poolName } of pools) {
    const pool = await poolByUuid(client, uuid, options);
    const listed = await client.remote
      .storagePoolListAllVolumes({ pool, needResults: 1, flags: 0 }, options)
      .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_STORAGE_POOL', 'VIR_ERR_NO_SUPPORT']));
    const all = listed?.vols ?? [];
    const vols = all.slice(0, MAX_VOLUMES);
    if (vols.length < all.length) media.unlisted.push(poolName);
    await inPool(vols, IN_FLIGHT, async (vol) => {
      const reply = await client.remote
        .storageVolGetXmlDesc({ vol, flags: 0 }, options)
        .catch(without(['VIR_ERR_NO_STORAGE_VOL']));
      if (reply === null) return;
      const { name, type, format, capacityBytes } = readVolume(reply.xml);
      if (type === 'dir') return;
      const sizeBytes = capacityBytes ?? 0;
      if (isIso(name, format)) {
        if (!name.endsWith(SEED_ENDING) && !name.endsWith(ANSWERS_ENDING))
          media.isos.push({ pool: uuid, name, sizeBytes, drivers: isVirtioWinName(name) });
      } else if (isArchive(name)) media.archives.push({ pool: uuid, name, sizeBytes });
      else if (!name.endsWith(KERNEL_ENDING) && !name.endsWith(INITRD_ENDING))
        media.images.push({ pool: uuid, name, format: format ?? 'raw', capacityBytes: sizeBytes });
    });
  }
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  return {
    isos: media.isos.toSorted(byName),
    images: media.images.toSorted(byName),
    archives: media.archives.toSorted(byName),
    unlisted: media.unlisted,
  };
}

function isIso(name: string, format: string | null): boolean {
  return format === 'iso' || /[.]iso$/i.test(name);
}

/** The public keys in a user's ~/.ssh. */
async function readSshKeys(home: string): Promise<CreateOptions['sshKeys']> {
  const folder = path.join(home, '.ssh');
  const names = await readdir(folder).catch(() => []);
  const keys = names
    .filter((name) => /^id_.+[.]pub$/.test(name))
    .map(async (name) => {
      const text = await readFile(path.join(folder, name), 'utf8').catch(() => '');
      const [key = ''] = text.slice(0, MAX_KEY_CHARS).split('\n');
      return { label: name, key: key.trim() };
    });
  return (await Promise.all(keys)).filter(({ key }) => /^(ssh|ecdsa|sk)-\S+ \S+/.test(key));
}
