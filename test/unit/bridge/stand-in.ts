import { implement, ORPCError } from '@orpc/server';
import type { ServedCore } from '../../../main/bridge/rpc-server.ts';
import { PipeRegistry } from '../../../main/consoles/pipe-registry.ts';
import { contract } from '../../../main/contract/contract.ts';
import type { AppInfo } from '../../../main/contract/app.ts';
import type { Failure } from '../../../main/contract/failure.ts';
import type { InventoryMessage } from '../../../main/contract/inventory.ts';

export const INFO: AppInfo = {
  version: '0.0.0',
  shell: 'test',
  platform: 'linux',
  localLibvirt: null,
  canRemember: false,
};

/** A core with a few methods of the contract, and what the tests look at. */
export interface StandIn extends ServedCore {
  /** What happened inside the handlers, in order. */
  readonly log: string[];
  /** Resolves once `log` holds the line. */
  logged(line: string): Promise<void>;
}

/**
 * `domain.start` of machine `hang` waits until it is aborted, of `bug` throws something foreign, of `gone` fails with a Failure;
 * `inventory.watch` counts up from `sinceSeq` for ever, once a turn of the loop.
 */
export function standIn(): StandIn {
  const log: string[] = [];
  const waiting = new Map<string, () => void>();
  const note = (line: string): void => {
    log.push(line);
    waiting.get(line)?.();
  };
  const os = implement(contract);
  const router = {
    app: { info: os.app.info.handler(() => INFO) },
    domain: {
      start: os.domain.start.handler(async ({ input, signal }) => {
        note(`start ${input.uuid}`);
        if (input.uuid === 'bug') throw new TypeError('secret inner words');
        if (input.uuid === 'gone') {
          const data: Failure = { code: 'NOT_FOUND', message: 'There is no such machine.' };
          throw new ORPCError('FAILED', { data });
        }
        if (input.uuid === 'hang') await untilAborted(signal);
        if (signal?.aborted === true) note('start aborted');
      }),
    },
    inventory: {
      watch: os.inventory.watch.handler(async function* ({
        input,
        signal,
      }): AsyncGenerator<InventoryMessage> {
        note('watch began');
        try {
          for (let seq = input.sinceSeq ?? 0; signal?.aborted !== true; seq++) {
            if (seq === 13) throw new TypeError('secret inner words');
            yield { type: 'patch', seq, changes: [] };
            await new Promise(setImmediate);
          }
        } finally {
          note('watch ended');
        }
      }),
    },
  };
  return {
    // Only these methods exist here; the tests call no others.
    router: router as unknown as ServedCore['router'],
    pipes: new PipeRegistry(),
    log,
    async logged(line) {
      if (!log.includes(line)) await new Promise<void>((resolve) => waiting.set(line, resolve));
    },
  };
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}
