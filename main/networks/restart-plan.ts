import { randomBytes } from 'node:crypto';
import type { Plan, PlanHost, PlannedStep } from '../jobs/engine/step.ts';
import type { PluggedCard } from './restart.ts';

export interface RestartedNetwork {
  readonly uuid: string;
  readonly name: string;
  /** Of machines that run. */
  readonly cards: readonly PluggedCard[];
}

/** Stops a network, starts it, and plugs the cards of running machines in again. Pure but for the name of the bridge where cards wait. */
export function planNetworkRestart({ uuid, name, cards }: RestartedNetwork, at: PlanHost): Plan {
  const host = at.id;
  const parking = `virtlane-${randomBytes(4).toString('hex')}`;
  const params = { host, uuid, name, parking };
  const plug: PlannedStep = {
    id: 'plug',
    kind: 'network.plug',
    host,
    title:
      cards.length === 1 ? `Plug 1 card into ${name} again` : `Plug ${cards.length} cards into ${name} again`,
    params: { ...params, stop: 'stop' },
  };
  return {
    kind: 'restartNetwork',
    name,
    uuid: null,
    hosts: [at],
    steps: [
      {
        id: 'stop',
        kind: 'network.stop',
        host,
        title: `Stop the network ${name}`,
        params: { ...params, cards: cards.map((card) => ({ ...card })) },
      },
      // Once it is started the cards are plugged in, whatever a person says: they hang on no bridge.
      { id: 'start', kind: 'network.start', host, title: `Start the network ${name}`, params, final: true },
      ...(cards.length === 0 ? [] : [plug]),
    ],
    secrets: [],
    failed: `The restart of the network ${name} on ${at.name} was not finished.`,
  };
}
