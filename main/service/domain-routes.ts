import {
  virDomainCreateFlags,
  virDomainRebootFlagValues,
  virDomainShutdownFlagValues,
  virDomainXMLFlags,
} from '../../drivers/libvirt/constants/domain-flags.ts';
import type { RemoteApi } from '../../drivers/libvirt/api.ts';
import type { DomainRef as WireDomain } from '../../drivers/libvirt/protocol/structs.ts';
import type { DeletionPlan, Domain, DomainRef } from '../contract/domain.ts';
import { takeScreenshot } from '../consoles/screenshot.ts';
import { writeOwnMetadata } from '../inventory/own-metadata.ts';
import { isActive } from '../inventory/states.ts';
import { tagsXml } from '../inventory/tags.ts';
import { keepForTwins, unshownLosses } from '../jobs/delete/guards.ts';
import { planDeletion } from '../jobs/delete/plan.ts';
import { readDeletionFacts, type DeletionSubject } from '../jobs/delete/read.ts';
import { chosenPaths, runDeletion } from '../jobs/delete/run.ts';
import type { JobContext } from '../jobs/registry.ts';
import { removeFolder } from '../jobs/host-commands.ts';
import { runRestore, runSave } from '../jobs/save.ts';
import { ejectDrive } from '../jobs/eject.ts';
import { forgetTwin } from '../jobs/migrate/twin-mark.ts';
import { removeSeed } from '../jobs/create/remove-seed.ts';
import type { Api } from './api.ts';
import { refuseCopied } from './copy-guard.ts';
import { rebootContainer, shutDownContainer } from './container-power.ts';
import { askAgent } from './guest-power.ts';
import { readDetail } from './domain-reads.ts';
import { FailureError } from './errors.ts';
import type { Machine } from './fleet.ts';
import type { Services } from './services.ts';
import {
  FORCED_OFF,
  STARTED,
  refuseLeftBehind,
  refuseMoving,
  refuseResume,
  refuseSplit,
  refuseTwinRuns,
} from './migrate-guard.ts';
import { refuseTemplate } from './template-guard.ts';
import { leftElsewhere } from './left-behind.ts';
import { callOptions, notDone, notKnown, readAgain, withMachine, type Names } from './with-machine.ts';

/** A machine with much memory, or with a saved state to read, starts in minutes. */
const START_LIMIT_MS = 600_000;
/** libvirt itself waits up to 30 s for the process to end. */
const STOP_LIMIT_MS = 90_000;

type Act = (remote: RemoteApi, dom: WireDomain, machine: Machine) => Promise<unknown>;

/** Handlers of `domain.*`. An action is one call with the reference that the inventory has; what it did arrives as the host's event. */
export function domainRoutes(api: Api['domain'], services: Services) {
  const { fleet } = services;
  /** `done` completes the sentence for when it fails: “web-01 was not started on kvm-a.” Nothing is repeated by itself. */
  const act = (ref: DomainRef, done: string, call: Act): Promise<void> =>
    withMachine(services, ref, { done }, async (machine) => {
      await call(machine.session.client.remote, machine.dom, machine);
    });
  return {
    list: api.list.handler(({ input }) => fleet.store.domains(input.host)),
    ...readRoutes(api, services),
    ...jobRoutes(api, services),
    start: api.start.handler(({ input }) => {
      const flags = input.paused === true ? virDomainCreateFlags.VIR_DOMAIN_START_PAUSED : 0;
      return act(input, 'started', async (remote, dom, machine) => {
        await refuseTemplate(machine, 'started');
        await refuseMoving(services, machine, STARTED);
        await refuseCopied(services, machine, STARTED);
        await refuseTwinRuns(services, machine, 'started');
        await remote.domainCreateWithFlags({ dom, flags }, { timeoutMs: START_LIMIT_MS });
      });
    }),
    shutdown: api.shutdown.handler(({ input }) =>
      act(input, 'asked to shut down', (remote, dom, { host, session }) =>
        host.info?.hypervisor === 'LXC'
          ? shutDownContainer(remote, dom, session)
          : askAgent(() => remote.domainShutdownFlags({ dom, flags: SHUTDOWN_MODES[input.mode ?? 'any'] })),
      ),
    ),
    reboot: api.reboot.handler(({ input }) =>
      act(input, 'asked to reboot', (remote, dom, { host, session }) =>
        host.info?.hypervisor === 'LXC'
          ? rebootContainer(remote, dom, session)
          : askAgent(() => remote.domainReboot({ dom, flags: REBOOT_MODES[input.mode ?? 'any'] })),
      ),
    ),
    reset: api.reset.handler(({ input }) =>
      act(input, 'reset', (remote, dom) => remote.domainReset({ dom, flags: 0 })),
    ),
    destroy: api.destroy.handler(({ input }) =>
      act(input, 'forced off', async (remote, dom, machine) => {
        await refuseSplit(services, machine, 'forced off');
        await refuseMoving(services, machine, FORCED_OFF);
        await remote.domainDestroy({ dom }, { timeoutMs: STOP_LIMIT_MS });
      }),
    ),
    suspend: api.suspend.handler(({ input }) =>
      act(input, 'paused', async (remote, dom, machine) => {
        await refuseSplit(services, machine, 'paused');
        // The move would let it run where it goes, or again where it stays, and nobody could resume it before that.
        await refuseMoving(services, machine, 'paused');
        await remote.domainSuspend({ dom });
      }),
    ),
    resume: api.resume.handler(({ input }) =>
      act(input, 'resumed', async (remote, dom, machine) => {
        if (machine.domain.state === 'pmsuspended') return remote.domainPmWakeup({ dom, flags: 0 });
        await refuseResume(services, machine, input.movedTo ?? null);
        await remote.domainResume({ dom });
        // It runs: what is not forgotten asks the other hosts once more than is needed.
        await forgetTwin(machine.session.client, dom).catch((error: unknown) =>
          services.onFault(`the mark of ${machine.domain.name}`, error),
        );
      }),
    ),
    discardSaved: api.discardSaved.handler(async ({ input }) => {
      await act(input, 'freed of its saved state', (remote, dom) =>
        remote.domainManagedSaveRemove({ dom, flags: 0 }),
      ).finally(() => readAgain(services, input));
    }),
    eject: api.eject.handler(({ input }) =>
      withMachine(services, input, ejected(input.target), ({ session, dom }) =>
        ejectDrive(session.client, { dom, target: input.target }, {}),
      ),
    ),
    setTags: api.setTags.handler(({ input }) =>
      withMachine(services, input, { done: 'tagged' }, async ({ session, dom, domain }) => {
        const { persistent } = domain;
        const running = isActive(domain.state);
        const xml = tagsXml(input.tags);
        await writeOwnMetadata(session.client, { dom, kind: 'tags', xml, running, persistent });
      }).finally(() => readAgain(services, input)),
    ),
    setAutostart: api.setAutostart.handler(async ({ input }) => {
      const done = input.autostart ? 'set to start with the host' : 'kept from starting with the host';
      const autostart = input.autostart ? 1 : 0;
      // libvirt sends no event for it.
      await act(input, done, async (remote, dom, machine) => {
        if (input.autostart) {
          await refuseTemplate(machine, 'started with its host');
          await refuseTwinRuns(services, machine, 'set to start with its host');
        }
        await remote.domainSetAutostart({ dom, autostart });
      }).finally(() => readAgain(services, input));
    }),
  };
}

const ejected = (target: string) => ({
  message: ({ name, host }: Names) =>
    `What is in the drive ${target} of ${name} on ${host} was not taken out.`,
});

const SHUTDOWN_MODES = {
  any: 0,
  acpi: virDomainShutdownFlagValues.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
  agent: virDomainShutdownFlagValues.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
};
const REBOOT_MODES = {
  any: 0,
  acpi: virDomainRebootFlagValues.VIR_DOMAIN_REBOOT_ACPI_POWER_BTN,
  agent: virDomainRebootFlagValues.VIR_DOMAIN_REBOOT_GUEST_AGENT,
};

function readRoutes(api: Api['domain'], services: Services) {
  const read = (what: string) => ({
    message: (machine: Names) => `${what} ${machine.name} on ${machine.host} could not be read.`,
  });
  return {
    get: api.get.handler(({ input, signal }) =>
      withMachine(services, input, read('The details of'), (machine) =>
        readDetail(machine, callOptions(signal)),
      ),
    ),
    xml: api.xml.handler(({ input, signal }) =>
      withMachine(services, input, read('The XML of'), async ({ session, dom }) => {
        const flags = input.inactive === true ? virDomainXMLFlags.VIR_DOMAIN_XML_INACTIVE : 0;
        return (await session.client.remote.domainGetXmlDesc({ dom, flags }, callOptions(signal))).xml;
      }),
    ),
    deletionPlan: api.deletionPlan.handler(({ input, signal }) =>
      withMachine(services, input, read('What belongs to'), async (machine) => ({
        ...(await planNow(services, machine, signal)),
        leftCopies: await leftElsewhere(services, input),
      })),
    ),
    removeSeed: api.removeSeed.handler(({ input, signal }) =>
      withMachine(
        services,
        input,
        { message: (names) => notDone('rid of the CD of its first boot', names) },
        async (machine) => {
          const { session, dom } = machine;
          const twins = twinsOf(services, machine);
          return removeSeed({ session, dom, twins }, callOptions(signal));
        },
      ),
    ),
    screenshot: api.screenshot.handler(({ input, signal }) =>
      withMachine(services, input, read('The screen of'), ({ session, dom }) =>
        takeScreenshot(session, dom, { screen: input.screen, signal }),
      ),
    ),
  };
}

interface JobPlan {
  kind: string;
  /** “saved”, for “web-01 was not saved on kvm-a.” */
  done: string;
  /** What a cancelled one leaves, as a sentence; null when it cannot be cancelled. */
  cancelled: ((names: Names) => string) | null;
  /** What must be known before it begins; what it gives is the job. */
  prepare: (machine: Machine, signal: AbortSignal | undefined) => Promise<JobWork>;
}

type JobWork = (context: JobContext) => Promise<void>;

function jobRoutes(api: Api['domain'], services: Services) {
  const { clock } = services;
  const start = (
    ref: DomainRef,
    signal: AbortSignal | undefined,
    plan: JobPlan,
  ): Promise<{ job: string }> => {
    const message = (names: Names): string => notDone(plan.done, names);
    return withMachine(services, ref, { message }, async (machine) => {
      const names = { name: machine.domain.name, host: machine.host.name };
      await services.workflows.assertNotHeld({ host: machine.host.id, uuid: ref.uuid, name: names.name });
      const run = await plan.prepare(machine, signal);
      const job = services.jobs.start({
        kind: plan.kind,
        host: { id: machine.host.id, name: machine.host.name },
        uuid: ref.uuid,
        name: machine.domain.name,
        cancelled: plan.cancelled?.(names) ?? null,
        failed: notDone(plan.done, names),
        unsure: notKnown(plan.done, names),
        run,
      });
      return { job };
    });
  };
  return {
    save: api.save.handler(({ input, signal }) =>
      start(input, signal, {
        kind: 'save',
        done: 'saved',
        cancelled: ({ name, host }) =>
          `Saving ${name} on ${host} was cancelled: it goes on as before, and no saved state is left.`,
        prepare: async (machine) => {
          await refuseMoving(services, machine, 'saved');
          await refuseLeftBehind(machine, 'saved');
          const { session, dom } = machine;
          return (context) => runSave({ session, dom, clock }, context);
        },
      }),
    ),
    restore: api.restore.handler(({ input, signal }) =>
      start(input, signal, {
        kind: 'restore',
        done: 'restored',
        cancelled: null,
        prepare: async (machine) => {
          await refuseTemplate(machine, 'started');
          await refuseMoving(services, machine, STARTED);
          await refuseTwinRuns(services, machine, 'started');
          const { session, dom } = machine;
          return (context) => runRestore({ session, dom, clock }, context);
        },
      }),
    ),
    delete: api.delete.handler(({ input, signal }) =>
      start(input, signal, {
        kind: 'delete',
        done: 'deleted',
        cancelled: null,
        prepare: async (machine, aborted) => {
          const { volumes, force = false } = input;
          await refuseSplit(services, machine, 'deleted');
          await refuseMoving(services, machine, 'deleted');
          const plan = await planNow(services, machine, aborted);
          const { id, name } = machine.host;
          const request = { dom: machine.dom, host: { id, name }, plan, volumes, force };
          // A wrong choice is told at once and not by a job that failed.
          chosenPaths(request);
          refuseMore(machine, unshownLosses(plan, input.shown, volumes));
          return async (context) => {
            const client = await machine.session.bulkClient();
            const removing = (path: string, signal: AbortSignal): Promise<void> =>
              removeFolder(machine.session, path, signal);
            await runDeletion({ ...request, client, removeFolder: removing }, context);
          };
        },
      }),
    ),
  };
}

/** What would go if the machine were deleted now. */
async function planNow(
  services: Services,
  machine: Machine,
  signal: AbortSignal | undefined,
): Promise<DeletionPlan> {
  const subject: DeletionSubject = { client: machine.session.client, dom: machine.dom };
  const facts = await readDeletionFacts(subject, callOptions(signal));
  const plan = planDeletion({ ...facts, namesakes: namesakesOf(services, machine) });
  return keepForTwins(plan, otherHalves(services, machine));
}

/** The same machine on other hosts, in words that do not take it for another. */
function otherHalves(services: Services, machine: Machine): string[] {
  return hostsWith(services, machine, ({ uuid }) => uuid === machine.domain.uuid).map(
    ({ host }) => `the same machine on ${host}`,
  );
}

/** The same machine on other hosts, with their names. */
function twinsOf(services: Services, machine: Machine): string[] {
  return elsewhere(services, machine, ({ uuid }) => uuid === machine.domain.uuid);
}

/** Other machines of its name on other hosts, with their names. */
function namesakesOf(services: Services, machine: Machine): string[] {
  const { name, uuid } = machine.domain;
  return elsewhere(services, machine, (other) => other.name === name && other.uuid !== uuid);
}

function elsewhere(services: Services, machine: Machine, isMeant: (domain: Domain) => boolean): string[] {
  return hostsWith(services, machine, isMeant).map(({ name, host }) => `${name} on ${host}`);
}

function hostsWith(
  { fleet }: Services,
  { host }: Machine,
  isMeant: (domain: Domain) => boolean,
): { name: string; host: string }[] {
  const found = fleet.store.domains().filter((other) => {
    if (other.host === host.id || !isMeant(other)) return false;
    // One host that is in the list twice is no other host.
    const hostname = fleet.store.host(other.host)?.info?.hostname;
    return hostname === undefined || hostname !== host.info?.hostname;
  });
  return found.map(({ name, host: id }) => ({ name, host: fleet.store.host(id)?.name ?? id }));
}

function refuseMore({ domain, host }: Machine, losses: readonly string[]): void {
  if (losses.length === 0) return;
  throw new FailureError({
    code: 'CONFLICT',
    message: `${domain.name} on ${host.name} has more to lose than was shown (${losses.join(', ')}): nothing is deleted. Look at it again.`,
    host: { id: host.id, name: host.name },
  });
}
