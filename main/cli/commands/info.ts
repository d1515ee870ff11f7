import type { Domain, DomainDetail } from '../../contract/domain.ts';
import { UsageError } from '../errors.ts';
import { replaceFile } from '../replace-file.ts';
import type { FleetSession } from '../fleet-session.ts';
import { kib } from '../format.ts';
import { keyValues } from '../table.ts';
import { domainJson } from './list.ts';

export async function showInfo(session: FleetSession, vm: string): Promise<void> {
  await session.connectFor([vm]);
  const domain = session.find(vm);
  const { host, uuid } = domain;
  const detail = await session.client.domain.get({ host, uuid });
  const { output } = session;
  const addresses = detail.addresses.map(({ address }) => address);
  output.either({ ...detail, ...domainJson(session, domain), addresses }, () => {
    const pairs = [...summary(session, domain, detail), ...devices(detail)];
    for (const line of keyValues(pairs)) output.line(line);
  });
}

type Pair = readonly [string, string | null];

function summary(session: FleetSession, domain: Domain, detail: DomainDetail): Pair[] {
  const { firmware, secureBoot, arch, machine, cpuMode, cpuModel } = detail;
  const yes = (value: boolean): string => (value ? 'yes' : 'no');
  // Drivers without figures of all machines tell the list's a moment later.
  const size = domain.maxVcpus === 0 ? detail : domain;
  return [
    ['Name', domain.name],
    ['Title', detail.title],
    ['UUID', domain.uuid],
    ['Host', session.hostName(domain.host)],
    ['State', domain.reason === 'unknown' ? domain.state : `${domain.state} (${domain.reason})`],
    ['vCPUs', `${size.vcpus} of ${size.maxVcpus}`],
    ['Memory', `${kib(size.memoryKiB)} of ${kib(size.maxMemoryKiB)}`],
    ['Files', detail.container?.root ?? null],
    ['Init', detail.container?.init ?? null],
    ['CPU', [cpuMode, cpuModel].filter((word) => word !== null).join(' ') || null],
    ['Machine', [detail.virtType, arch, machine].filter((word) => word !== null).join(' ')],
    ['Firmware', secureBoot ? `${firmware}, secure boot` : firmware],
    ['Autostart', yes(domain.autostart)],
    ['Persistent', yes(domain.persistent)],
    ['Saved state', domain.managedSave ? 'yes: the next start restores it' : 'no'],
    ['Guest agent', detail.agent],
    ['Addresses', detail.addresses.map(({ address }) => address).join(', ')],
    ['Changes', detail.changesPending ? 'take effect at the next start' : null],
  ];
}

function devices(detail: DomainDetail): Pair[] {
  return [
    ...detail.disks.map(({ target, device, bus, source, format }): Pair => {
      const kind = [device === 'disk' ? null : device, bus, format]
        .filter((word) => word !== null)
        .join(', ');
      return [`Disk ${target}`, `${source ?? 'empty'} (${kind})`];
    }),
    ...detail.nics.map(({ mac, type, source, model, linkUp }, index): Pair => {
      const link = linkUp ? '' : ', link down';
      return [`NIC ${index}`, `${mac} on ${source ?? type} (${model ?? 'default'}${link})`];
    }),
    ...detail.graphics.map(({ type, port, socket, listen }): Pair => {
      const at = socket ?? (port === null ? 'not open' : `${listen ?? 'default'}:${port}`);
      return ['Graphics', `${type} at ${at}`];
    }),
    ...detail.serials.map(({ type, alias, target }): Pair => ['Serial', `${alias ?? target} (${type})`]),
  ];
}

export async function showXml(session: FleetSession, vm: string, inactive: boolean): Promise<void> {
  await session.connectFor([vm]);
  const { host, uuid } = session.find(vm);
  const xml = await session.client.domain.xml({ host, uuid, inactive });
  const { output } = session;
  output.either({ xml }, () => output.xml(xml));
}

export async function saveScreenshot(
  session: FleetSession,
  vm: string,
  options: { output: string; screen: number },
): Promise<void> {
  const toStdout = options.output === '-';
  if (toStdout && session.output.isTerminal)
    throw new UsageError('A picture is not printed on a terminal. Name a file with -o.');
  await session.connectFor([vm]);
  const domain = session.find(vm);
  const { host, uuid } = domain;
  const { mime, base64 } = await session.client.domain.screenshot({ host, uuid, screen: options.screen });
  const bytes = Buffer.from(base64, 'base64');
  if (toStdout) return session.output.raw(bytes);
  await replaceFile(options.output, bytes);
  return session.output.either({ file: options.output, mime, bytes: bytes.length }, () =>
    session.output.line(`The screen of ${domain.name} is in ${options.output}.`),
  );
}
