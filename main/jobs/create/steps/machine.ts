import { z } from 'zod';
import { virDomainUndefineFlagsValues as UNDEFINE } from '../../../../drivers/libvirt/constants/domain-flags.ts';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../../../drivers/rpc/errors.ts';
import { parseXml } from '../../../../drivers/xml/index.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { without } from '../../../storage/read.ts';
import { untilAnswered } from '../../../storage/steps/own-volume.ts';
import { NothingDone, Stays, type StepContext } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { preparedBy, preparedXml } from '../../p2v/virt-v2v/prepared.ts';
import { newPassword } from '../identity.ts';
import { domainByName, domainByUuid } from './host-calls.ts';

/** A machine with much memory, or with large files, starts in minutes. */
export const LIMIT_MS = 600_000;

export const defineParams = z.object({
  host: z.string(),
  name: z.string(),
  uuid: z.string(),
  xml: z.string(),
  /** For each screen of the XML the secret that is put into it; null: it has none. */
  passwords: z.array(z.string().nullable()),
  /** For each screen whether its password was made up for this job: where it was not kept another one is. */
  madeUp: z.array(z.boolean()).default([]),
  /** The secret with the values of a container's environment, as JSON; null: it has none. */
  environment: z.string().nullable().default(null),
  /** The step whose work decides whether the disks with these paths, and its cards, are on virtio; null: they are as in the XML. */
  prepared: z
    .object({ step: z.string(), paths: z.array(z.string()) })
    .nullable()
    .default(null),
});
type DefineParams = z.infer<typeof defineParams>;

/** Defines a machine. */
export const defineStep = stepKind<DefineParams, null>({
  name: 'create.define',
  params: defineParams,
  asks: ({ passwords, madeUp, environment }) => [
    ...passwords.filter((_, at) => madeUp[at] !== true),
    environment,
  ],
  async check({ host, name, uuid }, step) {
    const client = step.client(host);
    // A definition with the UUID of a machine that is there would take its place.
    if ((await domainByUuid(client, uuid)) === null && (await domainByName(client, name)) === null) return;
    throw new FailureError({ code: 'CONFLICT', message: `There is a machine ${name} already.` });
  },
  async run(params, step) {
    const { host, environment, prepared } = params;
    const xml =
      prepared === null
        ? params.xml
        : preparedXml(params.xml, preparedBy(step, prepared.step), prepared.paths);
    const whole = await withEnvironment(await withPasswords({ ...params, xml }, step), environment, step);
    const { remote } = step.client(host);
    await untilAnswered(step, remote.domainDefineXml({ xml: whole }, { timeoutMs: LIMIT_MS })).catch(
      asNothingDone,
    );
    step.signal.throwIfAborted();
    return null;
  },
  async settle({ host, uuid }, step) {
    const dom = await domainByUuid(step.client(host), uuid);
    return dom === null ? { done: false } : { done: true, result: null };
  },
  async undo({ host, uuid, name }, _, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null) return;
    // What this job started is off by now. Without its definition a machine runs on, and is gone when it goes off.
    if (dom.id !== -1) throw new Stays(machineLeft(name), 'it runs, and was not started by this job');
    await undefine(client, dom);
  },
  leaves: ({ name }) => machineLeft(name),
});

function machineLeft(name: string): string {
  return `machine ${name}`;
}

export const startParams = z.object({ host: z.string(), name: z.string(), uuid: z.string() });
type StartParams = z.infer<typeof startParams>;

/** Starts a machine. */
export const startStep = stepKind<StartParams, null>({
  name: 'create.start',
  writes: true,
  params: startParams,
  check: () => Promise.resolve(),
  async run({ host, uuid, name }, step) {
    const client = step.client(host);
    const dom = await existing(client, { uuid, name });
    const { remote } = client;
    const start = () => remote.domainCreateWithFlags({ dom, flags: 0 }, { timeoutMs: LIMIT_MS });
    await startOwn(step, start);
    return null;
  },
  async settle({ host, uuid }, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    const active = dom !== null && (await client.remote.domainIsActive({ dom })).active !== 0;
    return active ? { done: true, result: null } : { done: false };
  },
  async undo({ host, uuid, name }, _, step) {
    const noted = runNoteOf(step);
    if (noted === null) return;
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null || dom.id === -1) return;
    if (noted.id !== null && dom.id !== noted.id) {
      step.log(`${name} runs on: it was started anew since this job did`);
      return;
    }
    await client.remote
      .domainDestroy({ dom }, { timeoutMs: LIMIT_MS })
      .catch(without(['VIR_ERR_OPERATION_INVALID', 'VIR_ERR_NO_DOMAIN']));
  },
  // What it is left with is its definition.
  leaves: () => null,
});

/** What a step keeps of the run that it starts, from before libvirt is asked. `id`: libvirt's number of the run; null: the answer was not seen. */
const runNote = z.object({ id: z.number().int().nullable() });

/** What the step noted of the run that it started; null: libvirt was not asked. */
export function runNoteOf(step: StepContext): z.infer<typeof runNote> | null {
  const parsed = runNote.safeParse(step.noted());
  return parsed.success ? parsed.data : null;
}

/**
 * Starts a machine so that an undo ends this run of it and no other.
 * @throws NothingDone when libvirt refuses
 */
export async function startOwn(step: StepContext, start: () => Promise<{ dom: DomainRef }>): Promise<void> {
  step.signal.throwIfAborted();
  await step.note({ id: null });
  const { dom } = await untilAnswered(step, start()).catch(asNothingDone);
  await step.note({ id: dom.id });
  step.signal.throwIfAborted();
}

/** @throws FailureError NOT_FOUND */
export async function existing(
  client: LibvirtClient,
  { uuid, name }: { uuid: string; name: string },
): Promise<DomainRef> {
  const dom = await domainByUuid(client, uuid);
  if (dom !== null) return dom;
  throw new FailureError({ code: 'NOT_FOUND', message: `The machine ${name} was deleted in the meantime.` });
}

/** Only what is there needs its flag, and an older host refuses flags that it does not know: they are tried from all to none. */
const UNDEFINE_FLAGS = [
  UNDEFINE.VIR_DOMAIN_UNDEFINE_NVRAM |
    UNDEFINE.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
    UNDEFINE.VIR_DOMAIN_UNDEFINE_TPM,
  UNDEFINE.VIR_DOMAIN_UNDEFINE_NVRAM | UNDEFINE.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
  0,
];

async function undefine(client: LibvirtClient, dom: DomainRef): Promise<void> {
  for (const flags of UNDEFINE_FLAGS) {
    try {
      await client.remote.domainUndefineFlags({ dom, flags }, { timeoutMs: LIMIT_MS });
      return;
    } catch (error) {
      const refused = error instanceof LibvirtError && error.code === 'VIR_ERR_INVALID_ARG';
      if (!refused || flags === 0) throw error;
    }
  }
}

/** What libvirt refuses to define or to start it leaves as it was. */
export function asNothingDone(error: unknown): never {
  throw error instanceof LibvirtError ? new NothingDone(error) : error;
}

async function withPasswords(
  { xml, passwords, madeUp }: DefineParams,
  step: Pick<StepContext, 'secret'>,
): Promise<string> {
  if (passwords.every((secret) => secret === null)) return xml;
  const document = parseXml(xml);
  for (const [at, graphics] of document.root.findAll('devices/graphics').entries()) {
    const secret = passwords[at] ?? null;
    if (secret === null) continue;
    const kept = step.secret(secret);
    const password = madeUp[at] === true ? kept.catch(anotherPassword) : kept;
    document.setAttribute(graphics, 'passwd', await password);
  }
  return document.toString();
}

/** Nobody has seen the one that was not kept: the machine was not made yet. */
function anotherPassword(error: unknown): string {
  if (error instanceof FailureError && error.failure.code === 'NOT_FOUND') return newPassword();
  throw error;
}

async function withEnvironment(
  xml: string,
  secret: string | null,
  step: Pick<StepContext, 'secret'>,
): Promise<string> {
  if (secret === null) return xml;
  const values = z.array(z.string()).parse(JSON.parse(await step.secret(secret)));
  const document = parseXml(xml);
  for (const [at, variable] of document.root.findAll('os/initenv').entries())
    document.setText(variable, values[at] ?? '');
  return document.toString();
}
