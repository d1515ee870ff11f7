import { z } from 'zod';
import { virDomainXMLFlags as XML } from '../../../../drivers/libvirt/constants/domain-flags.ts';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import {
  offVirtio,
  onVirtio,
  probeDiskOf,
  toVirtioOf,
  withoutProbeDisk,
  withProbeDisk,
} from '../../../../drivers/libvirt/model/virtio-change.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { untilAnswered } from '../../../storage/steps/own-volume.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { asNothingDone, existing } from '../../create/steps/machine.ts';
import { Stays, type StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const probeDisk = z.object({ type: z.enum(['file', 'block']), path: z.string(), format: z.string() });
const toVirtio = z.object({
  disks: z.array(z.object({ path: z.string(), bus: z.string(), target: z.string() })),
  nics: z.array(z.object({ mac: z.string(), model: z.string() })),
});

const params = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  change: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('prepare'), disk: probeDisk, cd: z.string().nullable() }),
    z.object({ kind: z.literal('drop'), disk: probeDisk }),
    z.object({ kind: z.literal('finish'), disk: probeDisk.nullable(), devices: toVirtio }),
  ]),
});
export type VirtioParams = z.infer<typeof params>;

/** Changes the definition of a machine that is off. */
export const virtioStep = stepKind<VirtioParams, null>({
  name: 'p2v.virtio',
  params,
  async check(of, step) {
    await assertOff(step, of);
  },
  async run(of, step) {
    const { client, dom } = await assertOff(step, of);
    await redefine(step, client, changed(await definitionOf(client, dom), of.change)).catch(asNothingDone);
    return null;
  },
  async settle({ host, uuid, change }, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    const isDone = dom !== null && isChanged(await definitionOf(client, dom), change);
    return isDone ? { done: true, result: null } : { done: false };
  },
  async undo(of, _result, step) {
    const { host, uuid, name, change } = of;
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null) return;
    const xml = await definitionOf(client, dom);
    if (!isChanged(xml, change)) return;
    if ((await client.remote.domainIsActive({ dom })).active !== 0)
      throw new Stays(`the change of ${name}’s devices`, 'it has been started meanwhile');
    await redefine(step, client, takenBack(xml, change));
  },
  leaves: ({ name }) => `the change of ${name}’s devices`,
});

type Change = VirtioParams['change'];

function changed(xml: string, change: Change): string {
  if (change.kind === 'prepare') return withProbeDisk(xml, change.disk, change.cd);
  const without = withoutProbeDisk(xml, null);
  return change.kind === 'drop' ? without : onVirtio(without, change.devices);
}

function takenBack(xml: string, change: Change): string {
  if (change.kind === 'prepare') return withoutProbeDisk(xml, change.cd);
  const before = change.kind === 'drop' ? xml : offVirtio(xml, change.devices);
  return change.disk === null ? before : withProbeDisk(before, change.disk, null);
}

function isChanged(xml: string, change: Change): boolean {
  if (change.kind === 'prepare') return probeDiskOf(xml) !== null;
  if (change.kind === 'drop') return probeDiskOf(xml) === null;
  const { disks, nics } = toVirtioOf(xml);
  const isLeft =
    disks.some(({ path }) => change.devices.disks.some((disk) => disk.path === path)) ||
    nics.some(({ mac }) => change.devices.nics.some((nic) => nic.mac === mac));
  return !isLeft && probeDiskOf(xml) === null;
}

/** As it starts next, with its secrets. */
export async function definitionOf(client: LibvirtClient, dom: DomainRef): Promise<string> {
  const flags = XML.VIR_DOMAIN_XML_INACTIVE | XML.VIR_DOMAIN_XML_SECURE;
  return (await client.remote.domainGetXmlDesc({ dom, flags })).xml;
}

async function redefine(step: StepContext, client: LibvirtClient, xml: string): Promise<void> {
  await untilAnswered(step, client.remote.domainDefineXml({ xml }));
}

/** @throws FailureError CONFLICT */
async function assertOff(
  step: StepContext,
  { host, uuid, name }: Pick<VirtioParams, 'host' | 'uuid' | 'name'>,
): Promise<{ client: LibvirtClient; dom: DomainRef }> {
  const client = step.client(host);
  const dom = await existing(client, { uuid, name });
  if ((await client.remote.domainIsActive({ dom })).active === 0) return { client, dom };
  throw new FailureError({ code: 'CONFLICT', message: `${name} runs. Shut it down first.` });
}
