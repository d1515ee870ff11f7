import assert from 'node:assert/strict';
import type { Lab } from '../lab/lab.ts';
import type { TestCore } from '../support/core.ts';
import { shown } from '../support/job-watch.ts';

/** A host from which nothing comes, from `begin` to `end`. */
export interface Quiet {
  begin(lab: Lab, host: number): Promise<void>;
  end(lab: Lab, host: number): Promise<void>;
}

export const noPacket: Quiet = {
  begin: (lab, host) => lab.freeze(host),
  end: (lab, host) => lab.thaw(host),
};

/** Nothing of a move reaches the host or leaves it; its libvirtd answers. */
export const noData: Quiet = {
  begin: (lab, host) => ports(lab, host, '-I'),
  end: (lab, host) => ports(lab, host, '-D'),
};

async function ports(lab: Lab, host: number, how: '-I' | '-D'): Promise<void> {
  const drop = (which: string) => `iptables ${how} ${which} 49152:49215 -j DROP`;
  const script = `${drop('INPUT -p tcp --dport')}; ${drop('OUTPUT -p tcp --sport')}`;
  await lab.exec(host, 'sh', '-c', script);
}

/** A move goes on, and its job tells for whom it waits, with where the machine is. */
export async function isTold(core: TestCore, job: string, words: RegExp): Promise<void> {
  const { state, waitsWhy, log } = await shown(core, job, ({ waitsFor }) => waitsFor.length > 0);
  assert.equal(state, 'running');
  assert.match(log.at(-1)?.text ?? '', words);
  assert.equal(waitsWhy, log.at(-1)?.text);
}
