export { Faults } from './faults.ts';
export { createDemoFleet, DemoFleet, type DemoFleetOptions } from './fleet.ts';
export { SimulatedHost } from './simulated-host.ts';
