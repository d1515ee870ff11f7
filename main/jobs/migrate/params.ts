import { virMigrateParam as PARAM } from '../../../drivers/libvirt/constants/domain-migrate.ts';
import type { MigrateManner } from '../../contract/migrate.ts';
import { param, type TypedParam } from '../../../drivers/libvirt/typed-params.ts';

/** What the calls of one migration are told. Names and types are those of libvirt-domain.h (VIR_MIGRATE_PARAM_*). */
export interface Wishes extends Pick<MigrateManner, 'compression' | 'parallel' | 'tlsName'> {
  /** What it is called on the target. */
  readonly name: string;
  /** It is called something else there. */
  readonly isRenamed: boolean;
  /** Targets of the disks that are copied: `vda`. */
  readonly disks: readonly string[];
  /** MiB/s; null: as the host has it. */
  readonly bandwidthMiBs: number | null;
  /** The definitions where they differ from the source's; null: they stay. */
  readonly live: string | null;
  readonly persistent: string | null;
  /** `tcp://127.0.0.1`, where the target listens; null: as its libvirtd names itself. */
  readonly uri: string | null;
  /** The address that the target's QEMU binds; null: all. */
  readonly listen: string | null;
}

/** What Prepare answered, as the source is to use it. */
export interface Way {
  /** Where the source's QEMU sends the memory. */
  readonly uri: string | null;
  /** Where it writes the disks; null: as Prepare's cookie says. */
  readonly disksUri: string | null;
}

/** The parameters of each call. A list names nothing that was not asked for: a daemon refuses what it does not know. */
export function migrationParams(wishes: Wishes) {
  const common = [
    ...strings(PARAM.VIR_MIGRATE_PARAM_PERSIST_XML, wishes.persistent),
    ...wishes.disks.map((target) => param(PARAM.VIR_MIGRATE_PARAM_MIGRATE_DISKS, 'string', target)),
    ...(wishes.bandwidthMiBs === null
      ? []
      : [param(PARAM.VIR_MIGRATE_PARAM_BANDWIDTH, 'ullong', BigInt(wishes.bandwidthMiBs))]),
    ...(wishes.compression === 'none'
      ? []
      : [param(PARAM.VIR_MIGRATE_PARAM_COMPRESSION, 'string', wishes.compression)]),
    ...(wishes.parallel === null
      ? []
      : [param(PARAM.VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS, 'int', wishes.parallel)]),
    ...strings(PARAM.VIR_MIGRATE_PARAM_TLS_DESTINATION, wishes.tlsName),
  ];
  const renamed = strings(PARAM.VIR_MIGRATE_PARAM_DEST_NAME, wishes.isRenamed ? wishes.name : null);
  const listening = strings(PARAM.VIR_MIGRATE_PARAM_LISTEN_ADDRESS, wishes.listen);
  const live = (xml: string | null): TypedParam[] => strings(PARAM.VIR_MIGRATE_PARAM_DEST_XML, xml);
  return {
    begin: [...live(wishes.live), ...common, ...renamed],
    /** @param xml what Begin gave */
    prepare: (xml: string): TypedParam[] => [
      ...live(xml),
      ...common,
      ...renamed,
      ...listening,
      ...strings(PARAM.VIR_MIGRATE_PARAM_URI, wishes.uri),
    ],
    perform: (xml: string, way: Way): TypedParam[] => [
      ...live(xml),
      ...common,
      ...renamed,
      ...listening,
      ...strings(PARAM.VIR_MIGRATE_PARAM_URI, way.uri),
      ...strings(PARAM.VIR_MIGRATE_PARAM_DISKS_URI, way.disksUri),
    ],
    finish: (xml: string | null): TypedParam[] => [
      ...live(xml),
      ...common,
      ...strings(PARAM.VIR_MIGRATE_PARAM_URI, wishes.uri),
      // Without it the target's daemon does not know whose migration ends.
      param(PARAM.VIR_MIGRATE_PARAM_DEST_NAME, 'string', wishes.name),
    ],
    confirm: (xml: string | null): TypedParam[] => [...live(xml), ...common, ...renamed],
    /** Of the one call in which the source's libvirtd makes all five. */
    peer: [
      ...live(wishes.live),
      ...common,
      ...renamed,
      ...listening,
      ...strings(PARAM.VIR_MIGRATE_PARAM_URI, wishes.uri),
    ],
  };
}

function strings(field: string, value: string | null): TypedParam[] {
  return value === null ? [] : [param(field, 'string', value)];
}

/** The port of the target's NBD server in Prepare's cookie (qemuMigrationCookieNBDXMLFormat); null: no disk is copied. */
export function nbdPort(cookie: Uint8Array): number | null {
  const found = /<nbd port=['"](\d{1,5})['"]/.exec(Buffer.from(cookie).toString('utf8'));
  return portOf(found?.[1]);
}

/** The port of `tcp://127.0.0.1:49152`; null for what is no such address. */
export function uriPort(uri: string | null): number | null {
  return portOf(/^tcp:\/*(?:\[[^\]]*\]|[^/:]*):(\d{1,5})\/?$/.exec(uri ?? '')?.[1]);
}

function portOf(text: string | undefined): number | null {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
