import { z } from 'zod';
import type { Lab } from '../lab/lab.ts';
import { until } from './wait.ts';

const started = z.object({ return: z.object({ pid: z.number() }) });
const status = z.object({ return: z.object({ exited: z.boolean(), 'out-data': z.string().default('') }) });

/** What a script says in a guest of the lab's host, by its guest agent. */
export async function byAgent(lab: Lab, name: string, script: string): Promise<string> {
  const ask = async (execute: string, args: unknown): Promise<unknown> => {
    const command = JSON.stringify({ execute, arguments: args });
    return JSON.parse(await lab.exec(1, 'virsh', 'qemu-agent-command', name, command));
  };
  const run = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
  const { pid } = started.parse(await ask('guest-exec', run)).return;
  const ended = await until(async () => {
    const now = status.parse(await ask('guest-exec-status', { pid })).return;
    return now.exited && now;
  }, `${name} ends its script`);
  return Buffer.from(ended['out-data'], 'base64').toString();
}
