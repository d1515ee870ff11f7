import type { RemoteApi } from '../../drivers/libvirt/api.ts';
import {
  virDomainRebootFlagValues as REBOOT,
  virDomainShutdownFlagValues as SHUTDOWN,
} from '../../drivers/libvirt/constants/domain-flags.ts';
import type { DomainRef } from '../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError } from '../../drivers/rpc/errors.ts';
import { pause, systemClock } from '../hosts/clock.ts';
import { FIRST_PROCESS, signalFirstProcess, type ContainerHost } from './first-process.ts';

/**
 * Asks a container's first program to end. The LXC driver left to itself writes to the pipe of init and believes that this was read, where
 * there is none as well (seen with libvirt 9.0), and then sends no signal: both are asked for.
 */
export function shutDownContainer(remote: RemoteApi, dom: DomainRef, host: ContainerHost): Promise<void> {
  const once = (flags: number) => remote.domainShutdownFlags({ dom, flags });
  return orByHost(
    () =>
      both(once, {
        pipe: SHUTDOWN.VIR_DOMAIN_SHUTDOWN_INITCTL,
        signal: SHUTDOWN.VIR_DOMAIN_SHUTDOWN_SIGNAL,
      }),
    () => signalFirstProcess(remote, dom.uuid, { host, as: FIRST_PROCESS.shutDown }),
  );
}

/** Asks a container's first program to begin anew, by both ways as well. */
export function rebootContainer(remote: RemoteApi, dom: DomainRef, host: ContainerHost): Promise<void> {
  const once = (flags: number) => remote.domainReboot({ dom, flags });
  return orByHost(
    () => both(once, { pipe: REBOOT.VIR_DOMAIN_REBOOT_INITCTL, signal: REBOOT.VIR_DOMAIN_REBOOT_SIGNAL }),
    () => signalFirstProcess(remote, dom.uuid, { host, as: FIRST_PROCESS.reboot }),
  );
}

/** libvirt learns from a container's controller which process is the first one, at once or never. */
const NOT_YET = /not yet known/;
const AGAIN_MS = 500;
const ATTEMPTS = 10;
const NEVER = new AbortController().signal;

/** What libvirt cannot do as it does not know the first process is done without it. */
async function orByHost(byLibvirt: () => Promise<void>, byHost: () => Promise<void>): Promise<void> {
  try {
    await byLibvirt();
  } catch (error) {
    if (!isNotYet(error)) throw error;
    await byHost();
  }
}

const isNotYet = (error: unknown): boolean => error instanceof LibvirtError && NOT_YET.test(error.message);

async function both(
  once: (flags: number) => Promise<unknown>,
  { pipe, signal }: { pipe: number; signal: number },
): Promise<void> {
  const ask = (flags: number): Promise<unknown> => whenKnown(() => once(flags));
  const written = await ask(pipe).then(
    () => true,
    (error: unknown) => {
      // Who does not know it for the pipe does not know it for the signal.
      if (error instanceof LibvirtError && !isNotYet(error)) return false;
      throw error;
    },
  );
  try {
    await ask(signal);
  } catch (error) {
    // It was quick, and has ended by the pipe.
    if (!(written && error instanceof LibvirtError && error.code === 'VIR_ERR_OPERATION_INVALID'))
      throw error;
  }
}

async function whenKnown(ask: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isNotYet(error) || attempt === ATTEMPTS) throw error;
    }
    await pause(systemClock, AGAIN_MS, NEVER);
  }
}
