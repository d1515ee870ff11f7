import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import type { ConsoleHost, DomainReference } from '../../../main/consoles/console-host.ts';

export const DOM: DomainReference = { name: 'web-01', uuid: new Uint8Array(16), id: 3 };

export interface FakeHostParts {
  /** By flags; a function may throw. */
  readonly xml?: (flags: number) => string;
  readonly openTcp?: (host: string, port: number) => Promise<Duplex>;
  readonly openUnix?: (path: string) => Promise<Duplex>;
  readonly openStream?: (name: string, args: unknown) => Promise<unknown>;
}

/** A host that answers with what a test gives it, and refuses all else. */
export function fakeHost({ xml, openTcp, openUnix, openStream }: FakeHostParts): ConsoleHost {
  const unexpected = (): never => {
    throw new Error('The test did not expect this.');
  };
  const bulk = { openStream: openStream ?? unexpected } as never;
  return {
    id: 'h1',
    name: 'kvm-a',
    link: { openTcp: openTcp ?? unexpected, openUnix: openUnix ?? unexpected },
    client: {
      remote: { domainGetXmlDesc: async ({ flags }) => ({ xml: (xml ?? unexpected)(flags) }) },
    },
    bulkClient: async () => bulk,
  };
}

/** A download that brings these pieces. */
export function bytesStream(...pieces: (Uint8Array | string)[]): Readable {
  return Readable.from(
    pieces.map((piece) => Buffer.from(piece)),
    { objectMode: false },
  );
}
