import type { Job } from '../../../../main/contract/activity.ts';
import type { Domain } from '../../../../main/contract/domain.ts';
import type { DomainAction } from '../../../../main/contract/virsh.ts';

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
  | 'saved'
  | 'noSavedState'
  | 'transient'
  | 'alreadyOn'
  | 'alreadyOff'
  | 'template'
  | 'noTemplate'
  | 'templateStays'
  | 'moving'
  | 'settling';

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
  'keepTemplate',
  'releaseTemplate',
  'delete',
];

/** What destroys something that cannot be had back: these ask first and say what is lost. */
export const DANGEROUS: ReadonlySet<ActionId> = new Set(['reset', 'destroy', 'discardSaved', 'delete']);

/** What interrupts what its guest does: these ask first too, wherever they are chosen. */
export const INTERRUPTING: ReadonlySet<ActionId> = new Set([
  'shutdown',
  'shutdownAgent',
  'reboot',
  'rebootAgent',
]);

export function isActive(domain: Domain): boolean {
  return domain.id !== null;
}

/** It has memory and does not run: paused, or put to sleep by its guest. */
function isHeld(domain: Domain): boolean {
  return domain.state === 'paused' || domain.state === 'pmsuspended';
}

function needsGuest(domain: Domain): DisabledReason | null {
  if (!isActive(domain)) return 'notRunning';
  if (domain.state === 'paused') return 'paused';
  return domain.state === 'pmsuspended' ? 'asleep' : null;
}

/** What makes a second copy of a machine that is on its way between hosts, or ends what may be its only one. */
const REFUSED_ON_ITS_WAY: ReadonlySet<ActionId> = new Set([
  'start',
  'startPaused',
  'restore',
  'resume',
  'save',
  'destroy',
  'keepTemplate',
  'delete',
]);

/** Why it cannot be chosen while a migration of the machine is not over (`state`: its job's; null: there is none), as the core refuses it too. */
export function whyMoving(action: ActionId, state: Job['state'] | null): DisabledReason | null {
  if (state === null || !REFUSED_ON_ITS_WAY.has(action)) return null;
  return state === 'running' ? 'moving' : 'settling';
}

/** A line of a machine's menu that opens a sheet. */
export type SheetId = 'fromTemplate' | 'clone' | 'migrate';

/** Why its sheet is of no use now; `state`: of its migration that is not over. */
export function whyNoSheet(
  sheet: SheetId,
  { template }: Pick<Domain, 'template'>,
  { connected, state }: { connected: boolean; state: Job['state'] | null },
): DisabledReason | null {
  if (sheet === 'fromTemplate') return template === true ? null : 'noTemplate';
  if (!connected) return 'hostAway';
  if (sheet === 'migrate' && template === true) return 'templateStays';
  if (state === null) return null;
  return state === 'running' ? 'moving' : 'settling';
}

/** Null when the action can be asked for now. The host decides in the end: its refusal is shown in its own words. */
export function whyDisabled(action: ActionId, domain: Domain, hostConnected: boolean): DisabledReason | null {
  if (!hostConnected) return 'hostAway';
  const active = isActive(domain);
  switch (action) {
    case 'start':
    case 'startPaused':
      if (active) return 'running';
      if (domain.template === true) return 'template';
      // libvirt's start would restore the saved state: that has an action of its own.
      return domain.managedSave ? 'saved' : null;
    case 'restore':
    case 'discardSaved':
      if (!domain.managedSave) return 'noSavedState';
      if (domain.template === true && action === 'restore') return 'template';
      return active ? 'running' : null;
    case 'shutdown':
    case 'shutdownAgent':
    case 'reboot':
    case 'rebootAgent':
    case 'suspend':
      return needsGuest(domain);
    case 'resume':
      return isHeld(domain) ? null : 'notPaused';
    case 'save':
      if (!active) return 'notRunning';
      return domain.persistent ? null : 'transient';
    case 'reset':
    case 'destroy':
      return active ? null : 'notRunning';
    case 'autostartOn':
      if (!domain.persistent) return 'transient';
      if (domain.template === true) return 'template';
      return domain.autostart ? 'alreadyOn' : null;
    case 'autostartOff':
      return domain.autostart ? null : 'alreadyOff';
    case 'keepTemplate':
      if (!domain.persistent) return 'transient';
      if (domain.template === true) return 'template';
      // Its question says how one that runs is shut down first.
      return domain.managedSave ? 'saved' : null;
    case 'releaseTemplate':
      return domain.template === true ? null : 'noTemplate';
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
      return !isHeld(domain);
    case 'discardSaved':
      return !domain.managedSave;
    case 'autostartOn':
      return domain.autostart;
    case 'autostartOff':
      return !domain.autostart;
    case 'keepTemplate':
      return domain.template === true;
    case 'releaseTemplate':
      return domain.template !== true;
    case 'reboot':
    case 'rebootAgent':
    case 'reset':
      return null;
  }
}

/** Reasons that the state itself tells: such a line is left out. */
const PLAIN: ReadonlySet<DisabledReason> = new Set([
  'running',
  'notRunning',
  'notPaused',
  'saved',
  'noSavedState',
  'alreadyOn',
  'alreadyOff',
  'template',
  'noTemplate',
]);

/** Whether a menu lists the action: when its state allows it, and where a person would look for it and must be told why not. */
export function isListed(action: ActionId, domain: Domain): boolean {
  const reason = whyDisabled(action, domain, true);
  if (reason === null) return true;
  if (reason === 'paused' || reason === 'asleep') return action === 'shutdown' || action === 'reboot';
  if (reason === 'transient') return action === 'save' || action === 'delete';
  return !PLAIN.has(reason);
}

/** What makes the machine run: the first of its buttons. */
function startAction(domain: Domain): ActionId {
  if (!isActive(domain)) return domain.managedSave ? 'restore' : 'start';
  return isHeld(domain) ? 'resume' : 'start';
}

/**
 * The buttons of a machine. Each keeps its place in every state, and one that makes no sense now is off in its place: a second click
 * means what the first one meant, or nothing.
 */
export function buttonActions(domain: Domain): readonly [ActionId, ActionId, ActionId] {
  return [startAction(domain), 'suspend', 'shutdown'];
}

/** The one button that stands out: what the state calls for. */
export function primaryButton(domain: Domain): ActionId | 'console' {
  return isActive(domain) && !isHeld(domain) ? 'console' : startAction(domain);
}
