import { z } from 'zod';
import type { LibvirtClient } from '../../../../drivers/libvirt/client.ts';
import {
  virDomainShutoffReason as OFF,
  virDomainState as STATE,
  virDomainXMLFlags as XML,
} from '../../../../drivers/libvirt/constants/index.ts';
import type { DomainRef } from '../../../../drivers/libvirt/protocol/structs.ts';
import { parseXml, type XmlDocument } from '../../../../drivers/xml/index.ts';
import { pause } from '../../../hosts/clock.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { overLostLinks, type HostWait } from '../../../storage/steps/deps.ts';
import type { StepContext, StepKind } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { takeBack, volumeAt, volumeLeft, volumeParams } from '../../../storage/steps/volume-calls.ts';
import { domainByUuid } from './host-calls.ts';
import { existing, LIMIT_MS, runNoteOf, startOwn, startStep } from './machine.ts';

/** One call, of one machine, while its job runs. An event could be missed with a link that is lost; what is asked for cannot. */
const LOOK_MS = 2000;

const machine = { host: z.string(), name: z.string(), uuid: z.string() };
const volume = z.object({ pool: z.string(), name: z.string() });

const installerParams = z.object({
  ...machine,
  kernel: volume,
  initrd: volume,
  cmdline: z.string(),
  /** The secret with more of it; null: that is all. */
  added: z.string().nullable().default(null),
});
type InstallerParams = z.infer<typeof installerParams>;

/**
 * Starts a machine that is defined by an installer's kernel, this once: at its restart it goes off, and from then on it is what its definition says.
 * So whatever becomes of this program, no later start installs it again (virtinst does the same in two definitions).
 */
export const installerStep = stepKind<InstallerParams, null>({
  name: 'create.installer',
  writes: true,
  params: installerParams,
  asks: ({ added }) => [added],
  check: () => Promise.resolve(),
  async run({ host, uuid, name, kernel, initrd, cmdline: open, added }, step) {
    const client = step.client(host);
    const dom = await existing(client, { uuid, name });
    // The password of its screen is in what libvirt keeps alone.
    const flags = XML.VIR_DOMAIN_XML_INACTIVE | XML.VIR_DOMAIN_XML_SECURE;
    const { xml } = await client.remote.domainGetXmlDesc({ dom, flags });
    const [kernelPath, initrdPath] = await Promise.all([pathOf(client, kernel), pathOf(client, initrd)]);
    const cmdline = [open, added === null ? '' : await step.secret(added)]
      .filter((part) => part !== '')
      .join(' ');
    const xmlDesc = installerXml(xml, { kernel: kernelPath, initrd: initrdPath, cmdline });
    const { remote } = client;
    await startOwn(step, () => remote.domainCreateXml({ xmlDesc, flags: 0 }, { timeoutMs: LIMIT_MS }));
    return null;
  },
  async settle({ host, uuid, name }, step) {
    const noted = runNoteOf(step);
    if (noted === null) return { done: false };
    // libvirt said that it runs. What became of it since does not make an installation undone.
    if (noted.id !== null) return { done: true, result: null };
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null) return { done: false };
    const { state, reason } = await client.remote.domainGetState({ dom, flags: 0 });
    if (state !== STATE.VIR_DOMAIN_SHUTOFF || reason !== OFF.VIR_DOMAIN_SHUTOFF_UNKNOWN)
      return { done: true, result: null };
    // So is one that was never on, and each that is off after a restart of libvirtd: what an installer leaves is on a disk.
    if (!(await hasWritten(client, dom))) return { done: false };
    step.log(`The installer of ${name} has written to a disk, and is not started again`);
    return { done: true, result: null };
  },
  undo: (params, result, step) => startStep.undo(params, result, step),
  // What it is left with is its definition.
  leaves: () => null,
});

/** An installer that has written less has begun nothing: the tables of an empty image have some hundred KiB. */
const UNTOUCHED_BYTES = 4 * 1024 ** 2;

/** Whether a disk of a machine that is off holds more than nothing. What a disk held before looks like what was written to it. */
async function hasWritten(client: LibvirtClient, dom: DomainRef): Promise<boolean> {
  const { xml } = await client.remote.domainGetXmlDesc({ dom, flags: XML.VIR_DOMAIN_XML_INACTIVE });
  const disks = parseXml(xml).root.findAll('devices/disk');
  for (const disk of disks.filter((one) => (one.attribute('device') ?? 'disk') === 'disk')) {
    const path = disk.attributeAt('target', 'dev') ?? '';
    const { allocation } = await client.remote.domainGetBlockInfo({ dom, path, flags: 0 });
    if (allocation > UNTOUCHED_BYTES) return true;
  }
  return false;
}

const waitParams = z.object({ ...machine, kernel: volume });
type WaitParams = z.infer<typeof waitParams>;

/** Waits until an installer has ended: minutes, or hours where a person answers it. */
export const installerEndStep = (wait: HostWait): StepKind =>
  stepKind<WaitParams, null>({
    name: 'create.installerEnd',
    params: waitParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const { host } = params;
      step.log(`The installer of ${params.name} runs; its console shows how far it is`);
      step.progress({ fraction: null });
      await overLostLinks(wait, { step, hosts: [host] }, async () => {
        const seen: Seen = { id: null };
        while (await isInstalling(params, step, seen)) {
          await pause(wait.clock, LOOK_MS, step.signal);
          step.signal.throwIfAborted();
        }
      });
      return null;
    },
    // It is looked at anew.
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: () => null,
  });

/** The id of a run that is known to be the installer's. */
interface Seen {
  id: number | null;
}

async function isInstalling(params: WaitParams, step: StepContext, seen: Seen): Promise<boolean> {
  const { host, uuid, name, kernel } = params;
  const client = step.client(host);
  const dom = await existing(client, { uuid, name });
  if (dom.id !== -1) {
    // It may have ended while nobody looked, and been started by a person.
    if (dom.id !== seen.id && !(await runsKernel(client, dom, kernel.name))) return false;
    seen.id = dom.id;
    return true;
  }
  const { state, reason } = await client.remote.domainGetState({ dom, flags: 0 });
  if (state !== STATE.VIR_DOMAIN_SHUTOFF) return true;
  // A person put it aside in the middle: it goes on when it is restored.
  if (reason === OFF.VIR_DOMAIN_SHUTOFF_SAVED) return true;
  if (reason === OFF.VIR_DOMAIN_SHUTOFF_CRASHED || reason === OFF.VIR_DOMAIN_SHUTOFF_FAILED)
    throw new FailureError({
      code: 'CONFLICT',
      message: `The installer of ${name} crashed: the log of QEMU on the host says more.`,
    });
  return false;
}

async function runsKernel(client: LibvirtClient, dom: DomainRef, file: string): Promise<boolean> {
  const { xml } = await client.remote.domainGetXmlDesc({ dom, flags: 0 });
  return parseXml(xml).root.find('os')?.find('kernel')?.text.endsWith(`/${file}`) ?? false;
}

const removeParams = volumeParams.extend({
  /** The step that made it. */
  by: z.string(),
});

/** Deletes what only the installer needed. */
export const removeBootFileStep = (wait: HostWait): StepKind =>
  stepKind<z.infer<typeof removeParams>, null>({
    name: 'create.removeBootFile',
    params: removeParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const { host, by } = params;
      await overLostLinks(wait, { step, hosts: [host] }, () =>
        takeBack(params, step, { clock: wait.clock, by }),
      );
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    undo: () => Promise.resolve(),
    leaves: (params) => volumeLeft(params),
  });

const startParams = z.object(machine);
type StartParams = z.infer<typeof startParams>;

/**
 * Starts a machine that has been installed. Unlike a first start it is tried again after a lost link: taking the job back would throw the
 * installation away.
 */
export const startInstalledStep = (wait: HostWait): StepKind =>
  stepKind<StartParams, null>({
    name: 'create.startInstalled',
    writes: true,
    params: startParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      const { host, uuid, name } = params;
      await overLostLinks(wait, { step, hosts: [host] }, async () => {
        const client = step.client(host);
        const dom = await existing(client, { uuid, name });
        if (dom.id === -1) await startStep.run(params, step);
      });
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    undo: (params, result, step) => startStep.undo(params, result, step),
    leaves: () => null,
  });

async function pathOf(client: LibvirtClient, place: z.infer<typeof volume>): Promise<string> {
  const { name } = await client.remote.storageVolGetPath({ vol: await volumeAt(client, place) });
  return name;
}

interface Boot {
  readonly kernel: string;
  readonly initrd: string;
  readonly cmdline: string;
}

/** The machine as it is defined, booted by the kernel until its first restart. */
export function installerXml(xml: string, { kernel, initrd, cmdline }: Boot): string {
  const document = parseXml(xml);
  const { root } = document;
  const os = root.find('os');
  if (os === null) throw new FailureError({ code: 'UNSUPPORTED', message: 'The machine has no <os>.' });
  for (const name of ['kernel', 'initrd', 'cmdline'])
    for (const found of os.findAll(name)) document.remove(found);
  document.append(os, { name: 'kernel', text: kernel });
  document.append(os, { name: 'initrd', text: initrd });
  if (cmdline !== '') document.append(os, { name: 'cmdline', text: cmdline });
  setText(document, 'on_reboot', 'destroy');
  return document.toString();
}

function setText(document: XmlDocument, name: string, text: string): void {
  const found = document.root.find(name);
  if (found === null) document.append(document.root, { name, text });
  else document.setText(found, text);
}
