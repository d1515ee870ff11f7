import { z } from 'zod';
import { virDomainSnapshotCreateFlags as CREATE } from '../../../../drivers/libvirt/constants/domain-snapshot.ts';
import { overlaySnapshotXml } from '../../../../drivers/libvirt/model/index.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import { checkFree } from '../../../storage/steps/volume-calls.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { existing } from '../../create/steps/machine.ts';
import type { StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { frozenLeft } from './freeze.ts';
import { atOneInstant, instantParams, thawNoted, type Consistency } from './instant.ts';
import { blockJob, divertedDisk, divertedLeft, divertedParams, diskOf, rejoin } from './rejoin.ts';

const SNAPSHOT_LIMIT_MS = 120_000;

const snapshotParams = instantParams.extend({
  disks: z.array(divertedDisk),
  /** Disks that it goes on writing to. */
  others: z.array(z.string()),
});
type SnapshotParams = z.infer<typeof snapshotParams>;

/** The kind of the step that ends what a snapshot begins. */
const REJOIN = 'clone.rejoin';

/**
 * Lets a machine that runs write into files over its disks, so that these stay as they are in one instant and can be copied
 * (virDomainSnapshotCreateXML): for hosts without backups. It is not left so: whatever happens, what it wrote is merged into its disks, and
 * after the program died at the next start, without asking.
 */
export function snapshotStep(wait: HostWait) {
  return stepKind<SnapshotParams, { readonly consistency: Consistency }>({
    name: 'clone.snapshot',
    urgent: { until: REJOIN },
    params: snapshotParams,
    async check(params, step) {
      const client = step.client(params.host);
      const dom = await existing(client, params);
      for (const { disk, base, pool, poolName, volume } of params.disks) {
        await checkFree({ host: params.host, pool, poolName, name: volume }, step);
        if ((await diskOf(client, dom, disk)) !== base)
          throw conflict(`${params.name} has another disk ${disk} since the plan was made: clone it again.`);
        if (dom.id !== -1 && (await blockJob(client, dom, disk)) !== null)
          throw conflict(
            `Something else is being done to the disk ${disk} of ${params.name}: when that is over, clone it again.`,
          );
      }
      if (dom.id === -1) throw conflict(`${params.name} went off: clone it again, as it is off now.`);
    },
    async run(params, step) {
      const { host, disks, others } = params;
      const dom = await existing(step.client(host), params);
      const xmlDesc = overlaySnapshotXml(disks, others);
      const flags =
        CREATE.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY |
        CREATE.VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA |
        CREATE.VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC;
      const options = { timeoutMs: SNAPSHOT_LIMIT_MS };
      const consistency = await atOneInstant(params, step, {
        dom,
        wait,
        begin: () => step.client(host).remote.domainSnapshotCreateXml({ dom, xmlDesc, flags }, options),
        isBegun: async () => (await diverted(params, step)).length > 0,
      });
      return { consistency };
    },
    async settle(params, step) {
      const noted = await thawNoted(params, step, wait);
      if (noted?.begun !== true || (await diverted(params, step)).length < params.disks.length)
        return { done: false };
      // Whether the agent held still nobody has written down.
      return { done: true, result: { consistency: 'powerCut' } };
    },
    async undo(params, _, step) {
      const noted = await thawNoted(params, step, wait);
      if (noted?.begun === true) await rejoin(params, step, wait);
    },
    leaves: (params) => (params.freeze ? `${frozenLeft(params.name)}, ` : '') + divertedLeft(params),
  });
}

/** Ends it: the machine works on its disks again, with all that it wrote meanwhile. */
export function rejoinStep(wait: HostWait) {
  return stepKind<z.infer<typeof divertedParams>, null>({
    name: REJOIN,
    params: divertedParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      await overLostLinks(wait, { step, hosts: [params.host] }, () => rejoin(params, step, wait));
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    // The snapshot's own undo does it.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

/** The disks that it writes beside now. */
async function diverted({ host, uuid, disks }: SnapshotParams, step: StepContext): Promise<string[]> {
  const client = step.client(host);
  const dom = await domainByUuid(client, uuid);
  const found: string[] = [];
  if (dom === null) return found;
  for (const { disk, path } of disks) if ((await diskOf(client, dom, disk)) === path) found.push(disk);
  return found;
}

function conflict(message: string): FailureError {
  return new FailureError({ code: 'CONFLICT', message });
}
