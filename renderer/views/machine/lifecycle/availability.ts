import type { Domain } from '../../../../main/contract/domain.ts';
import type { Host } from '../../../../main/contract/host.ts';
import { virshLine, type DomainAction } from '../../../../main/contract/virsh.ts';

/** A line of a machine's menu: the contract's actions, and the two that can also ask the guest's agent. */
export type ActionId = DomainAction | 'shutdownAgent' | 'rebootAgent';

/** Why a line cannot be chosen now: the last part of an i18n key. */
export type DisabledReason =
  | 'hostAway'
  | 'running'
  | 'notRunning'
  | 'paused'
  | 'notPaused'
  | 'asleep'
  | 'noSavedState'
  | 'transient'
  | 'alreadyOn'
  | 'alreadyOff';

/** In the order of the menu. */
export const ACTION_IDS: readonly ActionId[] = [
  'start',
  'startPaused',
  'restore',
  'discardSaved',
  'resume',
  'suspend',
  'shutdown',
  'shutdownAgent',
  'reboot',
  'rebootAgent',
  'save',
  'reset',
  'destroy',
  'autostartOn',
  'autostartOff',
  'delete',
];

/** What destroys something that cannot be had back: these ask first and say what is lost. */
export const DANGEROUS: ReadonlySet<ActionId> = new Set(['reset', 'destroy', 'discardSaved', 'delete']);

export function isActive(domain: Domain): boolean {
  return domain.id !== null;
}

function needsGuest(domain: Domain): DisabledReason | null {
  if (!isActive(domain)) return 'notRunning';
  if (domain.state === 'paused') return 'paused';
  return domain.state === 'pmsuspended' ? 'asleep' : null;
}

/** Null when the action can be asked for now. The host decides in the end: its refusal is shown in its own words. */
export function whyDisabled(action: ActionId, domain: Domain, hostConnected: boolean): DisabledReason | null {
  if (!hostConnected) return 'hostAway';
  const active = isActive(domain);
  switch (action) {
    case 'start':
    case 'startPaused':
      return active ? 'running' : null;
    case 'restore':
    case 'discardSaved':
      if (!domain.managedSave) return 'noSavedState';
      return active ? 'running' : null;
    case 'shutdown':
    case 'shutdownAgent':
    case 'reboot':
    case 'rebootAgent':
    case 'suspend':
      return needsGuest(domain);
    case 'resume':
      return domain.state === 'paused' ? null : 'notPaused';
    case 'save':
      if (!active) return 'notRunning';
      return domain.persistent ? null : 'transient';
    case 'reset':
    case 'destroy':
      return active ? null : 'notRunning';
    case 'autostartOn':
      if (!domain.persistent) return 'transient';
      return domain.autostart ? 'alreadyOn' : null;
    case 'autostartOff':
      return domain.autostart ? null : 'alreadyOff';
    case 'delete':
      return domain.persistent ? null : 'transient';
  }
}

/**
 * Whether the host has shown what an action was for; `domain` is undefined when the machine is gone. Null: nothing will be shown, the
 * host's answer is all there is (a reboot changes no state).
 */
export function isShown(action: ActionId, domain: Domain | undefined): boolean | null {
  if (action === 'delete') return domain === undefined;
  if (domain === undefined) return true;
  switch (action) {
    case 'start':
    case 'startPaused':
    case 'restore':
      return isActive(domain);
    case 'shutdown':
    case 'shutdownAgent':
    case 'destroy':
    case 'save':
      return !isActive(domain);
    case 'suspend':
      return domain.state === 'paused';
    case 'resume':
      return domain.state !== 'paused';
    case 'discardSaved':
      return !domain.managedSave;
    case 'autostartOn':
      return domain.autostart;
    case 'autostartOff':
      return !domain.autostart;
    case 'reboot':
    case 'rebootAgent':
    case 'reset':
      return null;
  }
}

/** The action as a line for a shell: what this window asks for, in virsh's words. */
export function virshLineOf(action: ActionId, host: Pick<Host, 'uri' | 'keyFile'>, domain: Domain): string {
  const subject = { ...host, name: domain.name, uuid: domain.uuid };
  switch (action) {
    case 'shutdown':
    case 'reboot':
      return virshLine(action, subject, { mode: 'acpi' });
    case 'shutdownAgent':
      return virshLine('shutdown', subject, { mode: 'agent' });
    case 'rebootAgent':
      return virshLine('reboot', subject, { mode: 'agent' });
    case 'delete': {
      // Whether it has NVRAM, snapshots or checkpoints is not known before it is asked for.
      const all = { nvram: true, snapshots: true, checkpoints: true, disks: [] };
      const { managedSave } = domain;
      return virshLine(action, subject, { deletion: { ...all, managedSave, running: isActive(domain) } });
    }
    default:
      return virshLine(action, subject, { asleep: domain.state === 'pmsuspended' });
  }
}

/** The one action a machine's state calls for: the button beside Console. */
export function mainAction(domain: Domain): ActionId {
  if (!isActive(domain)) return domain.managedSave ? 'restore' : 'start';
  return domain.state === 'paused' ? 'resume' : 'shutdown';
}
