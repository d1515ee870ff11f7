import {
  virDomainGuestInfoTypes as info,
  virDomainInterfaceAddressesSource as source,
  virIPAddrType,
} from '../../libvirt/constants/index.ts';
import { param, type TypedParam } from '../../libvirt/typed-params.ts';
import { failure } from '../failures.ts';
import { GUEST_SYSTEMS } from '../fleet/spec.ts';
import type { HostState } from '../host/host-state.ts';
import { leaseOf } from '../host/leases.ts';
import type { Machine } from '../host/machine.ts';
import type { Handlers } from './table.ts';

const IPV4 = virIPAddrType.VIR_IP_ADDR_TYPE_IPV4;
const LOOPBACK = {
  name: 'lo',
  hwaddr: '00:00:00:00:00:00',
  addrs: [{ type: IPV4, addr: '127.0.0.1', prefix: 8 }],
};

/** Leases exist only on networks whose DHCP server is libvirt's, and only once the guest is up. */
export function leasedNics(host: HostState, machine: Machine) {
  if (!machine.isActive) return [];
  return machine.spec.nics.flatMap((nic, index) => {
    const lease = leaseOf(host.networks, nic);
    return lease === null ? [] : [{ ...nic, ...lease, target: machine.nicTargets[index] ?? '' }];
  });
}

function interfaces(host: HostState, machine: Machine, from: number) {
  const nics = machine.spec.nics.map((nic) => ({ ...nic, ...leaseOf(host.networks, nic) }));
  const address = (nic: { address: string; prefix: number }) => [
    { type: IPV4, addr: nic.address, prefix: nic.prefix },
  ];
  switch (from) {
    case source.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE:
      machine.requireActive();
      return leasedNics(host, machine).map((nic) => ({
        name: nic.target,
        hwaddr: nic.mac,
        addrs: address(nic),
      }));
    case source.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP:
      machine.requireActive();
      return nics.map((nic, index) => ({
        name: machine.nicTargets[index] ?? '',
        hwaddr: nic.mac,
        // ARP tells no prefix.
        addrs: [{ type: IPV4, addr: nic.address, prefix: 0 }],
      }));
    case source.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT: {
      machine.requireAgent();
      const { nic: first } = GUEST_SYSTEMS[machine.spec.os];
      return [
        LOOPBACK,
        ...nics.map((nic, index) => ({
          name: index === 0 ? first : `enp${index + 1}s0`,
          hwaddr: nic.mac,
          addrs: address(nic),
        })),
      ];
    }
    default:
      machine.requireActive();
      throw failure('VIR_ERR_ARGUMENT_UNSUPPORTED', `Unknown IP address data source ${from}`);
  }
}

function guestInfo(machine: Machine, types: number): TypedParam[] {
  machine.requireAgent();
  const wanted = types === 0 ? 0x7f : types;
  const system = GUEST_SYSTEMS[machine.spec.os];
  const params: TypedParam[] = [];
  if (wanted & info.VIR_DOMAIN_GUEST_INFO_USERS) params.push(param('user.count', 'uint', 0));
  if (wanted & info.VIR_DOMAIN_GUEST_INFO_OS)
    params.push(
      param('os.id', 'string', machine.spec.os === 'windows' ? 'mswindows' : machine.spec.os),
      param('os.pretty-name', 'string', system.name),
      param('os.kernel-release', 'string', system.kernel),
      param('os.machine', 'string', 'x86_64'),
    );
  if (wanted & info.VIR_DOMAIN_GUEST_INFO_TIMEZONE)
    params.push(param('timezone.name', 'string', 'UTC'), param('timezone.offset', 'int', 0));
  if (wanted & info.VIR_DOMAIN_GUEST_INFO_HOSTNAME)
    params.push(param('hostname', 'string', machine.spec.name));
  if (wanted & info.VIR_DOMAIN_GUEST_INFO_FILESYSTEM) params.push(...fileSystems(machine));
  return params;
}

function fileSystems(machine: Machine): TypedParam[] {
  const disks = machine.spec.disks.filter(({ device }) => device === 'disk');
  return [
    param('fs.count', 'uint', disks.length),
    ...disks.flatMap((disk, index) => [
      param(`fs.${index}.name`, 'string', `${disk.target}1`),
      param(`fs.${index}.mountpoint`, 'string', index === 0 ? '/' : `/srv/data${index}`),
      param(`fs.${index}.fstype`, 'string', machine.spec.os === 'windows' ? 'ntfs' : 'ext4'),
      param(`fs.${index}.total-bytes`, 'ullong', BigInt(disk.capacityBytes)),
      param(`fs.${index}.used-bytes`, 'ullong', BigInt(disk.allocationBytes)),
      param(`fs.${index}.disk.count`, 'uint', 1),
      param(`fs.${index}.disk.0.alias`, 'string', disk.target),
    ]),
  ];
}

/** What the guest says, by its agent or its leases. */
export const domainGuestHandlers: Handlers = {
  domainInterfaceAddresses: ({ dom, source: from }, { host }) => ({
    ifaces: interfaces(host, host.machine(dom), from),
  }),
  domainGetHostname: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireAgent();
    return { hostname: machine.spec.name };
  },
  domainGetGuestInfo: ({ dom, types }, { host }) => ({ params: guestInfo(host.machine(dom), types) }),
  domainGetFsinfo: ({ dom }, { host }) => {
    const machine = host.machine(dom);
    machine.requireAgent();
    const disks = machine.spec.disks.filter(({ device }) => device === 'disk');
    const found = disks.map((disk, index) => ({
      mountpoint: index === 0 ? '/' : `/srv/data${index}`,
      name: `${disk.target}1`,
      fstype: machine.spec.os === 'windows' ? 'ntfs' : 'ext4',
      devAliases: [disk.target],
    }));
    return { info: found, ret: found.length };
  },
};
