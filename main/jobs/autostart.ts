import { z } from 'zod';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { domainByUuid } from './create/steps/host-calls.ts';
import { existing, startParams } from './create/steps/machine.ts';
import type { StepContext, StepKind } from './engine/step.ts';
import { stepKind } from './engine/step-kinds.ts';

/** Has the list read a machine again: that it starts with its host is told by no event. */
export type ReadAgain = (host: string, uuid: string) => void;

/** The kinds of steps that let a machine start with its host, or keep it from that. */
export function autostartStepKinds(readAgain: ReadAgain): StepKind[] {
  return [onStep(readAgain), offStep(readAgain)];
}

/** Lets a machine start with its host. Its definition takes it along when it goes. */
function onStep(readAgain: ReadAgain) {
  return stepKind<z.infer<typeof startParams>, null>({
    name: 'create.autostart',
    params: startParams,
    check: () => Promise.resolve(),
    async run({ host, uuid, name }, step) {
      const dom = await existing(step.client(host), { uuid, name });
      await set(step, { host, dom, uuid, autostart: 1 }, readAgain);
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    async undo({ host, uuid }, _, step) {
      const dom = await domainByUuid(step.client(host), uuid);
      if (dom !== null) await set(step, { host, dom, uuid, autostart: 0 }, readAgain);
    },
    leaves: () => null,
  });
}

const offParams = z.object({ host: z.string(), hostName: z.string(), name: z.string(), uuid: z.string() });

/**
 * Keeps what is about to move from starting with the source: where that host goes down in the moment of the switch, or keeps the
 * definition, its libvirtd would start a second copy. It starts with its host again where it stays.
 */
function offStep(readAgain: ReadAgain) {
  return stepKind<z.infer<typeof offParams>, null>({
    name: 'migrate.autostartOff',
    params: offParams,
    check: () => Promise.resolve(),
    async run({ host, name, uuid }, step) {
      const dom = await existing(step.client(host), { uuid, name });
      await set(step, { host, dom, uuid, autostart: 0 }, readAgain);
      return null;
    },
    settle: () => Promise.resolve({ done: false }),
    async undo({ host, uuid }, _, step) {
      const dom = await domainByUuid(step.client(host), uuid);
      if (dom !== null) await set(step, { host, dom, uuid, autostart: 1 }, readAgain);
    },
    leaves: ({ name, hostName }) => `${name} does not start with ${hostName} any more`,
    namesHosts: true,
  });
}

async function set(
  step: StepContext,
  asked: { host: string; dom: DomainRef; uuid: string; autostart: 0 | 1 },
  readAgain: ReadAgain,
): Promise<void> {
  const { host, dom, uuid, autostart } = asked;
  const session = step.session(host);
  await session.client.remote.domainSetAutostart({ dom, autostart });
  readAgain(session.id, uuid);
}
