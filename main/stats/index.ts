export type { StatsClient, StatsRemote } from './client.ts';
export { systemClock, type Clock } from './clock.ts';
export { StatsHub, type HubOptions } from './hub.ts';
