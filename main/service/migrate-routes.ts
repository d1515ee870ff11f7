import { randomUUID } from 'node:crypto';
import type { DiskModel, DomainModel } from '../../drivers/libvirt/model/index.ts';
import { virDomainXMLFlags as XML } from '../../drivers/libvirt/constants/domain-flags.ts';
import { ejectsOf } from '../contract/migrate-ejects.ts';
import { usualMigration, type MigrateInput, type MigratePlan } from '../contract/migrate.ts';
import { parseTarget } from '../hosts/target.ts';
import { readVolumesOf, type SourceVolume } from '../jobs/clone/facts.ts';
import { ejectDrive } from '../jobs/eject.ts';
import type { MigrateFacts } from '../jobs/migrate/live.ts';
import { HostFiles } from '../jobs/migrate/host-files.ts';
import { goesAlong } from '../jobs/migrate/media.ts';
import { readOwnCopies } from '../jobs/migrate/own-copies.ts';
import { planMigration, type PlannedMigration } from '../jobs/migrate/plan.ts';
import { readMachineFacts, readSourceFacts, type SourceFacts } from '../jobs/migrate/source-facts.ts';
import { changedWays } from '../jobs/migrate/shown-ways.ts';
import { copiesDisks } from '../jobs/migrate/progress.ts';
import { readTargetFacts, readTargetHost, type TargetHost } from '../jobs/migrate/target-facts.ts';
import type { Api } from './api.ts';
import { evacuateRoutes, type Look, type Mover } from './evacuate-routes.ts';
import { ejectFirst } from './eject-first.ts';
import { FailureError, toFailure } from './errors.ts';
import type { Machine } from './fleet.ts';
import { keepLeft } from './left-behind.ts';
import { livesElsewhere } from './leaving-home.ts';
import { refuseMoving, refuseStill, runsElsewhere } from './migrate-guard.ts';
import { startRound } from './migrate-round.ts';
import type { Services } from './services.ts';
import { isTemplate, refuseTemplate } from './template-guard.ts';
import { callOptions, withMachine, type Names } from './with-machine.ts';

/** Handlers of `migrate.*`. */
export function migrateRoutes(api: Api['migrate'], services: Services) {
  const read = {
    message: ({ name, host }: Names) => `Where ${name} on ${host} can go could not be found out.`,
  };
  const mover: Mover = {
    look: (ref, to, signal) =>
      withMachine(services, ref, read, async (machine) => {
        const known = await readKnown(services, machine, signal);
        const look = async (id: string): Promise<Look> => {
          const input = usualMigration({ ...ref, to: id });
          const host = await readTargetHost(services.fleet.hosts.session(id), callOptions(signal));
          return (await planned(services, { ...known, host, input }, signal)).shown;
        };
        return Promise.all(to.map((id) => look(id).catch((error: unknown) => silent(services, id, error))));
      }),
    begin: (move, signal, noted) => begin(services, move, signal, noted),
  };
  return {
    ...evacuateRoutes(api, services, mover),
    check: api.check.handler(async ({ input: { host, uuid }, signal }) => {
      const { hosts } = services.fleet;
      const to = hosts.ids().filter((id) => id !== host && hosts.connection(id).session !== null);
      const looks = await mover.look({ host, uuid }, to, signal);
      return looks.map(({ items }, index) => ({ host: to[index] ?? '', items: [...items] }));
    }),
    plan: api.plan.handler(({ input, signal }) =>
      withMachine(services, input, read, async (machine) => {
        const known = await readBoth(services, { machine, to: input.to }, signal);
        return (await planned(services, { ...known, input }, signal)).shown;
      }),
    ),
    run: api.run.handler(({ input, signal }) => begin(services, input, signal)),
    runMany: api.runMany.handler(({ input: { moves, atOnce } }) => {
      const id = moves[0]?.host ?? '';
      const host = { id, name: services.fleet.store.host(id)?.name ?? id };
      const round = { kind: 'migrateMany' as const, host, moves, atOnce };
      return { job: startRound(services, { ...round, begin: (move, signal) => mover.begin(move, signal) }) };
    }),
    tune: api.tune.handler(({ input }) =>
      withMachine(
        services,
        input,
        { message: ({ name }) => `The migration of ${name} was not changed.` },
        async (machine) => {
          await refuseStill(services, machine);
          const { dom } = machine;
          const { remote } = machine.session.client;
          const { downtimeMs, bandwidthMiBs, postCopy } = input;
          if (downtimeMs !== undefined)
            await remote.domainMigrateSetMaxDowntime({ dom, downtime: BigInt(downtimeMs), flags: 0 });
          if (bandwidthMiBs !== undefined) {
            await remote.domainMigrateSetMaxSpeed({ dom, bandwidth: BigInt(bandwidthMiBs), flags: 0 });
            services.jobs.limited(input.uuid);
          }
          if (postCopy === true) await remote.domainMigrateStartPostCopy({ dom, flags: 0 });
          const disksKeep = bandwidthMiBs !== undefined && (await copiesDisks(machine.session.client, dom));
          return { disksKeep };
        },
      ),
    ),
  };
}

/** A host that does not tell keeps the machine where it is, and the others may take it. */
function silent({ fleet }: Services, id: string, error: unknown): Look {
  const name = fleet.store.host(id)?.name ?? id;
  const { message, detail } = toFailure(error, { message: `${name} could not be looked at.` });
  const remedy = detail ?? 'Connect it again.';
  return {
    items: [{ id: 'host', level: 'stop', message, remedy }],
    disks: [],
    stays: [],
    replaces: [],
    afterwards: { memory: null, pools: [] },
  };
}

/** Starts the job of one move. */
function begin(
  services: Services,
  input: MigrateInput,
  signal: AbortSignal | undefined,
  noted?: () => Promise<void>,
): Promise<{ job: string; plan: MigratePlan }> {
  return withMachine(services, input, { done: 'moved' }, async (machine) => {
    await Promise.all([refuseTemplate(machine, 'moved'), refuseMoving(services, machine, 'moved again')]);
    const known = await readBoth(services, { machine, to: input.to }, signal);
    const { shown, plan, secrets } = await planned(services, { ...known, input, begins: true }, signal);
    const media = input.eject === true ? ejectsOf(shown.items) : [];
    if (media.length === 0) refuseStopped(plan.failed, shown);
    // Before a medium is taken out for a move that does not begin.
    refuseUnlooked(machine, shown);
    refuseChanged(machine, input, shown);
    signal?.throwIfAborted();
    if (media.length > 0) {
      const { session, dom, domain, host } = machine;
      const begun = await ejectFirst({
        name: domain.name,
        host: { id: host.id, name: host.name },
        media,
        eject: (target) => ejectDrive(session.client, { dom, target }, callOptions(signal)),
        begin: () => begin(services, { ...input, eject: false }, signal, noted),
      });
      return { ...begun, plan: { ...begun.plan, ejected: media } };
    }
    await noted?.();
    const left = services.fleet.hosts.connection(input.host).host;
    const goesForGood = async (job: Parameters<typeof livesElsewhere>[2]): Promise<void> => {
      // A round has kept where it comes from.
      if (noted === undefined) await livesElsewhere(services.homes, { ...machine.domain, host: left }, job);
    };
    const job = await services.workflows.start(plan, secrets, async (running) => {
      await goesForGood(running);
      await keepLeft(services, { input, shown, volumes: known.volumes }, running);
    });
    // Should this program end on the way, whoever settles the job does not know that it was no round. What cannot be written now is told at the end.
    await goesForGood({ log: () => undefined });
    return { job, plan: shown };
  });
}

/** @throws FailureError BAD_INPUT with all that stops it */
function refuseStopped(failed: string, { items }: MigratePlan): void {
  const [first, ...more] = items.filter(({ level }) => level === 'stop');
  if (first === undefined) return;
  // The sentence has the first reason already.
  const lines = [first.remedy, ...more.map(({ message, remedy }) => `${message} ${remedy ?? ''}`.trim())];
  const detail = lines.filter((line) => line !== null).join('\n');
  const message = `${failed} ${first.message}`;
  throw new FailureError({ code: 'BAD_INPUT', message, ...(detail === '' ? {} : { detail }) });
}

/** @throws FailureError CONFLICT where the target's pool has not looked for a disk: a copy could come beside the very file */
function refuseUnlooked({ domain, host }: Machine, { disks }: MigratePlan): void {
  const unlooked = disks.flatMap(({ target, way }) => (way === 'either' ? [target] : []));
  if (unlooked.length === 0) return;
  const message = `${domain.name} is not moved: the pool there does not know ${unlooked.join(', ')}, and cannot look through its folder now, as a volume is made in it or it cannot be reached. Try it again, or refresh the pool.`;
  throw new FailureError({ code: 'CONFLICT', message, host: { id: host.id, name: host.name } });
}

/** @throws FailureError CONFLICT where what becomes of a disk is not what a person was shown */
function refuseChanged({ domain, host }: Machine, input: MigrateInput, { disks }: MigratePlan): void {
  const changed = input.shown === undefined ? [] : changedWays(input.shown, disks);
  if (changed.length === 0) return;
  const message = `${domain.name} is not moved, as its disks would not go as was shown (${changed.join('; ')}). Look at it again.`;
  throw new FailureError({ code: 'CONFLICT', message, host: { id: host.id, name: host.name } });
}

/** What is known of the machine, wherever it goes. */
interface Known {
  readonly machine: Machine;
  readonly source: SourceFacts;
  readonly volumes: ReadonlyMap<string, SourceVolume | null>;
  readonly sourceFiles: HostFiles;
}

async function readKnown(
  services: Services,
  machine: Machine,
  signal: AbortSignal | undefined,
): Promise<Known> {
  const { clock } = services;
  const { session, dom } = machine;
  const { client } = session;
  const call = callOptions(signal);
  const isOurs = (model: DomainModel, disk: DiskModel): boolean =>
    disk.device === 'disk' || goesAlong(model, disk);
  const itself = readMachineFacts(session, dom, call);
  const [facts, template, runsOn, volumes] = await Promise.all([
    readSourceFacts(session, dom, itself, call),
    isTemplate(machine),
    itself.then(({ state }) => (state === 'shutoff' ? runsElsewhere(services, machine) : null)),
    // Its host tells of its clock and its CPU meanwhile.
    itself.then(({ model }) => readVolumesOf(client, model, call, (disk) => isOurs(model, disk))),
  ]);
  const sourceFiles = new HostFiles({ client, clock, options: call });
  return { machine, source: { ...facts, template, runsOn }, volumes, sourceFiles };
}

/** The same, and what is known of the host that it is to go to, at one time. */
async function readBoth(
  services: Services,
  { machine, to }: { readonly machine: Machine; readonly to: string },
  signal: AbortSignal | undefined,
): Promise<Known & { readonly host: TargetHost }> {
  const target = services.fleet.hosts.session(to);
  const [known, host] = await Promise.all([
    readKnown(services, machine, signal),
    readTargetHost(target, callOptions(signal)),
  ]);
  return { ...known, host };
}

interface Asked extends Known {
  readonly host: TargetHost;
  readonly input: MigrateInput;
  /** Its job is about to begin; else this is a look, which changes nothing. */
  readonly begins?: true;
}

async function planned(
  services: Services,
  { machine, source, volumes, sourceFiles, host, input, begins }: Asked,
  signal: AbortSignal | undefined,
): Promise<PlannedMigration> {
  const { fleet, workflows, clock } = services;
  const call = callOptions(signal);
  const sessions = { source: machine.session, target: fleet.hosts.session(input.to) };
  const clients = { source: sessions.source.client, target: sessions.target.client };
  const readDefinition = async (): Promise<string> => {
    const flags = XML.VIR_DOMAIN_XML_INACTIVE | XML.VIR_DOMAIN_XML_SECURE | XML.VIR_DOMAIN_XML_MIGRATABLE;
    return (await clients.source.remote.domainGetXmlDesc({ dom: machine.dom, flags }, call)).xml;
  };
  const readOwn = async (): Promise<MigrateFacts['ownCopies']> => {
    const { uri } = fleet.hosts.connection(input.to).host;
    const from = fleet.hosts.connection(input.host).host.uri;
    const left = await services.leftCopies.of({ uuid: source.uuidOfMachine, uri, to: from });
    if (left.length === 0) return new Map();
    return readOwnCopies(clients.target, { left, now: volumes.values() }, call);
  };
  const [target, definition, ownCopies, holder] = await Promise.all([
    readTargetFacts(
      { ...clients, clock, sourceFiles, refreshes: begins === true },
      host,
      source,
      input,
      call,
    ),
    source.state === 'shutoff' ? readDefinition() : null,
    readOwn(),
    workflows.holder({ host: machine.session.id, uuid: machine.domain.uuid }),
  ]);
  const canRelay = isLogin(sessions.source.uri) && isLogin(sessions.target.uri);
  const own = { copiedTo: holder?.name ?? null, folderUuid: randomUUID() };
  return planMigration(input, { source, target, canRelay, definition, volumes, ownCopies, ...own });
}

/** Ports of the host can be opened through its link. */
function isLogin(uri: string): boolean {
  const { kind } = parseTarget(uri);
  return kind === 'ssh' || kind === 'local';
}
