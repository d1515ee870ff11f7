import assert from 'node:assert/strict';
import test from 'node:test';
import { virNetworkUpdateCommand } from '../../drivers/libvirt/constants/network.ts';

// Its name ends like the sentinels of libvirt's enums, and it is none (libvirt-network.h).
test('VIR_NETWORK_UPDATE_COMMAND_ADD_LAST is among the constants', () => {
  assert.equal(Object.entries(virNetworkUpdateCommand).find(([name]) => name.endsWith('_ADD_LAST'))?.[1], 3);
});
