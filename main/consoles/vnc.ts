import type { Duplex } from 'node:stream';
import { virDomainXMLFlags } from '../../drivers/libvirt/constants/domain-flags.ts';
import { readDomain, type DomainModel } from '../../drivers/libvirt/model/domain.ts';
import type { GraphicsModel } from '../../drivers/libvirt/model/graphics.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { TransportError } from '../../drivers/transport/errors.ts';
import type { FailureCode } from '../contract/failure-codes.ts';
import { FailureError } from '../hosts/failures.ts';
import type { ConsoleHost, DomainReference, OpenConsole } from './console-host.ts';
import { prepareRfb, RfbError } from './rfb-handshake.ts';

/** Opens the machine's VNC server through the host's link. Ports and sockets change with each start: the XML is read just before. */
export async function openVnc(
  host: ConsoleHost,
  dom: DomainReference,
  signal?: AbortSignal,
): Promise<OpenConsole> {
  const model = await readLive(host, dom, signal);
  const failure = (code: FailureCode, message: string, detail?: string): FailureError =>
    new FailureError({
      code,
      message,
      host: { id: host.id, name: host.name },
      ...(detail === undefined ? {} : { detail }),
    });
  if (model.id === null)
    throw failure(
      'CONFLICT',
      `${dom.name} on ${host.name} does not run: it has no screen now. Start it first.`,
    );
  const graphics = model.graphics.find(({ type }) => type === 'vnc');
  if (graphics === undefined) throw failure(...withoutVnc(host, dom, model));
  try {
    const stream = await dial(host, graphics, signal);
    return { duplex: await prepareRfb(stream, signal), password: graphics.password };
  } catch (error) {
    throw explained(error, { host, dom, graphics, failure });
  }
}

/** With the password where this login may read it (a read-only one may not). */
async function readLive(host: ConsoleHost, dom: DomainReference, signal?: AbortSignal): Promise<DomainModel> {
  const options = signal === undefined ? {} : { signal };
  const { remote } = host.client;
  try {
    const { xml } = await remote.domainGetXmlDesc(
      { dom, flags: virDomainXMLFlags.VIR_DOMAIN_XML_SECURE },
      options,
    );
    return readDomain(xml);
  } catch (error) {
    const denied = ['VIR_ERR_OPERATION_DENIED', 'VIR_ERR_ACCESS_DENIED', 'VIR_ERR_AUTH_UNAVAILABLE'];
    if (!(error instanceof LibvirtError) || !denied.includes(error.code)) throw error;
    const { xml } = await remote.domainGetXmlDesc({ dom, flags: 0 }, options);
    return readDomain(xml);
  }
}

async function dial(host: ConsoleHost, graphics: GraphicsModel, signal?: AbortSignal): Promise<Duplex> {
  if (graphics.socket !== null) return host.link.openUnix(graphics.socket, signal);
  if (graphics.port === null)
    throw new RfbError('The machine’s VNC server listens nowhere (listen type "none").');
  return host.link.openTcp(reachableAddress(graphics.listen), graphics.port, signal);
}

/** The address as the host itself reaches it: a server that listens everywhere listens on loopback as well. */
export function reachableAddress(listen: string | null): string {
  return listen === null || listen === '0.0.0.0' || listen === '::' ? '127.0.0.1' : listen;
}

function withoutVnc(host: ConsoleHost, dom: DomainReference, model: DomainModel): [FailureCode, string] {
  const other = model.graphics.find(({ type }) => type === 'spice');
  const serial = model.textConsoles.length > 0 ? ' Its serial console can be opened.' : '';
  if (other !== undefined)
    return [
      'UNSUPPORTED',
      `${dom.name} on ${host.name} has SPICE graphics only. Add VNC graphics beside it and restart the machine.${serial}`,
    ];
  const none = `${dom.name} on ${host.name} has no screen: no graphics device.`;
  return ['NOT_FOUND', `${none} Add VNC graphics and restart the machine.${serial}`];
}

interface Where {
  readonly host: ConsoleHost;
  readonly dom: DomainReference;
  readonly graphics: GraphicsModel;
  readonly failure: (code: FailureCode, message: string, detail?: string) => FailureError;
}

function explained(error: unknown, { host, dom, graphics, failure }: Where): unknown {
  const screen = `The screen of ${dom.name} on ${host.name} was not opened`;
  const stopping = `${screen}: its VNC server does not answer. It may be stopping just now.`;
  if (error instanceof RfbError) {
    if (error.kind === 'silent')
      return failure(
        'TIMEOUT',
        `${screen}: its VNC server does not answer. QEMU may be held up, by storage for example.`,
        error.message,
      );
    if (error.kind === 'gone') return failure('CONFLICT', stopping, error.message);
    return failure('UNSUPPORTED', `${screen}.`, error.message);
  }
  if (!(error instanceof TransportError)) return error;
  const detail = error.detail ?? error.message;
  // libvirt keeps the socket in a folder of QEMU's own user, mode 0750 (facts of qemu.conf's dynamic_ownership).
  if (graphics.socket !== null && (error.code === 'PERMISSION' || error.code === 'NO_SUCH_SOCKET'))
    return failure(
      'PERMISSION',
      `${screen}: its VNC socket can be opened by root and QEMU’s own user only. Log in as root, or let its graphics listen on 127.0.0.1.`,
      detail,
    );
  if (error.code === 'REFUSED' || error.code === 'NO_SUCH_SOCKET')
    return failure('CONFLICT', stopping, detail);
  if (error.code === 'FORWARDING_DISABLED')
    return failure(
      'UNSUPPORTED',
      `${screen}: the host’s SSH server forbids forwarding (AllowTcpForwarding).`,
      detail,
    );
  return error;
}
