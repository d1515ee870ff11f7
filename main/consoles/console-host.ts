import type { Duplex } from 'node:stream';
import type { LibvirtClient } from '../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import type { CallOptions } from '../../drivers/rpc/errors.ts';
import type { HostLink } from '../hosts/link.ts';

/** A machine as libvirt's calls name it; `id` is -1 when it does not run. */
export type DomainReference = DomainRef;

/** What consoles need of a connected host; HostSession has it. */
export interface ConsoleHost {
  readonly id: string;
  readonly name: string;
  readonly link: Pick<HostLink, 'openTcp' | 'openUnix'>;
  readonly client: {
    readonly remote: {
      domainGetXmlDesc(
        args: { dom: DomainReference; flags: number },
        options?: CallOptions,
      ): Promise<{ xml: string }>;
    };
  };
  /** The connection for streams and long work. */
  bulkClient(): Promise<Pick<LibvirtClient, 'openStream'>>;
}

export interface ConsoleRequest {
  readonly kind: 'vnc' | 'serial';
  /** Serial: the alias; left out: the first. */
  readonly device?: string | undefined;
  /** Serial: end another session that holds the console. */
  readonly takeOver?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface OpenConsole {
  /** The bytes of the console. Destroying it frees what it holds on the host; an error of it is told by `describePipeEnd`. */
  readonly duplex: Duplex;
  /** VNC: the password from the machine's own XML, if it has one and this login may read it. */
  readonly password: string | null;
}
