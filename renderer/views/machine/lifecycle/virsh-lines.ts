import type { DeletionPlan, Domain } from '../../../../main/contract/domain.ts';
import type { Host } from '../../../../main/contract/host.ts';
import {
  shellQuote,
  virshCommands,
  virshLine,
  virshPrefix,
  type DomainAction,
  type VirshOptions,
} from '../../../../main/contract/virsh.ts';
import type { ActionId } from './availability.ts';

type ShellHost = Pick<Host, 'uri' | 'keyFile'>;

/** An action in virsh's words: whole, and without what all lines of the host have in common. */
export interface ShellLine {
  readonly line: string;
  readonly command: string;
}

/** The action as a line for a shell: what this window asks for. A deletion depends on what is chosen (`deletionLine`): null. */
export function shellLine(action: ActionId, host: ShellHost, domain: Domain): ShellLine | null {
  if (action === 'delete') return null;
  const [plain, options] = plainAction(action, domain);
  const subject = { ...host, name: domain.name, uuid: domain.uuid };
  return {
    line: virshLine(plain, subject, options),
    command: virshCommands(plain, subject, options).join(' && '),
  };
}

function plainAction(action: ActionId, domain: Domain): [DomainAction, VirshOptions] {
  switch (action) {
    case 'shutdown':
    case 'reboot':
      return [action, { mode: 'acpi' }];
    case 'shutdownAgent':
      return ['shutdown', { mode: 'agent' }];
    case 'rebootAgent':
      return ['reboot', { mode: 'agent' }];
    default:
      return [action, { asleep: domain.state === 'pmsuspended' }];
  }
}

/** The deletion that is chosen in the dialog, as a line for a shell. `chosen`: keys of the plan's volumes. */
export function deletionLine(
  host: ShellHost,
  domain: Pick<Domain, 'name' | 'uuid'>,
  { plan, chosen }: { plan: DeletionPlan; chosen: ReadonlySet<string> },
): string {
  const { running, managedSave } = plan;
  const subject = { ...host, name: domain.name, uuid: domain.uuid };
  const going = plan.volumes.filter(({ key }) => chosen.has(key));
  const disks = going.filter(({ installer }) => installer !== true).map(({ target }) => target);
  // virsh takes disks alone along.
  const files = going.filter(({ installer }) => installer === true);
  const line = virshLine('delete', subject, {
    deletion: {
      running,
      managedSave,
      nvram: plan.nvram !== null,
      tpm: plan.tpm,
      snapshots: plan.snapshots > 0,
      checkpoints: plan.checkpoints > 0,
      disks,
    },
  });
  const prefix = virshPrefix(host);
  return [line, ...files.map(({ path }) => `${prefix} vol-delete ${shellQuote(path)}`)].join(' && ');
}
