import type { ClonePlan } from '../../contract/clone.ts';
import type { MachineSpec, NicSourceSpec } from '../../contract/machine-spec.ts';
import { CliError } from '../errors.ts';
import type { FleetSession } from '../fleet-session.ts';
import { bytes } from '../format.ts';
import type { Output } from '../output.ts';

type Shown = Pick<ClonePlan, 'xml' | 'steps' | 'warnings' | 'problems' | 'afterwards'>;

/**
 * Says what a plan would do, or its XML.
 * @param first what the machine will be, or how it is copied
 * @throws {CliError} BAD_INPUT where something stands against it
 */
export function showPlan(
  { output }: FleetSession,
  plan: Shown,
  { name, xml, first }: { name: string; xml: boolean; first: readonly string[] },
): void {
  if (xml) output.either({ xml: plan.xml }, () => output.xml(plan.xml));
  else if (output.json || plan.problems.length === 0)
    output.either(plan, () => {
      for (const line of first) output.line(line);
      part(output, 'Steps', plan.steps);
      part(
        output,
        'Room',
        plan.afterwards.pools.map(
          ({ name: pool, promisedBytes, availableBytes }) =>
            `${pool}: ${bytes(promisedBytes)} at most, of ${bytes(availableBytes)} that are free`,
        ),
      );
      part(output, 'To know', plan.warnings);
    });
  if (plan.problems.length === 0) return;
  const { problems } = plan;
  throw new CliError({ code: 'BAD_INPUT', message: `${name} cannot be created so.`, problems });
}

function part(output: Output, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  output.line(`${title}:`);
  for (const line of lines) output.line(`  ${line}`);
}

/** What a machine will be: `2 GiB of memory, 2 CPUs, UEFI`, and a line for each card. */
export function specLines({ virtType, firmware, cpu, memory, disks, nics }: MachineSpec): string[] {
  const buses = new Set(disks.filter(({ device }) => device === 'disk').map(({ bus }) => bus));
  const machine = [
    `${bytes(memory.sizeMiB * 1024 ** 2)} of memory`,
    cpu.vcpus === 1 ? '1 CPU' : `${cpu.vcpus} CPUs`,
    ...(virtType === 'lxc' ? ['container'] : [firmware === 'efi' ? 'UEFI' : 'BIOS']),
    ...(buses.size === 0 || virtType === 'lxc'
      ? []
      : [`disks on ${[...buses].map((bus) => BUS_NAMES.get(bus) ?? bus).join(' and ')}`]),
  ];
  const cards = nics.map(
    ({ model, mac, source }) => `Card: ${model}, ${mac ?? 'a MAC of its own'}, ${networkText(source)}`,
  );
  return [`Machine: ${machine.join(', ')}`, ...(cards.length === 0 ? ['Card: none'] : cards)];
}

/** Others are called as libvirt calls them. */
const BUS_NAMES: ReadonlyMap<string, string> = new Map([
  ['sata', 'SATA'],
  ['ide', 'IDE'],
  ['scsi', 'SCSI'],
  ['usb', 'USB'],
]);

function networkText(source: NicSourceSpec): string {
  if (source.kind === 'network') return `network ${source.network}`;
  if (source.kind === 'bridge') return `bridge ${source.bridge}`;
  return source.kind === 'direct' ? `macvtap on ${source.device}` : 'QEMU’s own network, out but not in';
}
