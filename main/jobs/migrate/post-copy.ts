import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import type { MigrateManner } from '../../contract/migrate.ts';

/**
 * Lets the guest go on on the target when more rounds over its memory have begun than that, once (virDomainMigrateStartPostCopy). Called with
 * what is seen now: of a guest that comes to its end between two looks nothing is left to be let go.
 */
export function postCopyAfter(
  { postCopyAfter: rounds }: MigrateManner,
  {
    client,
    dom,
    log,
  }: { readonly client: () => LibvirtClient; readonly dom: DomainRef; readonly log: (text: string) => void },
): (iteration: number) => void {
  let done = rounds === null;
  return (iteration) => {
    if (done || rounds === null || iteration <= rounds) return;
    done = true;
    client()
      .remote.domainMigrateStartPostCopy({ dom, flags: 0 })
      .then(
        () =>
          log(
            `Post-copy after ${rounds === 1 ? 'a round' : `${rounds} rounds`}: it goes on on the target, and gets the rest as it needs it`,
          ),
        (error: unknown) =>
          log(`Post-copy was not begun: ${error instanceof Error ? error.message : String(error)}`),
      );
  };
}
