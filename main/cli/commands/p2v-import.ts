import path from 'node:path';
import type { CreateInput } from '../../contract/create.ts';
import type { MachineSpec, NicSpec } from '../../contract/machine-spec.ts';
import type { FleetSession } from '../fleet-session.ts';
import { readPools } from '../storage-reads.ts';
import { nicOf, poolFor, runCreation, showCreation } from './create.ts';
import { withFields } from './create-fields.ts';
import { oneHost } from './net-change.ts';

export interface ImportFlags {
  readonly name: string;
  readonly host?: string;
  readonly pool?: string;
  readonly disk: string[];
  readonly format: 'raw' | 'qcow2';
  /** Bytes. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly network: string[];
  readonly firmware?: 'bios' | 'efi';
  readonly newMacs: boolean;
  /** `memory.hugepages=true` */
  readonly set: string[];
  readonly start: boolean;
  readonly autostart: boolean;
  readonly dryRun: boolean;
  readonly showXml: boolean;
}

/** Makes a machine of an image of this computer; `--dry-run` only says what that takes. */
export async function importImage(session: FleetSession, dir: string, flags: ImportFlags): Promise<void> {
  await session.connectAny();
  const host = oneHost(session, flags.host);
  const pools = (await readPools(session)).filter((pool) => pool.host === host);
  const image = { path: path.resolve(dir), format: flags.format };
  const { spec, clonezilla } = await session.client.create.defaults({
    host,
    os: null,
    source: 'clonezilla',
    pool: poolFor(pools, flags.pool).uuid,
    clonezilla: { ...image, ...(flags.disk.length === 0 ? {} : { disks: flags.disk }) },
  });
  const { disks = [], warnings = [] } = clonezilla ?? {};
  const input: CreateInput = {
    host,
    name: flags.name,
    count: 1,
    title: null,
    description: null,
    os: null,
    source: { kind: 'clonezilla', path: image.path, disks },
    spec: withFields(changed(spec, flags), flags.set),
    start: flags.start,
    autostart: flags.autostart,
    xml: null,
  };
  for (const warning of warnings) session.output.note(warning);
  if (flags.dryRun || flags.showXml) await showCreation(session, input, flags.showXml);
  else await runCreation(session, input);
}

function changed(spec: MachineSpec, flags: ImportFlags): MachineSpec {
  const { memory, vcpus, firmware } = flags;
  return {
    ...spec,
    nics: nicsOf(spec.nics, flags),
    ...(memory === undefined ? {} : { memory: { ...spec.memory, sizeMiB: Math.round(memory / 1024 ** 2) } }),
    ...(vcpus === undefined ? {} : { cpu: { ...spec.cpu, vcpus, topology: null } }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

/** The machine's cards in the networks that are named, in order; more of them than it had get cards of their own. */
function nicsOf(cards: readonly NicSpec[], { network, newMacs }: ImportFlags): NicSpec[] {
  const own = cards.map((card) => (newMacs ? { ...card, mac: null } : card));
  if (network.length === 0) return own;
  const [first] = own;
  return network.flatMap((text, index) => nicOf(own[index] ?? (first && { ...first, mac: null }), text));
}
