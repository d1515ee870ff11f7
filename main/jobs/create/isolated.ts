import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { readNetwork } from '../../../drivers/libvirt/model/network.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import type { CreateInput } from '../../contract/create.ts';

/**
 * Those of the networks that the cards are plugged into which have no way out.
 * @throws LinkError
 */
export async function readIsolated(
  { remote }: Pick<LibvirtClient, 'remote'>,
  { spec }: Pick<CreateInput, 'spec'>,
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  const isolated = new Set<string>();
  const names = new Set(
    spec.nics.flatMap(({ source }) => (source.kind === 'network' ? [source.network] : [])),
  );
  for (const name of names)
    try {
      const { net } = await remote.networkLookupByName({ name }, options);
      const { xml } = await remote.networkGetXmlDesc({ net, flags: 0 }, options);
      if (readNetwork(xml).mode === 'isolated') isolated.add(name);
    } catch (error) {
      // That there is none of the name is a problem that the plan tells.
      if (!(error instanceof LibvirtError)) throw error;
    }
  return isolated;
}

/** Of a machine whose every card is in an isolated network. */
export function isolatedWarnings({ spec, source }: CreateInput, isolated: ReadonlySet<string>): string[] {
  const names = spec.nics.map((nic) =>
    nic.source.kind === 'network' && isolated.has(nic.source.network) ? nic.source.network : null,
  );
  const [name = null] = names;
  if (name === null || names.includes(null)) return [];
  const what = `The network ${name} is isolated: the machine reaches the host and its neighbours alone`;
  const packages =
    source.kind === 'cloudImage' && source.cloudInit !== null && source.cloudInit.packages.length > 0;
  if (packages) return [`${what}, and the packages of its first boot cannot be fetched.`];
  return source.kind === 'tree' ? [`${what}, and its installer finds nothing to install.`] : [`${what}.`];
}
