import type { ConsoleHost, ConsoleRequest, DomainReference, OpenConsole } from './console-host.ts';
import { openSerial } from './serial.ts';
import { openVnc } from './vnc.ts';

/**
 * Opens a machine's console on its host, ready for a viewer (`PipeRegistry.offer`).
 * Fails with FailureError where the reason is known here, else with the error of libvirt or the link.
 */
export async function openConsole(
  host: ConsoleHost,
  dom: DomainReference,
  request: ConsoleRequest,
): Promise<OpenConsole> {
  if (request.kind === 'vnc') return openVnc(host, dom, request.signal);
  return { duplex: await openSerial(host, dom, request), password: null };
}
