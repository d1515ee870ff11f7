import path from 'node:path/posix';
import type { MigrateInput } from '../../contract/migrate.ts';
import { nvramOf } from '../../storage/machine-files.ts';
import type { NewVolume } from '../create/disks.ts';
import { screenSecrets, withoutPasswords } from '../create/xml.ts';
import { firmwareFolder, firmwareStep, folderSteps } from '../clone/firmware.ts';
import { journeyOf, journeySteps, type Journey } from '../clone/journey.ts';
import type { PlannedStep } from '../engine/step.ts';
import type { CopiedDisk, PlannedDisks } from './disks.ts';
import {
  autostartOffSteps,
  autostartSteps,
  deletionSteps,
  endsOf,
  type Goods,
  type MigrateFacts,
} from './live.ts';
import { mediaSteps, movedMedia } from './media.ts';
import { replaceSteps } from './own-copies.ts';
import type { UndefineParams } from './steps/undefine.ts';
import { moveXml } from './xml.ts';

/**
 * A machine that is off: its disks and the settings of its firmware are sent and read back, then it is defined there, and only then, with no
 * way back, taken out of the source's list. Pure.
 */
export function offlineSteps(
  input: MigrateInput,
  facts: MigrateFacts,
  { copied, media, secrets }: Goods & { readonly secrets: Record<string, string> },
): PlannedStep[] {
  const { source, target, definition } = facts;
  const { name } = source.model;
  const { newCpu } = target;
  const newName = input.name ?? name;
  const [open, firmware, close, nvram] = firmwareSteps(facts);
  const moved =
    definition === null
      ? ''
      : moveXml(definition, {
          disks: copied,
          media: movedMedia(media, facts),
          networks: input.networks,
          nvram,
          name: input.name,
          cpu: newCpu?.xml ?? null,
        });
  const bare = withoutPasswords(moved);
  const passwords = screenSecrets(
    1,
    bare.screens.map(({ password }) => password),
    secrets,
  );
  const at = { host: target.host.id, name: newName, uuid: source.uuidOfMachine };
  const disks = diskSteps(facts, copied);
  const { host, hostName, uuid } = endsOf(facts);
  const sent = copied.flatMap(({ target: disk }) => facts.volumes.get(disk) ?? []);
  const undefine: UndefineParams = {
    host,
    hostName,
    uuid,
    name,
    sent: sent.map((volume) => ({ pool: volume.pool, name: volume.name, changed: volume.changed })),
    removeFirmware: input.deleteSource && firmware.length > 0,
  };
  return [
    ...open,
    ...replaceSteps([...copied, ...media], facts),
    ...disks.before,
    ...disks.send,
    ...mediaSteps(media, facts),
    ...firmware,
    ...(input.keepDefinition ? autostartOffSteps(facts) : []),
    {
      id: 'define',
      kind: 'create.define',
      host: target.host.id,
      title: `Define ${newName} on ${target.host.name}${newCpu === null ? '' : `, with the CPU ${newCpu.model}`}`,
      params: { ...at, xml: bare.xml, passwords },
    },
    ...close,
    ...(input.keepDefinition
      ? []
      : [
          {
            id: 'undefine',
            kind: 'migrate.undefine',
            host,
            title: `Take ${name} out of the list of ${source.host.name}`,
            params: undefine,
            final: true,
          },
        ]),
    ...autostartSteps(input, facts),
    ...(input.deleteSource ? deletionSteps(facts, [...copied, ...media]) : []),
  ];
}

/** What of the disks can be sent: volumes of pools alone can be read. */
export function sentDisks(disks: PlannedDisks, facts: MigrateFacts): PlannedDisks {
  const unsent = disks.copied.filter((disk) => disk.base === null && journeyTo(disk, facts) === null);
  const onBase = disks.copied.filter(({ base }) => base !== null);
  const here = facts.source.host.name;
  return {
    ...disks,
    copied: disks.copied.filter((disk) => !unsent.includes(disk) && !onBase.includes(disk)),
    problems: [
      ...disks.problems,
      ...unsent.map(({ target, source }) => ({
        message: `The disk ${target} (${source}) is in no pool of ${here} that is started, or lies on another one and no pool of files is there for the time of the job: it cannot be read while the machine is off.`,
        remedy: `Start the pool of its folder on ${here}, or make one; or start the machine: a disk of one that runs is copied from anywhere.`,
      })),
      ...onBase.map(({ target }) => ({
        message: `Of the disk ${target} only what was written since would go: that is for a machine that runs.`,
        remedy: 'Let it be copied wholly, or start the machine.',
      })),
    ],
  };
}

/** How the bytes of a disk get there. */
function journeyTo(disk: CopiedDisk, facts: MigrateFacts): Journey | null {
  const source = facts.volumes.get(disk.target) ?? null;
  if (source === null) return null;
  return journeyOf({ target: disk.target, source, made: volumeOf(disk, facts) }, travel(facts));
}

function volumeOf({ pool, name, format, capacityBytes }: CopiedDisk, { target }: MigrateFacts): NewVolume {
  return {
    host: target.host.id,
    pool: pool.uuid,
    poolName: pool.name,
    name,
    capacityBytes,
    format,
    preallocation: 'none',
    from: null,
  };
}

/** The hosts as the steps of a clone between two hosts know them. */
function travel({ source, target }: MigrateFacts) {
  return { host: target.host, source: source.host, sourcePools: source.pools, running: false };
}

function diskSteps(facts: MigrateFacts, copied: readonly CopiedDisk[]) {
  const chosen = copied.map((disk) => ({
    target: disk.target,
    made: volumeOf(disk, facts),
    journey: journeyTo(disk, facts),
  }));
  return journeySteps(chosen, travel(facts), { number: 1 });
}

/** The file of the firmware's variables. What an earlier move left there is another one's: it gets a name of its own. */
function firmwareSteps(
  facts: MigrateFacts,
): [PlannedStep[], PlannedStep[], PlannedStep[], nvram: string | null] {
  const { source, target, folderUuid: uuid } = facts;
  const what = [{ firmware: 'copy' }, { nvram: nvramOf(source.model) }] as const;
  const folder = firmwareFolder(...what, { pools: target.pools, uuid });
  const away = firmwareFolder(...what, { pools: source.pools, uuid });
  if (folder === null || away === null) return [[], [], [], null];
  const [openAway, closeAway] = folderSteps(away, source.host);
  const [open, close] = folderSteps(folder, target.host);
  const file = ownName(folder.file, uuid);
  const moved = { ...travel(facts), model: source.model };
  const send = firmwareStep({ folder, away }, file, { facts: moved, number: 1 });
  return [[...openAway, ...open], [send], [...close, ...closeAway], `${folder.path}/${file}`];
}

/** `web-1_VARS.fd` and `web-1_VARS-0a1b2c3d.fd` become `web-1_VARS-4e5f6071.fd`. */
function ownName(file: string, uuid: string): string {
  const { name, ext } = path.parse(file);
  return `${name.replace(/-[0-9a-f]{8}$/, '')}-${uuid.slice(0, 8)}${ext}`;
}
