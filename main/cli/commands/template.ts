import type { Domain } from '../../contract/domain.ts';
import type { TemplateInput } from '../../contract/template.ts';
import { asksFirstBoot } from '../first-boot-options.ts';
import type { FleetSession } from '../fleet-session.ts';
import { readPools } from '../storage-reads.ts';
import { table } from '../table.ts';
import { seenBy } from './actions.ts';
import { cloudInitOf, type CloudInitFlags } from './create-first-boot.ts';
import { poolFor } from './create.ts';
import { domainJson } from './list.ts';
import { makeMachines } from './made.ts';
import { showPlan } from './show-plan.ts';

/** How long all machines of the hosts are asked whether they are templates. */
const MARKS_LIMIT_MS = 30_000;

export async function listTemplates(session: FleetSession): Promise<void> {
  await session.connect();
  await session.settleDomains();
  await session.mirror.until(
    () => (session.domains.every(({ template }) => template !== undefined) ? true : undefined),
    MARKS_LIMIT_MS,
  );
  const { output } = session;
  const templates = session.domains.filter(({ template }) => template === true);
  output.either(
    templates.map((domain) => domainJson(session, domain)),
    () => {
      if (templates.length === 0) return output.note('There are no templates.');
      const lines = table<Domain>(
        [
          { title: 'NAME', value: ({ name }) => name },
          { title: 'HOST', value: ({ host }) => session.hostName(host) },
        ],
        templates,
      );
      for (const line of lines) output.line(line);
    },
  );
}

export async function keepTemplate(session: FleetSession, vm: string): Promise<void> {
  await session.connectFor([vm]);
  const domain = session.find(vm);
  const { host, uuid, name } = domain;
  await session.client.template.keep({ host, uuid });
  await seenBy(session, domain, { name: 'a template', seen: (now) => now?.template === true });
  tell(session, domain, `${name} (${session.hostName(host)}): kept as a template`);
}

export async function releaseTemplate(
  session: FleetSession,
  vm: string,
  { force }: { force: boolean },
): Promise<void> {
  await session.connectFor([vm]);
  const domain = session.find(vm);
  const { host, uuid, name } = domain;
  await session.client.template.release({ host, uuid, force });
  await seenBy(session, domain, { name: 'a machine again', seen: (now) => now?.template === false });
  tell(session, domain, `${name} (${session.hostName(host)}): a machine again`);
}

function tell(session: FleetSession, domain: Domain, line: string): void {
  session.output.either(domainJson(session, domain), () => session.output.line(line));
}

export interface FromTemplateFlags extends Omit<CloudInitFlags, 'template'> {
  readonly count: number;
  readonly copy: boolean;
  readonly pool?: string;
  /** Bytes. */
  readonly diskSize?: number;
  readonly memory?: number;
  readonly vcpus?: number;
  readonly firstBoot: boolean;
  readonly start: boolean;
  readonly autostart: boolean;
  readonly dryRun: boolean;
  readonly showXml: boolean;
}

/** Makes a machine from a template, or several by a pattern. */
export async function createFromTemplate(
  session: FleetSession,
  names: { template: string; name: string },
  flags: FromTemplateFlags,
): Promise<void> {
  await session.connectFor([names.template]);
  const template = session.find(names.template);
  const input = await inputOf(session, { template, name: names.name }, flags);
  const { client } = session;
  if (flags.dryRun || flags.showXml)
    return showPlan(session, await client.template.plan(input), {
      name: input.name,
      xml: flags.showXml,
      first: [],
    });
  await makeMachines(session, input, () => client.template.run(input));
}

async function inputOf(
  session: FleetSession,
  { template, name }: { template: Domain; name: string },
  flags: FromTemplateFlags,
): Promise<TemplateInput> {
  const { host, uuid } = template;
  const wanted = asksFirstBoot(flags);
  const pools = flags.pool === undefined ? [] : await readPools(session);
  const ofHost = pools.filter((pool) => pool.host === host);
  const input: TemplateInput = {
    host,
    template: uuid,
    name,
    count: flags.count,
    title: null,
    description: null,
    disks: flags.copy ? 'copy' : 'link',
    pool: flags.pool === undefined ? null : poolFor(ofHost, flags.pool).uuid,
    sizeBytes: flags.diskSize ?? null,
    memoryMiB: flags.memory === undefined ? null : Math.round(flags.memory / 1024 ** 2),
    vcpus: flags.vcpus ?? null,
    cloudInit: null,
    start: flags.start,
    autostart: flags.autostart,
  };
  // As the window does: a template that was told by a CD has each of its machines told by one of its own.
  const isTold = wanted || (await session.client.template.plan(input)).template.cloudInit;
  return isTold
    ? { ...input, cloudInit: await cloudInitOf({ session, host, os: null, image: '' }, flags) }
    : input;
}
