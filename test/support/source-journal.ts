import assert from 'node:assert/strict';
import type { Json, StepContext } from '../../main/jobs/engine/step.ts';

/** What a journal keeps of a step of a running machine that is copied, and of those before it. */
export class SourceJournal {
  noted: Json | undefined = undefined;
  readonly log: string[] = [];
  readonly results = new Map<string, Json>();

  /** What of a step's context those of the source use: they ask no libvirt. */
  get step(): StepContext {
    const none = (): never => assert.fail('it asks a host of libvirt');
    return {
      signal: new AbortController().signal,
      log: (text) => this.log.push(text),
      progress: () => undefined,
      session: none,
      client: none,
      secret: none,
      result: (id) => this.results.get(id),
      note: (value) => {
        this.noted = value;
        return Promise.resolve();
      },
      noted: () => this.noted,
      settling: () => Promise.resolve(),
      silent: () => undefined,
      outside: () => undefined,
      untilBack: () => Promise.resolve(),
      written: () => 'never',
    };
  }
}
