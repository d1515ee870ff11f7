import { TestCore } from './core.ts';

/** A core with the demo's fleet. */
export interface DemoPair {
  readonly core: TestCore;
  /** Its first two hosts, connected. */
  readonly here: string;
  readonly there: string;
}

export async function openDemoPair(): Promise<DemoPair> {
  const core = await TestCore.open();
  const [here = '', there = ''] = await core.client.host.openDemo();
  await Promise.all([here, there].map((id) => core.inState(id, 'connected')));
  return { core, here, there };
}
