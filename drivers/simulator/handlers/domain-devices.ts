import { parseXml } from '../../xml/index.ts';
import { readNic } from '../../libvirt/model/nic.ts';
import { failure } from '../failures.ts';
import type { Handlers } from './table.ts';

/** Changes of devices while a machine runs: the network that a card is plugged into. */
export const domainDeviceHandlers: Handlers = {
  domainUpdateDeviceFlags: ({ dom, xml }, { host }) => {
    const machine = host.machine(dom);
    machine.requireActive();
    const wanted = readNic(parseXml(xml).root);
    const nic = machine.spec.nics.find(({ mac }) => mac === wanted.mac);
    if (nic === undefined)
      throw failure('VIR_ERR_INVALID_ARG', `device not present in domain configuration: ${wanted.mac}`);
    const network = host.networks.byName(wanted.source ?? '');
    host.networks.requireActive(network);
    nic.network = network.name;
  },
};
