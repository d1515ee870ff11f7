import { readCapabilities, readDomainCapabilities } from '../../../drivers/libvirt/model/index.ts';
import type { CallOptions } from '../../../drivers/rpc/errors.ts';
import type { DefaultsInput, DefaultsOutput } from '../../contract/create-defaults.ts';
import type { NicSourceSpec } from '../../contract/machine-spec.ts';
import type { Pool } from '../../contract/storage.ts';
import { FailureError } from '../../hosts/failures.ts';
import type { HostSession } from '../../hosts/session.ts';
import {
  chooseTarget,
  containerDefaults,
  findCloudImage,
  findSystem,
  machineDefaults,
  UNKNOWN_SYSTEM,
} from '../../os/index.ts';
import { readPools } from '../../storage/read.ts';
import { imageFailure } from '../p2v/failure.ts';
import type { Place } from '../p2v/place.ts';
import type { SeenSource } from '../p2v/live/looks.ts';
import { readSaved, type SavedAt } from '../p2v/read-saved.ts';
import { makesContainers } from './container-facts.ts';
import { noContainers } from './container-problems.ts';
import { readDefaultNetwork } from './default-network.ts';
import { hasFormats, makesVolumes } from './disks.ts';
import { readMemory, readNetworks } from './facts.ts';
import { imageDefaults, type ImageAsked, type ImageHost } from './image-defaults.ts';
import { liveDefaults } from './live-defaults.ts';

export interface DefaultsFrom {
  readonly input: DefaultsInput;
  /** Where a saved machine is, if one is asked for. */
  readonly place: Place;
  /** The running machine that is asked for, if one is. */
  readonly live: SeenSource | null;
}

/**
 * A machine that suits a system on a host.
 * @throws FailureError UNSUPPORTED when the host runs no machines of the architecture
 */
export async function readDefaults(
  session: HostSession,
  { input, place, live }: DefaultsFrom,
  options: CallOptions,
): Promise<DefaultsOutput> {
  const { remote } = session.client;
  const [capabilities, pools, networks, memory, node] = await Promise.all([
    remote.connectGetCapabilities(undefined, options).then((reply) => readCapabilities(reply.capabilities)),
    readPools(session.client, session.id, options),
    readNetworks(session.client, options),
    readMemory(session.client, options),
    remote.nodeGetInfo(undefined, options),
  ]);
  const network = await readDefaultNetwork(session.client, { networks, asked: input.network }, options);
  const nic: NicSourceSpec | null = network === null ? null : { kind: 'network', network, portGroup: null };
  const host = {
    memoryMiB: Math.floor((memory?.totalKiB ?? Number(node.memory)) / 1024),
    cpus: node.cpus,
  };
  if (input.source === 'container') {
    if (!makesContainers(capabilities))
      throw new FailureError({ code: 'UNSUPPORTED', message: noContainers(session) });
    return containerDefaults({ arch: capabilities.arch, host, nic });
  }
  const image = input.image === undefined ? null : findCloudImage(input.image);
  const os = findSystem(input.os ?? image?.os ?? '') ?? UNKNOWN_SYSTEM;
  const { arch = image?.arch, virtType } = input;
  const target = chooseTarget(os, capabilities, { arch, virtType });
  if (target === null)
    throw new FailureError({
      code: 'UNSUPPORTED',
      message: `${session.name} runs no machines of the architecture ${arch ?? capabilities.arch}.`,
    });
  const asked = { emulatorbin: null, arch: target.arch, machine: target.machine, virttype: target.virtType };
  const reply = await remote.connectGetDomainCapabilities({ ...asked, flags: 0 }, options);
  const defaults = machineDefaults({
    os,
    target,
    capabilities,
    domainCapabilities: readDomainCapabilities(reply.capabilities),
    hostName: session.name,
    source: input.source,
    host,
    place: poolFor(pools, input.pool),
    nic: nic ?? { kind: 'user' },
    firmwares: image?.firmwares,
    minDiskGiB: image?.minDiskGiB,
  });
  const { choices, unavailable, spec } = defaults;
  const pool = poolFor(pools, input.pool);
  const there: ImageHost = {
    name: session.name,
    cpus: node.cpus,
    pool: pool?.uuid ?? null,
    format: pool !== null && hasFormats(pool) ? 'qcow2' : 'raw',
    nic: nic ?? { kind: 'user' },
  };
  const plain = { choices, unavailable: [...unavailable] };
  if (live !== null && input.live !== undefined) {
    const { spec: made, disks, warnings } = liveDefaults(spec, input.live, { seen: live, host: there });
    return {
      spec: made,
      ...plain,
      live: { disks: [...disks], warnings: [...warnings], report: live.report },
    };
  }
  const wanted = savedAsked(input);
  if (wanted === null) return { spec, ...plain };
  const saved = await readSaved(place, wanted.at).catch((error: unknown) => {
    throw imageFailure(error);
  });
  const found = imageDefaults(spec, wanted, { saved, host: there });
  const warnings = [...found.warnings];
  return {
    spec: found.spec,
    ...plain,
    ...(wanted.at.kind === 'diskFile'
      ? { diskFile: { warnings } }
      : { clonezilla: { disks: [...found.disks], warnings } }),
  };
}

/** The saved machine that is asked for; null: it is another source. */
function savedAsked({
  source,
  clonezilla,
  diskFile,
}: DefaultsInput): (ImageAsked & { readonly at: SavedAt }) | null {
  if (source !== 'clonezilla' && source !== 'diskFile') return null;
  if (source === 'clonezilla' && clonezilla !== undefined)
    return { ...clonezilla, at: { kind: source, path: clonezilla.path } };
  if (source === 'diskFile' && diskFile !== undefined)
    return { format: diskFile.format, at: { kind: source, paths: diskFile.paths } };
  throw new FailureError({ code: 'BAD_INPUT', message: 'Say where the image is.' });
}

/** The one that is asked for; else `default`, which most hosts have; else the one with most room. */
function poolFor(pools: readonly Pool[], asked: string | undefined): Pool | null {
  const usable = pools.filter((pool) => pool.state === 'running' && makesVolumes(pool));
  return (
    usable.find(({ uuid }) => uuid === asked) ??
    usable.find(({ name }) => name === 'default') ??
    usable.toSorted((a, b) => (b.availableBytes ?? 0) - (a.availableBytes ?? 0))[0] ??
    null
  );
}
