import type { Duplex } from 'node:stream';
import { virDomainConsoleFlags } from '../../drivers/libvirt/constants/domain-flags.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { FailureError } from '../hosts/failures.ts';
import type { ConsoleHost, ConsoleRequest, DomainReference } from './console-host.ts';
import { unstoppable } from './unstoppable.ts';
import { allSettle, Viewers } from './viewers.ts';

type StreamClient = Awaited<ReturnType<ConsoleHost['bulkClient']>>;
type RpcStream = Awaited<ReturnType<StreamClient['openStream']>>['stream'];

/** How long a viewer of this program that leaves may still be in the way of the next one. */
const LEAVING_LIMIT_MS = 2000;

/** By the connection that holds them. */
const viewersOf = new WeakMap<StreamClient, Viewers>();

/**
 * The serial console as libvirt's stream (virDomainOpenConsole). One session holds it at a time; another one is told CONFLICT, unless
 * it takes the console over: then the first one's stream ends with an error. One of this program that is leaving just now, or was given up
 * before it came, is waited for. The stream is one of many on one connection, so a viewer that does not read misses the oldest bytes, as on
 * a line without flow control.
 */
export async function openSerial(
  host: ConsoleHost,
  dom: DomainReference,
  request: ConsoleRequest,
): Promise<Duplex> {
  const { signal } = request;
  const client = await host.bulkClient();
  const viewers = viewersOf.get(client) ?? new Viewers();
  viewersOf.set(client, viewers);
  const machine = Buffer.from(dom.uuid).toString('hex');
  const open = async (): Promise<RpcStream> => {
    signal?.throwIfAborted();
    const opening = openStream(client, dom, request);
    // From the moment it is asked for: its answer may come after that of the next one.
    viewers.add(
      machine,
      opening.then(
        ({ freed }) => freed,
        () => undefined,
      ),
    );
    const stream = await opening;
    if (signal?.aborted === true) stream.destroy();
    signal?.throwIfAborted();
    return stream;
  };
  try {
    return unstoppable(await openAfter(viewers, machine, open), { gap: leftOut });
  } catch (error) {
    throw explained(error, host, dom);
  }
}

async function openAfter<T>(viewers: Viewers, machine: string, open: () => Promise<T>): Promise<T> {
  const until = performance.now() + LEAVING_LIMIT_MS;
  for (;;) {
    // Those that were there, or on their way, before this one: what came later is not what was in its way.
    const before = viewers.of(machine);
    try {
      return await open();
    } catch (error) {
      if (!isBusy(error) || before.length === 0) throw error;
      if (!(await allSettle(before, until - performance.now()))) throw error;
    }
  }
}

async function openStream(
  client: StreamClient,
  dom: DomainReference,
  { device, takeOver = false }: ConsoleRequest,
): Promise<RpcStream> {
  const open = (flags: number) =>
    client.openStream('domainOpenConsole', { dom, devName: device ?? null, flags });
  if (!takeOver) return (await open(0)).stream;
  const { stream } = await open(virDomainConsoleFlags.VIR_DOMAIN_CONSOLE_FORCE).catch((error: unknown) => {
    // The LXC driver knows no taking over.
    if (isBadFlag(error)) return open(0);
    throw error;
  });
  return stream;
}

function leftOut(bytes: number): string {
  return `\r\n\x1b[0;7m ${Math.ceil(bytes / 1024)} KiB came faster than they were read and are left out \x1b[0m\r\n`;
}

/** libvirt's answer to a flag that a driver does not know (virCheckFlags). */
function isBadFlag(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === 'VIR_ERR_INVALID_ARG';
}

function isBusy(error: unknown): boolean {
  return error instanceof LibvirtError && /active console session exists/i.test(error.message);
}

/** libvirt has no code of its own for these: the words are looked at (src/conf/virchrdev.c, src/qemu/qemu_driver.c). */
function explained(error: unknown, host: ConsoleHost, dom: DomainReference): unknown {
  if (!(error instanceof LibvirtError)) return error;
  const at = { id: host.id, name: host.name };
  const words = {
    code: error.code,
    codeNumber: error.codeNumber,
    domain: error.domain,
    level: error.level,
    message: error.message,
  };
  if (isBusy(error)) {
    const message = `Another session holds the serial console of ${dom.name} on ${host.name}. It can be taken over.`;
    return new FailureError({ code: 'CONFLICT', message, host: at, libvirt: words }, error);
  }
  if (
    /cannot find (character|console) device|cannot find default console device|no console device/i.test(
      error.message,
    )
  ) {
    const message = `${dom.name} on ${host.name} has no such serial console. Add a serial port of type pty to the machine.`;
    return new FailureError({ code: 'NOT_FOUND', message, host: at, libvirt: words }, error);
  }
  if (/is not using a PTY|not a PTY/i.test(error.message)) {
    const message = `The serial port of ${dom.name} on ${host.name} is not a pty: libvirt cannot open it.`;
    return new FailureError({ code: 'UNSUPPORTED', message, host: at, libvirt: words }, error);
  }
  return error;
}
