import { z } from 'zod';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import { virDomainUndefineFlagsValues as UNDEFINE } from '../../../../drivers/libvirt/constants/domain-flags.ts';
import { readVolume } from '../../../../drivers/libvirt/model/index.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { volumeByName } from '../../../storage/read.ts';
import { asNothingDone } from '../../create/steps/machine.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { AllStays, NothingDone } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const params = z.object({
  host: z.string(),
  hostName: z.string(),
  uuid: z.string(),
  name: z.string(),
  /** Volumes that were sent, and when each was changed last as it was planned: what was changed since then is on no other host. */
  sent: z.array(z.object({ pool: z.string(), name: z.string(), changed: z.string().nullable() })).default([]),
  /** The file of its firmware's variables goes, too: the target has it. */
  removeFirmware: z.boolean().default(false),
});
export type UndefineParams = z.infer<typeof params>;

/** Takes a machine that is off out of the source's list, once the target has its definition. Its disks stay. */
export const undefineStep = stepKind<UndefineParams, null>({
  name: 'migrate.undefine',
  urgent: true,
  params,
  check: () => Promise.resolve(),
  async run({ host, hostName, uuid, name, sent, removeFirmware }, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null) return null;
    const { active } = await client.remote.domainIsActive({ dom });
    if (active !== 0)
      throw new NothingDone(
        new FailureError({ code: 'CONFLICT', message: `${name} was started on ${hostName} meanwhile.` }),
      );
    for (const volume of sent) await assertUnchanged(client, volume, name);
    const flags = removeFirmware
      ? UNDEFINE.VIR_DOMAIN_UNDEFINE_NVRAM
      : UNDEFINE.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    await client.remote.domainUndefineFlags({ dom, flags }).catch(asNothingDone);
    return null;
  },
  async settle({ host, uuid }, step) {
    const dom = await domainByUuid(step.client(host), uuid);
    return dom === null ? { done: true, result: null } : { done: false };
  },
  async undo({ host, hostName, uuid, name }, _, step) {
    if ((await domainByUuid(step.client(host), uuid)) !== null) return;
    throw new AllStays(`machine ${name}`, `it is not on ${hostName} any more`);
  },
  leaves: ({ name, hostName }) => `machine ${name} on ${hostName}`,
});

/** @throws NothingDone where somebody wrote to it: the machine was started meanwhile */
async function assertUnchanged(
  client: LibvirtClient,
  { pool, name, changed }: UndefineParams['sent'][number],
  machine: string,
): Promise<void> {
  const vol = await volumeByName(client, { pool, name });
  if (vol === null || changed === null) return;
  const { xml } = await client.remote.storageVolGetXmlDesc({ vol, flags: 0 });
  if (readVolume(xml).changed === changed) return;
  throw new NothingDone(
    new FailureError({
      code: 'CONFLICT',
      message: `${name} was changed since it was sent: ${machine} was started meanwhile, and stays where it is.`,
    }),
  );
}
