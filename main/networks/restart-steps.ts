import { z } from 'zod';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { NetworkRef } from '../../drivers/libvirt/protocol/structs.ts';
import { uuidFromString } from '../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { FailureError } from '../hosts/failures.ts';
import { NothingDone, Stays, type StepContext, type StepKind } from '../jobs/engine/step.ts';
import { stepKind } from '../jobs/engine/step-kinds.ts';
import { without } from '../storage/read.ts';
import { overLostLinks, type HostWait } from '../storage/steps/deps.ts';
import {
  isActive,
  plugAgain,
  readMoves,
  startAgain,
  stopOnce,
  type RestartHost,
  type Unplugged,
} from './restart.ts';

const card = z.object({ uuid: z.string(), name: z.string(), mac: z.string() });

const networkParams = z.object({
  host: z.string(),
  uuid: z.string(),
  name: z.string(),
  /** The network of the job's own where cards wait while they are moved. */
  parking: z.string(),
});
type NetworkParams = z.infer<typeof networkParams>;

const stopParams = networkParams.extend({ cards: z.array(card) });
type StopParams = z.infer<typeof stopParams>;

/** What is kept from before the host is asked to stop it: whether there is something to stop, and the cards as they are then. */
const stopped = z.object({
  active: z.boolean(),
  moves: z.array(card.extend({ card: z.string().nullable(), problem: z.string() })),
});
type Stopped = z.infer<typeof stopped>;

/** The kind of the step that ends what stopping a network begins. */
const PLUG = 'network.plug';

/** The kinds of steps that restart a network. Machines are cut off meanwhile, so none waits for a person after a program died. */
export function networkSteps(wait: HostWait): StepKind[] {
  return [stopStep(wait), startStep(wait), plugStep(wait)];
}

function stopStep(wait: HostWait): StepKind {
  return stepKind<StopParams, Stopped>({
    name: 'network.stop',
    urgent: { until: PLUG },
    params: stopParams,
    async check(params, step) {
      const client = step.client(params.host);
      const { persistent } = await client.remote.networkIsPersistent({ net: await netOf(client, params) });
      if (persistent === 1) return;
      throw new FailureError({
        code: 'CONFLICT',
        message: `${params.name} has no definition: once stopped it could not be started again.`,
      });
    },
    async run(params, step) {
      const client = step.client(params.host);
      const net = await netOf(client, params);
      const active = await isActive(client, net);
      // As they are now: from the other bridge a card would be brought back to the other bridge.
      const now = stopped.parse({ active, moves: active ? await readMoves(client, params.cards) : [] });
      await step.note(now);
      try {
        if (active) await stopOnce(waiting(wait, step, params), net);
      } catch (error) {
        throw error instanceof LibvirtError ? new NothingDone(error) : error;
      }
      return now;
    },
    async settle(params, step) {
      const noted = stopped.safeParse(step.noted());
      const client = step.client(params.host);
      if (!noted.success || (await isActive(client, await netOf(client, params)))) return { done: false };
      return { done: true, result: noted.data };
    },
    async undo(params, result, step) {
      const before = result ?? stopped.safeParse(step.noted()).data;
      const client = step.client(params.host);
      const net = await netOf(client, params).catch(without(['VIR_ERR_NO_NETWORK']));
      if (before?.active !== true || net === null) return;
      const host = { client: () => client, overLostLinks: <T>(work: () => Promise<T>) => work() };
      await startAgain(host, net);
      const unplugged = await plugAgain(host, net, { moves: before.moves, parking: params.parking });
      if (unplugged.length > 0) throw new Stays(stoppedLeft(params), unplugged.map(wordsOf).join('; '));
    },
    leaves: stoppedLeft,
  });
}

function startStep(wait: HostWait): StepKind {
  return stepKind({
    name: 'network.start',
    urgent: true,
    params: networkParams,
    check: () => Promise.resolve(),
    async run(params, step) {
      try {
        const host = waiting(wait, step, params);
        await startAgain(host, await host.overLostLinks(() => netOf(host.client(), params)));
      } catch (error) {
        if (!(error instanceof LibvirtError)) throw error;
        const message = `${params.name} was stopped, and does not start again: ${error.message}`;
        throw new NothingDone(new FailureError({ code: 'LIBVIRT', message }));
      }
      return null;
    },
    async settle(params, step) {
      const client = step.client(params.host);
      return (await isActive(client, await netOf(client, params)))
        ? { done: true, result: null }
        : { done: false };
    },
    // It was on before, or was to be: what stopped it starts it.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

function plugStep(wait: HostWait): StepKind {
  return stepKind({
    name: PLUG,
    urgent: true,
    params: networkParams.extend({ stop: z.string() }),
    check: () => Promise.resolve(),
    async run(params, step) {
      const { moves } = stopped.parse(step.result(params.stop));
      const host = waiting(wait, step, params);
      const net = await host.overLostLinks(() => netOf(host.client(), params));
      const unplugged = await plugAgain(host, net, { moves, parking: params.parking });
      if (unplugged.length === 0) return null;
      throw new FailureError({
        code: 'CONFLICT',
        message:
          unplugged.length === 1
            ? 'One card is not plugged in again, until its machine is shut down and started.'
            : `${unplugged.length} cards are not plugged in again, until their machines are shut down and started.`,
        detail: unplugged.map(wordsOf).join('\n'),
      });
    },
    // It is done again, with the same bridge of our own.
    settle: () => Promise.resolve({ done: false }),
    // What stopped the network plugs them in.
    undo: () => Promise.resolve(),
    leaves: () => null,
  });
}

/** The step's host, whose links may be lost. */
function waiting(wait: HostWait, step: StepContext, { host }: NetworkParams): RestartHost {
  return {
    client: () => step.client(host),
    overLostLinks: (work) => overLostLinks(wait, { step, hosts: [host] }, work),
  };
}

async function netOf({ remote }: LibvirtClient, { uuid }: NetworkParams): Promise<NetworkRef> {
  return (await remote.networkLookupByUuid({ uuid: uuidFromString(uuid) })).net;
}

function stoppedLeft({ name }: NetworkParams): string {
  return `the network ${name}, which may be stopped, or have cards that are not plugged in`;
}

function wordsOf({ name, mac, message }: Unplugged): string {
  return `${name} ${mac}: ${message}`;
}
