import * as limits from '../../drivers/libvirt/protocol/limits.ts';
import {
  domainStatsRecord,
  readFigure,
  readLabel,
  typedParam,
} from '../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { InternTable, type Decoder, type XdrReader } from '../../drivers/xdr/xdr.ts';
import { column, FIELDS, widthOf } from './bulk-fields.ts';
import { FigureRows } from './figure-rows.ts';
import type { DiskSample, DomainSample, MemorySample, NicSample, VcpuSample } from './sample.ts';

/** Columns by what they are here. */
const PLAIN = {
  state: column('plain', 'state.state'),
  cpuTime: column('plain', 'cpu.time'),
  vcpuCurrent: column('plain', 'vcpu.current'),
  vcpuMaximum: column('plain', 'vcpu.maximum'),
  current: column('plain', 'balloon.current'),
  maximum: column('plain', 'balloon.maximum'),
  available: column('plain', 'balloon.available'),
  unused: column('plain', 'balloon.unused'),
  usable: column('plain', 'balloon.usable'),
  diskCaches: column('plain', 'balloon.disk_caches'),
  rss: column('plain', 'balloon.rss'),
  swapIn: column('plain', 'balloon.swap_in'),
  swapOut: column('plain', 'balloon.swap_out'),
  majorFault: column('plain', 'balloon.major_fault'),
  minorFault: column('plain', 'balloon.minor_fault'),
  lastUpdate: column('plain', 'balloon.last-update'),
} as const;
const VCPU = {
  state: column('vcpu', 'state'),
  time: column('vcpu', 'time'),
  delay: column('vcpu', 'delay'),
} as const;
const DISK = {
  readRequests: column('block', 'rd.reqs'),
  readBytes: column('block', 'rd.bytes'),
  readTime: column('block', 'rd.times'),
  writeRequests: column('block', 'wr.reqs'),
  writeBytes: column('block', 'wr.bytes'),
  writeTime: column('block', 'wr.times'),
  flushRequests: column('block', 'fl.reqs'),
  capacity: column('block', 'capacity'),
  allocation: column('block', 'allocation'),
} as const;
const NIC = {
  inBytes: column('net', 'rx.bytes'),
  inPackets: column('net', 'rx.pkts'),
  inErrors: column('net', 'rx.errs'),
  inDrops: column('net', 'rx.drop'),
  outBytes: column('net', 'tx.bytes'),
  outPackets: column('net', 'tx.pkts'),
  outErrors: column('net', 'tx.errs'),
  outDrops: column('net', 'tx.drop'),
} as const;

/** Machines whose names and UUIDs are kept from one tick to the next. */
const KNOWN_MACHINES = limits.DOMAIN_LIST_MAX;

/**
 * Reads the reply of virConnectGetAllDomainStats straight into samples: of a thousand machines it holds sixty thousand named figures
 * each tick, for which no object, bigint or string is made. The layout is that of the protocol's table, whose codec reads it too.
 */
export class BulkReplyDecoder implements Decoder<DomainSample[]> {
  readonly #names = new InternTable((bytes) => bytes.toString('utf8'), KNOWN_MACHINES);
  readonly #uuids = new InternTable(uuidToString, KNOWN_MACHINES);
  readonly #plain = new FigureRows(widthOf('plain'));
  readonly #vcpus = new FigureRows(widthOf('vcpu'));
  readonly #disks = new FigureRows(widthOf('block'));
  readonly #nics = new FigureRows(widthOf('net'));
  readonly #rows = { plain: this.#plain, vcpu: this.#vcpus, block: this.#disks, net: this.#nics };

  /** @throws {XdrError} */
  decode(reader: XdrReader): DomainSample[] {
    const count = reader.count(limits.DOMAIN_LIST_MAX, domainStatsRecord.minSize);
    const samples: DomainSample[] = [];
    for (let index = 0; index < count; index += 1) samples.push(this.#machine(reader));
    return samples;
  }

  #machine(reader: XdrReader): DomainSample {
    const name = reader.interned(this.#names, limits.STRING_MAX);
    const uuid = reader.internedFixed(this.#uuids, 16);
    const id = reader.int();
    this.#readFigures(reader);
    const plain = this.#plain;
    return {
      uuid,
      name,
      id,
      state: plain.known(0, PLAIN.state),
      vcpuCount: this.#vcpuCount(),
      cpuTimeNs: plain.known(0, PLAIN.cpuTime),
      vcpus: this.#readVcpus(),
      memory: memoryOf(plain),
      disks: this.#readDisks(),
      nics: this.#readNics(),
    };
  }

  #readFigures(reader: XdrReader): void {
    this.#plain.clear();
    this.#vcpus.clear();
    this.#disks.clear();
    this.#nics.clear();
    const count = reader.count(limits.CONNECT_GET_ALL_DOMAIN_STATS_MAX, typedParam.minSize);
    for (let index = 0; index < count; index += 1) {
      const field = reader.interned(FIELDS, limits.STRING_MAX);
      if (field.isLabel) this.#rows[field.group].label(field.row, readLabel(reader));
      else this.#rows[field.group].set(field.row, field.column, readFigure(reader));
    }
  }

  #vcpuCount(): number | null {
    const told = this.#plain.known(0, PLAIN.vcpuCurrent);
    if (told !== null && told > 0) return told;
    let present = 0;
    for (let row = 0; row < this.#vcpus.length; row += 1) if (this.#vcpus.has(row)) present += 1;
    return present > 0 ? present : this.#plain.known(0, PLAIN.vcpuMaximum);
  }

  #readVcpus(): (VcpuSample | null)[] {
    const rows = this.#vcpus;
    const vcpus: (VcpuSample | null)[] = [];
    for (let row = 0; row < rows.length; row += 1) vcpus.push(rows.has(row) ? vcpuOf(rows, row) : null);
    return vcpus;
  }

  /** The layers of a backing chain come under the name of their disk, top first: only the top is what the guest did. */
  #readDisks(): DiskSample[] {
    const rows = this.#disks;
    const disks: DiskSample[] = [];
    for (let row = 0; row < rows.length; row += 1) {
      const name = rows.labelOf(row);
      if (name !== null && rows.rowOf(name) === row) disks.push(diskOf(rows, row, name));
    }
    return disks;
  }

  #readNics(): NicSample[] {
    const rows = this.#nics;
    const nics: NicSample[] = [];
    for (let row = 0; row < rows.length; row += 1) if (rows.has(row)) nics.push(nicOf(rows, row));
    return nics;
  }
}

function vcpuOf(rows: FigureRows, row: number): VcpuSample {
  return {
    // virVcpuState: 0 is offline.
    online: rows.known(row, VCPU.state) !== 0,
    timeNs: rows.known(row, VCPU.time),
    delayNs: rows.known(row, VCPU.delay),
  };
}

function memoryOf(plain: FigureRows): MemorySample {
  return {
    currentKiB: plain.known(0, PLAIN.current),
    maximumKiB: plain.known(0, PLAIN.maximum),
    availableKiB: plain.known(0, PLAIN.available),
    unusedKiB: plain.known(0, PLAIN.unused),
    usableKiB: plain.known(0, PLAIN.usable),
    cachesKiB: plain.known(0, PLAIN.diskCaches),
    rssKiB: plain.known(0, PLAIN.rss),
    swapInKiB: plain.known(0, PLAIN.swapIn),
    swapOutKiB: plain.known(0, PLAIN.swapOut),
    majorFaults: plain.known(0, PLAIN.majorFault),
    minorFaults: plain.known(0, PLAIN.minorFault),
    lastUpdateSec: plain.known(0, PLAIN.lastUpdate),
  };
}

function diskOf(rows: FigureRows, row: number, name: string): DiskSample {
  return {
    name,
    readRequests: rows.known(row, DISK.readRequests),
    readBytes: rows.known(row, DISK.readBytes),
    readTimeNs: rows.known(row, DISK.readTime),
    writeRequests: rows.known(row, DISK.writeRequests),
    writeBytes: rows.known(row, DISK.writeBytes),
    writeTimeNs: rows.known(row, DISK.writeTime),
    flushRequests: rows.known(row, DISK.flushRequests),
    capacityBytes: rows.known(row, DISK.capacity),
    allocationBytes: rows.known(row, DISK.allocation),
  };
}

function nicOf(rows: FigureRows, row: number): NicSample {
  return {
    name: rows.labelOf(row) ?? '',
    inBytes: rows.known(row, NIC.inBytes),
    inPackets: rows.known(row, NIC.inPackets),
    inErrors: rows.known(row, NIC.inErrors),
    inDrops: rows.known(row, NIC.inDrops),
    outBytes: rows.known(row, NIC.outBytes),
    outPackets: rows.known(row, NIC.outPackets),
    outErrors: rows.known(row, NIC.outErrors),
    outDrops: rows.known(row, NIC.outDrops),
  };
}
