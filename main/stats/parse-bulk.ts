import type { DomainStatsRecord, TypedParam } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import type { DiskSample, DomainSample, MemorySample, NicSample, VcpuSample } from './sample.ts';

/** More devices of a kind, or vCPUs, than any machine has: a host that lies takes no memory here. */
const MAX_INDEX = 4096;

type Fields = Map<string, TypedParam['value']['value']>;

/** One machine of virConnectGetAllDomainStats: names of the figures are in libvirt-domain.c and in `virsh help domstats`. */
export function parseBulkRecord(record: DomainStatsRecord): DomainSample {
  const groups = new Groups(record.params);
  return {
    uuid: uuidToString(record.dom.uuid),
    name: record.dom.name,
    id: record.dom.id,
    state: number(groups.plain, 'state.state'),
    vcpuCount: vcpuCountOf(groups),
    cpuTimeNs: number(groups.plain, 'cpu.time'),
    vcpus: groups.indexed('vcpu').map(parseVcpu),
    memory: parseMemory(groups.plain),
    disks: parseDisks(groups.indexed('block')),
    nics: groups.indexed('net').flatMap((fields) => (fields === null ? [] : [parseNic(fields)])),
  };
}

/** Fields by what they are of: `block.0.rd.bytes` is `rd.bytes` of the first of `block`. */
class Groups {
  readonly plain: Fields = new Map();
  readonly #indexed = new Map<string, (Fields | null)[]>();

  constructor(params: readonly TypedParam[]) {
    for (const { field, value } of params) {
      const match = /^(block|net|vcpu)\.(\d{1,4})\./.exec(field);
      if (match === null) this.plain.set(field, value.value);
      else this.#of(match[1] ?? '', Number(match[2])).set(field.slice(match[0].length), value.value);
    }
  }

  indexed(group: string): (Fields | null)[] {
    return this.#indexed.get(group) ?? [];
  }

  #of(group: string, index: number): Fields {
    if (index >= MAX_INDEX) return new Map();
    let list = this.#indexed.get(group);
    if (list === undefined) this.#indexed.set(group, (list = []));
    while (list.length <= index) list.push(null);
    const known = list[index];
    if (known != null) return known;
    const fields: Fields = new Map();
    list[index] = fields;
    return fields;
  }
}

/** libvirt tells -1 for a figure that it has not got. */
function number(fields: Fields, name: string): number | null {
  const value = fields.get(name);
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  const plain = Number(value);
  return plain >= 0 ? plain : null;
}

function text(fields: Fields, name: string): string | null {
  const value = fields.get(name);
  return typeof value === 'string' ? value : null;
}

function vcpuCountOf(groups: Groups): number | null {
  const told = number(groups.plain, 'vcpu.current');
  if (told !== null && told > 0) return told;
  const present = groups.indexed('vcpu').filter((fields) => fields !== null).length;
  return present > 0 ? present : number(groups.plain, 'vcpu.maximum');
}

function parseVcpu(fields: Fields | null): VcpuSample | null {
  if (fields === null) return null;
  return {
    // virVcpuState: 0 is offline.
    online: number(fields, 'state') !== 0,
    timeNs: number(fields, 'time'),
    delayNs: number(fields, 'delay'),
  };
}

function parseMemory(fields: Fields): MemorySample {
  const of = (name: string): number | null => number(fields, `balloon.${name}`);
  return {
    currentKiB: of('current'),
    maximumKiB: of('maximum'),
    availableKiB: of('available'),
    unusedKiB: of('unused'),
    usableKiB: of('usable'),
    cachesKiB: of('disk_caches'),
    rssKiB: of('rss'),
    swapInKiB: of('swap_in'),
    swapOutKiB: of('swap_out'),
    majorFaults: of('major_fault'),
    minorFaults: of('minor_fault'),
    lastUpdateSec: of('last-update'),
  };
}

/** The layers of a backing chain come under the name of their disk, top first: only the top is what the guest did. */
function parseDisks(list: readonly (Fields | null)[]): DiskSample[] {
  const disks = new Map<string, DiskSample>();
  for (const fields of list) {
    const name = fields === null ? null : text(fields, 'name');
    if (fields === null || name === null || disks.has(name)) continue;
    disks.set(name, {
      name,
      readRequests: number(fields, 'rd.reqs'),
      readBytes: number(fields, 'rd.bytes'),
      readTimeNs: number(fields, 'rd.times'),
      writeRequests: number(fields, 'wr.reqs'),
      writeBytes: number(fields, 'wr.bytes'),
      writeTimeNs: number(fields, 'wr.times'),
      flushRequests: number(fields, 'fl.reqs'),
      capacityBytes: number(fields, 'capacity'),
      allocationBytes: number(fields, 'allocation'),
    });
  }
  return [...disks.values()];
}

function parseNic(fields: Fields): NicSample {
  return {
    name: text(fields, 'name') ?? '',
    inBytes: number(fields, 'rx.bytes'),
    inPackets: number(fields, 'rx.pkts'),
    inErrors: number(fields, 'rx.errs'),
    inDrops: number(fields, 'rx.drop'),
    outBytes: number(fields, 'tx.bytes'),
    outPackets: number(fields, 'tx.pkts'),
    outErrors: number(fields, 'tx.errs'),
    outDrops: number(fields, 'tx.drop'),
  };
}
