import type { CloneOptions } from '../../contract/clone.ts';
import { hasFormats, makesVolumes } from '../create/disks.ts';
import { SEED_ENDING } from '../create/names.ts';
import { copiesOf } from './copy-by.ts';
import { heldDevices, isStarted, usualWay, waysOf } from './choices.ts';
import type { CloneFacts } from './facts.ts';
import { cardsOf } from './judge.ts';
import { hasTpmState } from './tpm.ts';

/** What a machine has, and what can become of it in a clone. Pure. */
export function cloneOptions(facts: CloneFacts): CloneOptions {
  const { model, volumes, pools } = facts;
  return {
    running: facts.running,
    template: facts.isTemplate,
    agent: facts.live?.agent ?? 'none',
    copies: copiesOf(facts),
    memoryMiB: Math.round(model.memoryKiB / 1024),
    vcpus: model.vcpus,
    cloudInit: wasTold(facts),
    seedDrive: ownSeed(facts)?.target ?? null,
    firmware: facts.nvram !== null,
    tpm: hasTpmState(facts),
    hostDevices: heldDevices(model).map(({ type, address }) =>
      address === null ? type : `${type} ${address}`,
    ),
    disks: model.disks.map((disk) => {
      const volume = volumes.get(disk.target) ?? null;
      return {
        target: disk.target,
        device: disk.device,
        source: disk.source?.display ?? null,
        capacityBytes: volume?.capacityBytes ?? null,
        pool: volume?.pool ?? null,
        format: disk.source === null ? null : disk.format,
        ways: waysOf(disk, facts),
        way: usualWay(disk, facts),
      };
    }),
    cards: cardsOf(facts),
    networks: facts.networks === null ? null : [...facts.networks].toSorted(),
    pools: pools
      .filter((pool) => makesVolumes(pool) && isStarted(pool))
      .map((pool) => ({ uuid: pool.uuid, name: pool.name, formats: hasFormats(pool) })),
  };
}

/** It was told by a CD of cloud-init. */
export function wasTold(facts: Pick<CloneFacts, 'model'>): boolean {
  return ownSeed(facts) !== undefined;
}

function ownSeed({ model }: Pick<CloneFacts, 'model'>) {
  return model.disks.find(
    ({ device, source }) => device === 'cdrom' && source?.path?.endsWith(SEED_ENDING) === true,
  );
}
