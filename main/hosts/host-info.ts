import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virNodeGetMemoryStatsAllCells } from '../../drivers/libvirt/constants/index.ts';
import { readCapabilities, type CapabilitiesModel } from '../../drivers/libvirt/model/capabilities.ts';
import { LibvirtError, type CallOptions } from '../../drivers/rpc/errors.ts';
import type { HostInfo } from '../contract/host.ts';

/** What the host is, read once after its machines are shown. Drivers that lack a call leave its fields empty. */
export async function readHostInfo(client: LibvirtClient, options: CallOptions): Promise<HostInfo> {
  const { remote } = client;
  const [node, memoryKiB, hostname, type, libVersion, version, capabilities] = await Promise.all([
    orNull(remote.nodeGetInfo(undefined, options)),
    orNull(totalMemoryKiB(client, options)),
    orNull(remote.connectGetHostname(undefined, options)),
    orNull(remote.connectGetType(undefined, options)),
    orNull(remote.connectGetLibVersion(undefined, options)),
    orNull(remote.connectGetVersion(undefined, options)),
    orNull(remote.connectGetCapabilities(undefined, options)),
  ]);
  const host = capabilities === null ? null : understood(capabilities.capabilities);
  return {
    hostname: hostname?.hostname ?? '',
    hypervisor: type?.type ?? '',
    libvirtVersion: versionText(libVersion?.libVer ?? 0n),
    hypervisorVersion: versionText(version?.hvVer ?? 0n),
    arch: host?.arch ?? '',
    // The node's model is the architecture's name on most hosts; capabilities know the CPU.
    cpuModel: host?.cpuModel ?? node?.model ?? '',
    cpus: node?.cpus ?? 0,
    sockets: node?.sockets ?? 0,
    cores: node?.cores ?? 0,
    threads: node?.threads ?? 0,
    mhz: node?.mhz ?? 0,
    memoryKiB: memoryKiB ?? Number(node?.memory ?? 0n),
    kvm: host?.kvm ?? null,
  };
}

/**
 * The host's memory as its kernel counts it (/proc/meminfo), as the figures show it too. nodeGetInfo adds up the NUMA nodes instead, and
 * misses what was plugged in later. Null when the driver does not tell.
 */
async function totalMemoryKiB({ remote }: LibvirtClient, options: CallOptions): Promise<number | null> {
  const cellNum = virNodeGetMemoryStatsAllCells.VIR_NODE_MEMORY_STATS_ALL_CELLS;
  const { nparams } = await remote.nodeGetMemoryStats({ cellNum, nparams: 0, flags: 0 }, options);
  if (nparams <= 0) return null;
  const { params } = await remote.nodeGetMemoryStats({ cellNum, nparams, flags: 0 }, options);
  const total = params.find(({ field }) => field === 'total')?.value ?? 0n;
  return total > 0n ? Number(total) : null;
}

/** libvirt's versions are one number: major * 1,000,000 + minor * 1,000 + release. */
export function versionText(version: bigint): string {
  if (version <= 0n) return '';
  return `${version / 1_000_000n}.${(version / 1000n) % 1000n}.${version % 1000n}`;
}

function understood(xml: string): CapabilitiesModel | null {
  try {
    return readCapabilities(xml);
  } catch {
    // XML that we do not understand says nothing about the host's machines: they work all the same.
    return null;
  }
}

async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError) return null;
    throw error;
  }
}
