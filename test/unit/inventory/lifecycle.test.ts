import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as events from '../../../drivers/libvirt/constants/domain-events.ts';
import * as states from '../../../drivers/libvirt/constants/domain-state.ts';
import { DOMAIN_STATES } from '../../../main/contract/domain.ts';
import { readLifecycle } from '../../../main/inventory/lifecycle.ts';
import { isActive, stateFromWire } from '../../../main/inventory/states.ts';

const DETAILS: [event: keyof typeof events.virDomainEventType, details: Readonly<Record<string, number>>][] =
  [
    ['VIR_DOMAIN_EVENT_DEFINED', events.virDomainEventDefinedDetailType],
    ['VIR_DOMAIN_EVENT_UNDEFINED', events.virDomainEventUndefinedDetailType],
    ['VIR_DOMAIN_EVENT_STARTED', events.virDomainEventStartedDetailType],
    ['VIR_DOMAIN_EVENT_SUSPENDED', events.virDomainEventSuspendedDetailType],
    ['VIR_DOMAIN_EVENT_RESUMED', events.virDomainEventResumedDetailType],
    ['VIR_DOMAIN_EVENT_STOPPED', events.virDomainEventStoppedDetailType],
    ['VIR_DOMAIN_EVENT_SHUTDOWN', events.virDomainEventShutdownDetailType],
    ['VIR_DOMAIN_EVENT_PMSUSPENDED', events.virDomainEventPMSuspendedDetailType],
    ['VIR_DOMAIN_EVENT_CRASHED', events.virDomainEventCrashedDetailType],
  ];

for (const [event, details] of DETAILS) {
  for (const [name, detail] of Object.entries(details)) {
    test(`${name} has libvirt's name and number`, () => {
      const told = readLifecycle(events.virDomainEventType[event], detail);
      assert.equal(`${event}_${told.detail.toUpperCase()}`, name);
      assert.equal(`VIR_DOMAIN_EVENT_${told.event.toUpperCase()}`, event);
    });
  }
}

test('events say the state at once', () => {
  const effect = (event: number, detail: number) => readLifecycle(event, detail).effect;
  assert.deepEqual(effect(2, 0), { kind: 'state', state: 'running', reason: 'booted' });
  assert.deepEqual(effect(3, 2), { kind: 'state', state: 'paused', reason: 'ioerror' });
  assert.deepEqual(effect(5, 1), { kind: 'state', state: 'shutoff', reason: 'destroyed' });
  assert.deepEqual(effect(1, 0), { kind: 'undefined' });
  assert.deepEqual(effect(1, 1), { kind: 'reread' });
  assert.deepEqual(effect(8, 1), { kind: 'none' });
});

test('an event of a newer libvirt makes the machine be read again', () => {
  assert.deepEqual(readLifecycle(99, 0).effect, { kind: 'reread' });
  assert.deepEqual(readLifecycle(2, 99).effect, { kind: 'reread' });
});

test('what is bad for a machine stands out', () => {
  assert.equal(readLifecycle(3, 2).severity, 'error');
  assert.equal(readLifecycle(5, 2).severity, 'error');
  assert.equal(readLifecycle(3, 3).severity, 'warning');
  assert.equal(readLifecycle(5, 0).severity, 'info');
});

const REASONS: [prefix: string, table: Readonly<Record<string, number>>][] = [
  ['VIR_DOMAIN_RUNNING_', states.virDomainRunningReason],
  ['VIR_DOMAIN_PAUSED_', states.virDomainPausedReason],
  ['VIR_DOMAIN_SHUTDOWN_', states.virDomainShutdownReason],
  ['VIR_DOMAIN_SHUTOFF_', states.virDomainShutoffReason],
  ['VIR_DOMAIN_CRASHED_', states.virDomainCrashedReason],
];

for (const [prefix, table] of REASONS) {
  test(`reasons of ${prefix.slice(11, -1).toLowerCase()} have libvirt's names and numbers`, () => {
    const state = DOMAIN_STATES.indexOf(prefix.slice(11, -1).toLowerCase() as (typeof DOMAIN_STATES)[number]);
    for (const [name, reason] of Object.entries(table))
      assert.equal(`${prefix}${stateFromWire(state, reason).reason.toUpperCase()}`, name);
  });
}

test('numbers of a newer libvirt are unknown, not wrong', () => {
  assert.deepEqual(stateFromWire(99, 0), { state: 'nostate', reason: 'unknown' });
  assert.deepEqual(stateFromWire(1, 99), { state: 'running', reason: 'unknown' });
});

test('a machine has a process in every state but off', () => {
  assert.deepEqual(
    DOMAIN_STATES.filter((state) => !isActive(state)),
    ['nostate', 'shutoff'],
  );
});
