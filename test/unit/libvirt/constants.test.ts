import assert from 'node:assert/strict';
import test from 'node:test';
import * as constants from '../../../drivers/libvirt/constants/index.ts';
import { domainEventNames } from '../../../drivers/libvirt/domain-events.ts';
import { remoteProgram } from '../../../drivers/libvirt/protocol/programs.ts';
import { errorDomainName, errorName, LibvirtError } from '../../../drivers/rpc/errors.ts';

test('well-known values are those of the headers', () => {
  assert.equal(constants.virDomainState.VIR_DOMAIN_SHUTOFF, 5);
  assert.equal(constants.virConnectGetAllDomainStatsFlags.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT, 1 << 29);
  assert.equal(constants.virDomainMigrateFlags.VIR_MIGRATE_LIVE, 1);
  assert.equal(constants.virErrorNumber.VIR_ERR_NO_DOMAIN, 42);
  assert.equal(constants.virMigrateParam.VIR_MIGRATE_PARAM_URI, 'migrate_uri');
});

test('every constant is under a name of libvirt and fits a flag word or is a text', () => {
  for (const [group, table] of Object.entries(constants)) {
    for (const [name, value] of Object.entries(table)) {
      assert.match(name, /^VIR_/, group);
      if (typeof value === 'number')
        assert.ok(Number.isInteger(value) && value >= -2147483648 && value < 2 ** 32, name);
      else assert.equal(typeof value, 'string', name);
    }
  }
});

test('codes and domains are named, unknown ones by their number', () => {
  assert.deepEqual(
    [errorName(42), errorName(99999), errorDomainName(10), errorDomainName(-3)],
    ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_99999', 'VIR_FROM_QEMU', 'VIR_FROM_-3'],
  );
});

test('an error of an unknown code keeps its number', () => {
  assert.equal(new LibvirtError({ code: errorName(99999), message: 'new' }).codeNumber, 99999);
});

test('every registered domain event is an event of the table with a callback number', () => {
  for (const name of Object.values(domainEventNames)) {
    const { shape } = remoteProgram.procedures[name].msg;
    assert.ok(shape.kind === 'struct' && shape.fields[0]?.[0] === 'callbackId', name);
  }
});
