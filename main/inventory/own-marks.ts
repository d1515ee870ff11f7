import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { Domain } from '../contract/domain.ts';
import { readOwnMetadata } from './own-metadata.ts';
import { inPool } from './pool.ts';
import { readTagsXml } from './tags.ts';

/** Of the five calls that a connection is served at once, the rest is left for a person. */
const IN_FLIGHT = 3;

/** What a machine's own definition says of it, beside its hardware. */
export type OwnMarksOf = Required<Pick<Domain, 'template' | 'tags'>>;

export interface OwnMarksOptions {
  readonly client: LibvirtClient;
  readonly call: CallOptions;
  /** How calls name a machine; undefined: it is gone. */
  readonly reference: (uuid: string) => DomainRef | undefined;
  readonly known: () => readonly Domain[];
  readonly mark: (uuid: string, marks: OwnMarksOf) => void;
  readonly onFault: (error: unknown) => void;
}

/** Finds out which machines of a host are kept as templates, and their tags: no list of libvirt tells it, so each is asked once, and after its events. */
export class OwnMarks {
  readonly #options: OwnMarksOptions;
  readonly #asked = new Set<string>();
  #busy = false;

  constructor(options: OwnMarksOptions) {
    this.#options = options;
  }

  /** Asks when its turn comes. */
  ask(uuid: string): void {
    this.#asked.add(uuid);
    if (!this.#busy) void this.#work();
  }

  /** Asks those of which it is not known yet. */
  askUnknown(): void {
    for (const { uuid, template } of this.#options.known()) if (template === undefined) this.ask(uuid);
  }

  get #isOver(): boolean {
    return this.#options.call.signal?.aborted === true;
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#asked.size > 0 && !this.#isOver) {
      const turn = [...this.#asked];
      this.#asked.clear();
      await inPool(turn, IN_FLIGHT, (uuid) => this.#read(uuid).catch(this.#options.onFault));
    }
    this.#busy = false;
  }

  async #read(uuid: string): Promise<void> {
    const { client, call, reference, mark } = this.#options;
    const dom = reference(uuid);
    if (dom === undefined || this.#isOver) return;
    const template = (await readOwnMetadata(client, { dom, kind: 'template' }, call)) !== null;
    const tags = readTagsXml(await readOwnMetadata(client, { dom, kind: 'tags' }, call));
    mark(uuid, { template, tags });
  }
}
