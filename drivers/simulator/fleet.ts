import { planFleet } from './fleet/plan.ts';
import { HostState } from './host/host-state.ts';
import { SimulatedHost } from './simulated-host.ts';

export interface DemoFleetOptions {
  /** The same seed gives the same machines with the same names, identities and load. */
  seed?: number;
  /** 3 unless told. */
  hosts?: number;
  /** Of the whole fleet, dealt to the hosts in turn; 40 unless told. */
  machines?: number;
  /** Milliseconds since the epoch; the system's clock unless told. */
  now?: () => number;
}

const DEFAULT_SEED = 20_260_101;

/** Hosts that exist only in memory. Idle they cost nothing: figures are worked out when somebody asks. */
export class DemoFleet {
  readonly hosts: readonly SimulatedHost[];

  constructor(hosts: readonly SimulatedHost[]) {
    this.hosts = hosts;
  }

  /** @throws {RangeError} when there is no host of that name */
  host(name: string): SimulatedHost {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw new RangeError(`The demo fleet has no host ${name}`);
    return host;
  }

  close(): void {
    for (const host of this.hosts) host.close();
  }
}

export function createDemoFleet(options: DemoFleetOptions = {}): DemoFleet {
  const { seed = DEFAULT_SEED, hosts = 3, machines = 40, now = Date.now } = options;
  const plans = planFleet({ seed, hosts, machines });
  const addresses = new Map<string, string>();
  return new DemoFleet(plans.map((plan) => new SimulatedHost(new HostState(plan, { seed, now, addresses }))));
}
