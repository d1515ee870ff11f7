import { z } from 'zod';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import {
  virDomainUndefineFlagsValues as UNDEFINE,
  virDomainXMLFlags as XML,
} from '../../../../drivers/libvirt/constants/domain-flags.ts';
import { readVolume } from '../../../../drivers/libvirt/model/index.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
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

/** What goes with the definition, kept before that goes. */
const note = z.object({ autostart: z.boolean() });

/** It was noted just before the definition was taken away: without that nobody here has. */
function isOurs(noted: unknown): boolean {
  return note.safeParse(noted).success;
}

/** Takes a machine that is off out of the source's list, once the target has its definition. Its disks stay. */
export const undefineStep = stepKind<UndefineParams, null>({
  name: 'migrate.undefine',
  urgent: true,
  params,
  check: () => Promise.resolve(),
  async run({ host, hostName, uuid, name, sent, removeFirmware }, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null) {
      if (isOurs(step.noted())) return null;
      // It may be on a third host now, or on none but the target: nobody here knows what may be removed.
      throw new FailureError({
        code: 'CONFLICT',
        message: `${name} is not on ${hostName} any more, and this job did not take it away: somebody else moved or deleted it meanwhile. Look where it is, and keep it on one host.`,
      });
    }
    const { active } = await client.remote.domainIsActive({ dom });
    if (active !== 0) throw startedMeanwhile(name, hostName);
    for (const volume of sent) await assertUnchanged(client, volume, name);
    const flags = removeFirmware
      ? UNDEFINE.VIR_DOMAIN_UNDEFINE_NVRAM
      : UNDEFINE.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    const { autostart } = await client.remote.domainGetAutostart({ dom });
    await step.note({ autostart: autostart !== 0 });
    await client.remote.domainUndefineFlags({ dom, flags }).catch(asNothingDone);
    if (!(await isGivenBack(client, uuid, step.noted()))) return null;
    throw startedMeanwhile(name, hostName);
  },
  async settle({ host, uuid }, step) {
    const dom = await domainByUuid(step.client(host), uuid);
    return dom === null && isOurs(step.noted()) ? { done: true, result: null } : { done: false };
  },
  async undo({ host, hostName, uuid, name }, _, step) {
    if (await isGivenBack(step.client(host), uuid, step.noted())) return;
    throw new AllStays(`machine ${name}`, `it is not on ${hostName} any more`);
  },
  leaves: ({ name, hostName }) => `machine ${name} on ${hostName}`,
  namesHosts: true,
});

/**
 * libvirt takes the definition away from under a machine that was started since it was asked whether it runs: it would run on, and be gone
 * when it goes off. It gets its definition again. False: it is not there any more.
 */
async function isGivenBack(client: LibvirtClient, uuid: string, noted: unknown): Promise<boolean> {
  const dom = await domainByUuid(client, uuid);
  if (dom === null) return false;
  const { persistent } = await client.remote.domainIsPersistent({ dom });
  if (persistent === 0) await giveBack(client, dom, noted);
  return true;
}

async function giveBack({ remote }: LibvirtClient, dom: DomainRef, noted: unknown): Promise<void> {
  const flags = XML.VIR_DOMAIN_XML_SECURE | XML.VIR_DOMAIN_XML_INACTIVE;
  const { xml } = await remote.domainGetXmlDesc({ dom, flags });
  await remote.domainDefineXml({ xml });
  if (note.safeParse(noted).data?.autostart === true) await remote.domainSetAutostart({ dom, autostart: 1 });
}

function startedMeanwhile(name: string, hostName: string): NothingDone {
  return new NothingDone(
    new FailureError({ code: 'CONFLICT', message: `${name} was started on ${hostName} meanwhile.` }),
  );
}

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
