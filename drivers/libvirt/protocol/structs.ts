import {
  array,
  chars,
  double,
  hyper,
  int,
  name,
  opaque,
  opaqueFixed,
  optional,
  string,
  struct,
  uhyper,
  uint,
  union,
  XdrError,
} from '../../xdr/xdr.ts';
import type { Codec, Infer, XdrReader } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';

/** remote_nonnull_string */
export const text: Codec<string> = string(limits.STRING_MAX);
/** remote_string */
export const nullableText: Codec<string | null> = optional(text);
/** remote_uuid: 16 bytes */
export const uuid: Codec<Uint8Array> = opaqueFixed(16);

/** A domain as calls name it. Drivers look it up by `uuid`; `id` is -1 while it is off. */
export interface DomainRef {
  name: string;
  uuid: Uint8Array;
  id: number;
}
export const domainRef: Codec<DomainRef> = struct({ name: text, uuid, id: int });

export interface NetworkRef {
  name: string;
  uuid: Uint8Array;
}
export const networkRef: Codec<NetworkRef> = struct({ name: text, uuid });

export interface NetworkPortRef {
  net: NetworkRef;
  uuid: Uint8Array;
}
export const networkPortRef: Codec<NetworkPortRef> = struct({ net: networkRef, uuid });

export interface NwfilterRef {
  name: string;
  uuid: Uint8Array;
}
export const nwfilterRef: Codec<NwfilterRef> = struct({ name: text, uuid });

export interface NwfilterBindingRef {
  portdev: string;
  filtername: string;
}
export const nwfilterBindingRef: Codec<NwfilterBindingRef> = struct({ portdev: text, filtername: text });

export interface InterfaceRef {
  name: string;
  mac: string;
}
export const interfaceRef: Codec<InterfaceRef> = struct({ name: text, mac: text });

export interface StoragePoolRef {
  name: string;
  uuid: Uint8Array;
}
export const storagePoolRef: Codec<StoragePoolRef> = struct({ name: text, uuid });

/** `pool` is the pool's name, `key` is unique on the host (a path, for most pools). */
export interface StorageVolRef {
  pool: string;
  name: string;
  key: string;
}
export const storageVolRef: Codec<StorageVolRef> = struct({ pool: text, name: text, key: text });

export interface NodeDeviceRef {
  name: string;
}
export const nodeDeviceRef: Codec<NodeDeviceRef> = struct({ name: text });

/** `usageType` is a virSecretUsageType. */
export interface SecretRef {
  uuid: Uint8Array;
  usageType: number;
  usageId: string;
}
export const secretRef: Codec<SecretRef> = struct({ uuid, usageType: int, usageId: text });

export interface CheckpointRef {
  name: string;
  dom: DomainRef;
}
export const checkpointRef: Codec<CheckpointRef> = struct({ name: text, dom: domainRef });

export interface SnapshotRef {
  name: string;
  dom: DomainRef;
}
export const snapshotRef: Codec<SnapshotRef> = struct({ name: text, dom: domainRef });

const VALUE_CASES = {
  int: { tag: 1, of: int },
  uint: { tag: 2, of: uint },
  llong: { tag: 3, of: hyper },
  ullong: { tag: 4, of: uhyper },
  double: { tag: 5, of: double },
  /** An int on the wire: what is not 0 is true. */
  boolean: { tag: 6, of: truth() },
  string: { tag: 7, of: text },
} as const;
const typedParamValue = union(VALUE_CASES);
export type TypedParamValue = Infer<typeof typedParamValue>;

/** virTypedParameter: a named figure with its type. */
export interface TypedParam {
  field: string;
  value: TypedParamValue;
}
/** Bulk statistics hold a hundred of these for each machine, so they are read by literals, which is twice as fast. */
export const typedParam: Codec<TypedParam> = {
  ...struct<TypedParam>({ field: name(limits.STRING_MAX), value: typedParamValue }),
  decode: (reader) => {
    const field = reader.name(limits.STRING_MAX);
    const tag = reader.int();
    switch (tag) {
      case VALUE_CASES.int.tag:
        return { field, value: { type: 'int', value: reader.int() } };
      case VALUE_CASES.uint.tag:
        return { field, value: { type: 'uint', value: reader.uint() } };
      case VALUE_CASES.llong.tag:
        return { field, value: { type: 'llong', value: reader.hyper() } };
      case VALUE_CASES.ullong.tag:
        return { field, value: { type: 'ullong', value: reader.uhyper() } };
      case VALUE_CASES.double.tag:
        return { field, value: { type: 'double', value: reader.double() } };
      case VALUE_CASES.boolean.tag:
        return { field, value: { type: 'boolean', value: reader.int() !== 0 } };
      case VALUE_CASES.string.tag:
        return { field, value: { type: 'string', value: reader.string(limits.STRING_MAX) } };
      default:
        throw unknownType(tag);
    }
  },
};

/**
 * The value of a typed parameter, its name being read, as a plain number: no object and no bigint is made of it. NaN when it is text,
 * which is left out, or a boolean. Integers beyond 2^53 lose their last bits.
 */
export function readFigure(reader: XdrReader): number {
  const tag = reader.int();
  switch (tag) {
    case VALUE_CASES.int.tag:
      return reader.int();
    case VALUE_CASES.uint.tag:
      return reader.uint();
    case VALUE_CASES.llong.tag:
      return reader.hyperAsNumber();
    case VALUE_CASES.ullong.tag:
      return reader.uhyperAsNumber();
    case VALUE_CASES.double.tag:
      return reader.double();
    case VALUE_CASES.boolean.tag:
      reader.int();
      return NaN;
    case VALUE_CASES.string.tag:
      reader.skipString(limits.STRING_MAX);
      return NaN;
    default:
      throw unknownType(tag);
  }
}

/** As `readFigure`, of text that is one of few; null when the value is none. */
export function readLabel(reader: XdrReader): string | null {
  const tag = reader.int();
  if (tag === VALUE_CASES.string.tag) return reader.name(limits.STRING_MAX);
  const other = Object.values(VALUE_CASES).find((one) => one.tag === tag);
  if (other === undefined) throw unknownType(tag);
  other.of.decode(reader);
  return null;
}

function unknownType(tag: number): XdrError {
  return new XdrError('BAD_VALUE', `a typed parameter of the unknown type ${tag}`);
}

/** remote_node_get_cpu_stats and remote_node_get_memory_stats */
export interface NodeFigure {
  field: string;
  value: bigint;
}
export const nodeFigure: Codec<NodeFigure> = struct({ field: name(limits.STRING_MAX), value: uhyper });

/** virVcpuInfo: `cpuTime` in nanoseconds, `cpu` the host's CPU it runs on. */
export const vcpuInfo = struct({ number: uint, state: int, cpuTime: uhyper, cpu: int });
export type VcpuInfo = Infer<typeof vcpuInfo>;

/** `error` is a virDomainDiskErrorCode. */
export const diskError = struct({ disk: text, error: int });

/** virDomainMemoryStatStruct: `tag` is a virDomainMemoryStatTags. */
export const memoryStat = struct({ tag: int, val: uhyper });

export const iothreadInfo = struct({ iothreadId: uint, cpumap: opaque(limits.CPUMAP_MAX) });

export const securityLabel = struct({ label: chars(limits.SECURITY_LABEL_MAX), enforcing: int });

/** `family` is a virDomainEventGraphicsAddressType. */
export const graphicsAddress = struct({ family: int, node: text, service: text });
export const graphicsIdentity = struct({ type: text, name: text });

/** virNetworkDHCPLease: `expirytime` in seconds since the epoch, `type` a virIPAddrType. */
export const dhcpLease = struct({
  iface: text,
  expirytime: hyper,
  type: int,
  mac: nullableText,
  iaid: nullableText,
  ipaddr: text,
  prefix: uint,
  hostname: nullableText,
  clientid: nullableText,
});
export type DhcpLease = Infer<typeof dhcpLease>;

/** One domain's part of the bulk statistics (virDomainStatsRecord). */
export interface DomainStatsRecord {
  dom: DomainRef;
  params: TypedParam[];
}
export const domainStatsRecord: Codec<DomainStatsRecord> = struct({
  dom: domainRef,
  params: array(typedParam, limits.CONNECT_GET_ALL_DOMAIN_STATS_MAX),
});

export const fsInfo = struct({
  mountpoint: text,
  name: text,
  fstype: text,
  devAliases: array(text, limits.DOMAIN_FSINFO_DISKS_MAX),
});

/** `type` is a virIPAddrType. */
export const interfaceAddress = struct({ type: int, addr: text, prefix: uint });
export const guestInterface = struct({
  name: text,
  hwaddr: nullableText,
  addrs: array(interfaceAddress, limits.DOMAIN_IP_ADDR_MAX),
});

function truth(): Codec<boolean> {
  return {
    shape: { kind: 'bool' },
    minSize: 4,
    encode: (writer, value) => writer.int(value ? 1 : 0),
    decode: (reader) => reader.int() !== 0,
  };
}
