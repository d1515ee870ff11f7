import { createDemoFleet } from '../../drivers/simulator/index.ts';
import { tell } from './child.ts';

/** `simulated-fleet.ts HOSTS MACHINES`: a fleet in memory, each host on a port of its own. */
const [hosts = 1, machines = 10] = process.argv.slice(2).map(Number);
const fleet = createDemoFleet({ hosts, machines });
const served = await Promise.all(fleet.hosts.map((host) => host.serveTcp()));
tell({ ports: served.map(({ port }) => port) });
