import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import { virConnectListAllStoragePoolsFlags as LIST } from '../../drivers/libvirt/constants/storage.ts';
import type {
  DomainRef,
  SecretRef,
  StoragePoolRef,
  StorageVolRef,
} from '../../drivers/libvirt/protocol/structs.ts';
import { uuidToString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import type { HostSession } from '../../main/hosts/session.ts';
import type { Json, StepContext, StepKind } from '../../main/jobs/engine/step.ts';
import { storageSteps } from '../../main/storage/steps/index.ts';
import { OfferedFiles } from '../../main/storage/offered-files.ts';
import { FakeClock } from '../unit/hosts/fake-clock.ts';

export interface MadeVolume {
  /** Path of the file under it, with its format. */
  readonly on?: { readonly path: string; readonly format: string };
  /** libvirt lists it and does not describe it. */
  readonly unreadable?: boolean;
  /** Seconds of its last change, when it is looked at. */
  readonly changed?: () => number;
}

export interface MadePool {
  active: boolean;
  readonly type?: string;
  /** `/p` unless told. */
  readonly folder?: string;
  readonly volumes: Record<string, MadeVolume>;
  /** Those that are found when it is refreshed. */
  readonly unseen?: Record<string, MadeVolume>;
  /** Why it is not refreshed. */
  readonly refused?: string;
}

export interface MadeMachine {
  running: boolean;
  /** Of each disk: a path, or `pool:volume`. */
  readonly disks?: readonly string[];
  readonly format?: string;
  /** More of its XML: within `<os>`, and within `<devices>`. */
  readonly os?: string;
  readonly devices?: string;
}

export interface MadeSecret {
  readonly uuid: string;
  readonly description: string;
  readonly usageId: string;
}

/** What a host has; the pool `p` has its volumes in `/p`. UUIDs count from 1 in the order of the keys. */
export interface MadeHost {
  readonly pools: Record<string, MadePool>;
  readonly machines?: Record<string, MadeMachine>;
  secrets?: MadeSecret[];
  /** Folders that are there. */
  readonly folders?: readonly string[];
  /** Volume groups that the host finds. */
  readonly groups?: readonly string[];
  /** How large a machine's disk is, by its path; that of volumes is 1. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Calls that libvirt refuses, by their names. */
  readonly refuses?: readonly string[];
}

const bytes = (n: number): Uint8Array => new Uint8Array(16).fill(n);
export const uuidOf = (n: number): string => uuidToString(bytes(n));

/** libvirt’s answers about storage from a few lines, with a record of the calls that change something. */
export class StorageHost {
  readonly calls: string[] = [];
  /** How often each procedure was called, also those that only read. */
  readonly counts = new Map<string, number>();
  readonly #made: MadeHost;

  constructor(made: MadeHost) {
    this.#made = made;
  }

  get client(): LibvirtClient {
    const remote = new Proxy(this.#remote(), {
      get: (target, name: string) => (args: Record<string, unknown>) => {
        this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
        if (this.#made.refuses?.includes(name) === true) {
          this.calls.push(name);
          return Promise.reject(refusal('VIR_ERR_OPERATION_FAILED', `${name} failed`));
        }
        const call = target[name];
        return call === undefined
          ? Promise.reject(refusal('VIR_ERR_NO_SUPPORT', name))
          : Promise.resolve(args).then((given) => call(given as never));
      },
    });
    return { remote } as unknown as LibvirtClient;
  }

  /** A kind of step, on this host. */
  step(kind: string, results: Record<string, Json> = {}): BoundStep {
    const { client } = this;
    const session = { client, bulkClient: () => Promise.resolve(client) } as unknown as HostSession;
    const log: string[] = [];
    let noted: Json | undefined;
    const context: StepContext = {
      signal: new AbortController().signal,
      log: (text) => log.push(text),
      progress: () => undefined,
      session: () => session,
      client: () => client,
      secret: (name) => Promise.resolve(`value of ${name}`),
      result: (id) => results[id],
      note: (value) => {
        noted = value;
        return Promise.resolve();
      },
      noted: () => noted,
      settling: () => Promise.resolve(),
      untilBack: () => Promise.resolve(),
      silent: () => undefined,
      outside: () => undefined,
      written: () => 'never',
    };
    const clock = new FakeClock();
    const kinds = storageSteps({ clock, files: new OfferedFiles() });
    const found = kinds.find(({ name }) => name === kind);
    if (found === undefined) throw new Error(`There is no kind of step ${kind}`);
    return new BoundStep(found, context, log);
  }

  #remote(): Record<string, (args: never) => unknown> {
    const { pools, machines = {}, groups = [], folders = [] } = this.#made;
    const poolRef = (name: string): StoragePoolRef => ({
      name,
      uuid: bytes(Object.keys(pools).indexOf(name) + 1),
    });
    const poolBy = (holds: (name: string, uuid: string) => boolean): StoragePoolRef => {
      const name = Object.keys(pools).find((one) => holds(one, uuidToString(poolRef(one).uuid)));
      if (name === undefined) throw refusal('VIR_ERR_NO_STORAGE_POOL', 'no pool');
      return poolRef(name);
    };
    const volume = (pool: string, name: string): StorageVolRef => {
      if (pools[pool]?.active !== true || pools[pool]?.volumes[name] === undefined)
        throw refusal('VIR_ERR_NO_STORAGE_VOL', `no volume ${name}`);
      return { pool, name, key: `/${pool}/${name}` };
    };
    const domains = Object.entries(machines).map(([name, { running }], i): DomainRef => ({
      name,
      uuid: bytes(i + 1),
      id: running ? i + 1 : -1,
    }));
    const secretRef = ({ uuid, usageId }: MadeSecret): SecretRef => ({
      uuid: Buffer.from(uuid.replaceAll('-', ''), 'hex'),
      usageType: 1,
      usageId,
    });
    const secretBy = (holds: (secret: MadeSecret) => boolean): SecretRef => {
      const found = this.#made.secrets?.find(holds);
      if (found === undefined) throw refusal('VIR_ERR_NO_SECRET', 'no secret');
      return secretRef(found);
    };
    return {
      connectListAllDomains: () => ({ domains, ret: domains.length }),
      domainLookupByUuid: ({ uuid }: { uuid: Uint8Array }) => {
        const dom = domains.find((one) => uuidToString(one.uuid) === uuidToString(uuid));
        if (dom === undefined) throw refusal('VIR_ERR_NO_DOMAIN', 'no machine');
        return { dom };
      },
      domainGetBlockInfo: ({ path }: { path: string }) => {
        const size = this.#made.sizes?.[path];
        if (size === undefined) throw refusal('VIR_ERR_INVALID_ARG', 'no such disk');
        return { capacity: BigInt(size), allocation: 0n, physical: 0n };
      },
      domainGetXmlDesc: ({ dom }: { dom: DomainRef }) => ({ xml: domainXml(dom.name, machines[dom.name]) }),
      domainUpdateDeviceFlags: ({ dom }: { dom: DomainRef }) => void this.calls.push(`update ${dom.name}`),
      connectListAllStoragePools: ({ flags }: { flags: number }) => ({
        pools: Object.entries(pools).flatMap(([name, { active }]) => {
          if ((flags & LIST.VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE) !== 0 && !active) return [];
          if ((flags & LIST.VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE) !== 0 && active) return [];
          return [poolRef(name)];
        }),
      }),
      storagePoolGetXmlDesc: ({ pool: { name } }: { pool: StoragePoolRef }) => ({
        xml: `<pool type='${pools[name]?.type ?? 'dir'}'><name>${name}</name><source><name>${name}</name></source><target><path>${pools[name]?.folder ?? `/${name}`}</path></target></pool>`,
      }),
      storagePoolRefresh: ({ pool: { name } }: { pool: StoragePoolRef }) => {
        const pool = pools[name];
        if (pool?.refused !== undefined) throw refusal('VIR_ERR_INTERNAL_ERROR', pool.refused);
        if (pool?.unseen !== undefined) Object.assign(pool.volumes, pool.unseen);
      },
      storagePoolIsActive: ({ pool: { name } }: { pool: StoragePoolRef }) => ({
        active: pools[name]?.active === true ? 1 : 0,
      }),
      storagePoolLookupByUuid: ({ uuid }: { uuid: Uint8Array }) => ({
        pool: poolBy((_, one) => one === uuidToString(uuid)),
      }),
      storagePoolLookupByName: ({ name }: { name: string }) => ({ pool: poolBy((one) => one === name) }),
      storagePoolListAllVolumes: ({ pool: { name } }: { pool: StoragePoolRef }) => ({
        vols: Object.keys(pools[name]?.volumes ?? {}).map((one) => volume(name, one)),
      }),
      storagePoolCreate: ({ pool: { name } }: { pool: StoragePoolRef }) => {
        if (folders.includes(`/${name}`) && pools[name]?.type === 'dir') return;
        throw missing(`/${name}`);
      },
      storagePoolCreateXml: ({ xml }: { xml: string }) => {
        const path = /<path>([^<]*)</.exec(xml)?.[1] ?? '';
        if (!folders.includes(path)) throw missing(path);
      },
      storagePoolBuild: ({ pool: { name } }: { pool: StoragePoolRef }) =>
        void this.calls.push(`build ${name}`),
      storagePoolDelete: ({ pool: { name } }: { pool: StoragePoolRef }) =>
        void this.calls.push(`delete pool ${name}`),
      connectFindStoragePoolSources: () => ({
        xml: `<sources>${groups.map((name) => `<source><device path='/dev/sda'/><name>${name}</name></source>`).join('')}</sources>`,
      }),
      storageVolLookupByPath: ({ path }: { path: string }) => {
        const [, pool = '', name = ''] = /^\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
        return { vol: volume(pool, name) };
      },
      storageVolLookupByName: ({ pool, name }: { pool: StoragePoolRef; name: string }) => ({
        vol: volume(pool.name, name),
      }),
      storageVolGetPath: ({ vol }: { vol: StorageVolRef }) => ({ name: vol.key }),
      storageVolGetXmlDesc: ({ vol }: { vol: StorageVolRef }) => {
        const made = pools[vol.pool]?.volumes[vol.name];
        if (made?.unreadable === true) throw refusal('VIR_ERR_SYSTEM_ERROR', 'cannot open it');
        return { xml: volumeXml(vol, made) };
      },
      storageVolDelete: ({ vol }: { vol: StorageVolRef }) => void this.calls.push(`delete ${vol.key}`),
      storageVolWipe: ({ vol }: { vol: StorageVolRef }) => void this.calls.push(`wipe ${vol.key}`),
      secretLookupByUuid: ({ uuid }: { uuid: Uint8Array }) => ({
        secret: secretBy((one) => one.uuid === uuidToString(uuid)),
      }),
      secretLookupByUsage: ({ usageId }: { usageId: string }) => ({
        secret: secretBy((one) => one.usageId === usageId),
      }),
      secretGetXmlDesc: ({ secret }: { secret: SecretRef }) => {
        const made = this.#made.secrets?.find(({ uuid }) => uuid === uuidToString(secret.uuid));
        return { xml: `<secret><description>${made?.description ?? ''}</description></secret>` };
      },
      secretUndefine: ({ secret }: { secret: SecretRef }) => {
        this.calls.push(`undefine ${secret.usageId}`);
        this.#made.secrets =
          this.#made.secrets?.filter(({ uuid }) => uuid !== uuidToString(secret.uuid)) ?? [];
      },
      secretDefineXml: ({ xml }: { xml: string }) => {
        const of = (tag: string): string => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '';
        const made = { uuid: of('uuid'), description: of('description'), usageId: of('volume') };
        if (this.#made.secrets?.some(({ usageId }) => usageId === made.usageId) === true)
          throw refusal('VIR_ERR_INTERNAL_ERROR', `a secret is already defined for use with ${made.usageId}`);
        this.calls.push(`define ${made.usageId}`);
        this.#made.secrets = [...(this.#made.secrets ?? []), made];
        return { secret: secretRef(made) };
      },
      secretSetValue: ({ secret }: { secret: SecretRef }) => void this.calls.push(`set ${secret.usageId}`),
    };
  }
}

/** A kind of step with a host to work on. */
export class BoundStep {
  readonly log: readonly string[];
  readonly #kind: StepKind;
  readonly #context: StepContext;

  constructor(kind: StepKind, context: StepContext, log: readonly string[]) {
    this.#kind = kind;
    this.#context = context;
    this.log = log;
  }

  check(params: Json): Promise<void> {
    return this.#kind.check(this.#kind.params.parse(params), this.#context);
  }

  run(params: Json): Promise<Json> {
    return this.#kind.run(this.#kind.params.parse(params), this.#context);
  }

  undo(params: Json, result: Json | null): Promise<void> {
    return this.#kind.undo(this.#kind.params.parse(params), result, this.#context);
  }
}

function domainXml(
  name: string,
  { disks = [], format = 'qcow2', os = '', devices = '' }: Partial<MadeMachine> = {},
): string {
  const list = disks.map((text, i) => {
    const [, pool, volume] = /^(\w+):(.*)$/.exec(text) ?? [];
    const type = pool === undefined ? 'file' : 'volume';
    const source = pool === undefined ? `file='${text}'` : `pool='${pool}' volume='${volume}'`;
    return `<disk type='${type}' device='disk'><driver name='qemu' type='${format}'/><source ${source}/><target dev='vd${'abc'[i]}'/></disk>`;
  });
  return `<domain type='qemu'><name>${name}</name><os>${os}</os><devices>${list.join('')}${devices}</devices></domain>`;
}

function volumeXml({ name, key }: StorageVolRef, { on, changed }: MadeVolume = {}): string {
  const time = changed?.();
  const times =
    time === undefined ? '' : `<timestamps><mtime>${time}</mtime><ctime>${time}</ctime></timestamps>`;
  const under =
    on === undefined
      ? ''
      : `<backingStore><path>${on.path}</path><format type='${on.format}'/></backingStore>`;
  return `<volume type='file'><name>${name}</name><key>${key}</key><capacity>1</capacity><target><path>${key}</path><format type='qcow2'/>${times}</target>${under}</volume>`;
}

function refusal(code: string, message: string): LibvirtError {
  return new LibvirtError({ code, message });
}

function missing(path: string): LibvirtError {
  const message = `cannot open directory '${path}': No such file or directory`;
  return new LibvirtError({ code: 'VIR_ERR_SYSTEM_ERROR', message, int1: 2 });
}
