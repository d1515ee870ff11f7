import type { DemoFleet, SimulatedHost } from '../../drivers/simulator/index.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import { BadInput } from './failures.ts';
import { LinkEnd, type HostLink } from './link.ts';
import type { DemoHostTarget } from './target.ts';

/** The demo fleet: loaded and made when it is first wanted, gone when it is closed. */
export class DemoHosts {
  readonly #create: () => DemoFleet | Promise<DemoFleet>;
  #fleet: Promise<DemoFleet> | null = null;

  constructor(create: () => DemoFleet | Promise<DemoFleet>) {
    this.#create = create;
  }

  /** Names of the hosts that the fleet has. */
  async names(): Promise<string[]> {
    return namesOf(await this.#open());
  }

  /** @throws BadInput when the fleet has no such host */
  async link(target: DemoHostTarget): Promise<HostLink> {
    const fleet = await this.#open();
    const host = fleet.hosts.find((candidate) => candidate.name === target.name);
    if (host === undefined)
      throw new BadInput(`The demo fleet has no host ${target.name}: it has ${namesOf(fleet).join(', ')}.`);
    return demoLink(host);
  }

  async close(): Promise<void> {
    const fleet = this.#fleet;
    this.#fleet = null;
    (await fleet)?.close();
  }

  #open(): Promise<DemoFleet> {
    this.#fleet ??= Promise.resolve(this.#create());
    return this.#fleet;
  }
}

function namesOf({ hosts }: DemoFleet): string[] {
  return hosts.map((host) => host.name);
}

function demoLink(host: SimulatedHost): HostLink {
  const end = new LinkEnd();
  return {
    simulated: true,
    commands: { exec: undefined, reason: 'Hosts of the demo fleet run no programs' },
    closed: end.closed,
    openLibvirt: async () => end.track(host.openLibvirt()),
    openTcp: async (_at, port) => end.track(host.openTcp(port)),
    openUnix: (path) =>
      Promise.reject(new TransportError('NO_SUCH_SOCKET', `The demo fleet has no socket ${path}`, { path })),
    listenTcp: () =>
      Promise.reject(new TransportError('FORWARDING_DISABLED', 'Hosts of the demo fleet have no ports')),
    close: () => Promise.resolve(end.close()),
  };
}
