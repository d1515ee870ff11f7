import { parseXml } from '../../../drivers/xml/index.ts';
import type { CloneInput } from '../../contract/clone.ts';
import type { CloneFacts } from './facts.ts';

/** Where a device listens that is a port of the host. */
const LISTENERS = ['serial', 'console', 'channel', 'parallel', 'redirdev', 'rng/backend'];

/** What a clone has in common with the machine, and nobody can give it of its own. */
export function inCommonWarnings(
  { hostDevices }: Pick<CloneInput, 'hostDevices'>,
  { model, xml, elsewhere }: Pick<CloneFacts, 'model' | 'xml' | 'elsewhere'>,
): string[] {
  const { root } = parseXml(xml);
  const found: string[] = [];
  if (root.find('devices/lease') !== null)
    found.push(`The leases of ${model.name} stay with it: the new machines have none.`);
  if (hostDevices === 'keep')
    for (const { type, address } of model.hostDevices)
      found.push(`The host’s device ${address ?? type} is one machine’s at a time.`);
  for (const { path, readonly } of model.filesystems)
    if (path !== null && !readonly)
      found.push(`The folder ${path} of the host is that of ${model.name}, too.`);
  const ports = LISTENERS.flatMap((path) => root.findAll(`devices/${path}`)).flatMap((device) =>
    device
      .findAll('source')
      .filter((source) => source.attribute('mode') === 'bind')
      .flatMap((source) => source.attribute('service') ?? []),
  );
  if (elsewhere === null)
    for (const port of new Set(ports))
      found.push(
        `A device listens on the port ${port} of the host, as that of ${model.name} does: one of them starts at a time.`,
      );
  if (root.find('qemu:commandline') !== null)
    found.push(
      `The arguments for QEMU in the definition are those of ${model.name}: see that no file or port in them is one machine’s.`,
    );
  return found;
}
