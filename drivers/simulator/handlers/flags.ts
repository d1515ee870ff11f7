import * as constants from '../../libvirt/constants/index.ts';
import { LibvirtError } from '../../rpc/errors.ts';
import type { FailureOrigin } from '../failures.ts';

const {
  virConnectGetAllDomainStatsFlags: stats,
  virConnectListAllDomainsFlags: domains,
  virConnectListAllNetworksFlags: networks,
  virConnectListAllStoragePoolsFlags: pools,
  virDomainCreateFlags: create,
  virDomainDestroyFlagsValues: destroy,
  virDomainGetHostnameFlags: hostname,
  virDomainUndefineFlagsValues: undefine,
} = constants;

const all = (table: Readonly<Record<string, number>>): number =>
  Object.values(table).reduce((mask, bit) => mask | bit, 0);

const LIVE_OR_CONFIG = 3;
const STARTS =
  create.VIR_DOMAIN_START_PAUSED | create.VIR_DOMAIN_START_AUTODESTROY | create.VIR_DOMAIN_START_RESET_NVRAM;
/** Of the machines' list only the groups of active, persistent and state choose whose figures are told. */
const STATS_FILTERS = 0xff;

type Row = readonly [mask: number, from: string, origin?: FailureOrigin];

/** What virCheckFlags of libvirt 9's drivers lets pass, and the function that says so. */
const KNOWN: Readonly<Record<string, Row>> = {
  connectListAllDomains: [all(domains), 'qemuConnectListAllDomains'],
  connectGetAllDomainStats: [STATS_FILTERS | all(stats), 'qemuConnectGetAllDomainStats'],
  connectListAllStoragePools: [all(pools), 'storageConnectListAllStoragePools', 'VIR_FROM_STORAGE'],
  connectListAllNetworks: [all(networks), 'networkConnectListAllNetworks', 'VIR_FROM_NETWORK'],
  networkGetXmlDesc: [all(constants.virNetworkXMLFlags), 'networkGetXMLDesc', 'VIR_FROM_NETWORK'],
  networkDefineXmlFlags: [all(constants.virNetworkDefineFlags), 'networkDefineXMLFlags', 'VIR_FROM_NETWORK'],
  networkUpdate: [all(constants.virNetworkUpdateFlags), 'networkUpdate', 'VIR_FROM_NETWORK'],
  networkGetDhcpLeases: [0, 'networkGetDHCPLeases', 'VIR_FROM_NETWORK'],
  domainCreateWithFlags: [
    STARTS | create.VIR_DOMAIN_START_BYPASS_CACHE | create.VIR_DOMAIN_START_FORCE_BOOT,
    'qemuDomainCreateWithFlags',
  ],
  domainCreateXml: [STARTS | create.VIR_DOMAIN_START_VALIDATE, 'qemuDomainCreateXML'],
  domainDefineXmlFlags: [all(constants.virDomainDefineFlags), 'qemuDomainDefineXMLFlags'],
  domainUndefineFlags: [all(undefine), 'qemuDomainUndefineFlags'],
  domainShutdownFlags: [3, 'qemuDomainShutdownFlags'],
  domainReboot: [3, 'qemuDomainReboot'],
  domainReset: [0, 'qemuDomainReset'],
  domainDestroyFlags: [destroy.VIR_DOMAIN_DESTROY_GRACEFUL, 'qemuDomainDestroyFlags'],
  domainGetXmlDesc: [all(constants.virDomainXMLFlags), 'qemuDomainGetXMLDesc'],
  domainManagedSave: [7, 'qemuDomainManagedSave'],
  domainHasManagedSaveImage: [0, 'qemuDomainHasManagedSaveImage'],
  domainManagedSaveRemove: [0, 'qemuDomainManagedSaveRemove'],
  domainGetState: [0, 'qemuDomainGetState'],
  domainGetControlInfo: [0, 'qemuDomainGetControlInfo'],
  domainGetVcpusFlags: [all(constants.virDomainVcpuFlags) & 0xf, 'qemuDomainGetVcpusFlags'],
  domainSetMemoryFlags: [all(constants.virDomainMemoryModFlags), 'qemuDomainSetMemoryFlags'],
  domainUpdateDeviceFlags: [LIVE_OR_CONFIG, 'qemuDomainUpdateDeviceFlags'],
  domainSetMemoryStatsPeriod: [LIVE_OR_CONFIG, 'qemuDomainSetMemoryStatsPeriod'],
  domainInterfaceAddresses: [0, 'qemuDomainInterfaceAddresses'],
  domainGetTime: [0, 'qemuDomainGetTime'],
  domainGetHostname: [all(hostname), 'qemuDomainGetHostname'],
  domainGetGuestInfo: [0, 'qemuDomainGetGuestInfo'],
  domainListAllSnapshots: [all(constants.virDomainSnapshotListFlags), 'qemuDomainListAllSnapshots'],
  domainGetMetadata: [LIVE_OR_CONFIG, 'virDomainObjGetMetadata', 'VIR_FROM_DOMAIN'],
  domainSetMetadata: [LIVE_OR_CONFIG, 'qemuDomainSetMetadata'],
  domainGetJobStats: [all(constants.virDomainGetJobStatsFlags), 'qemuDomainGetJobStats'],
  domainMemoryStats: [0, 'qemuDomainMemoryStats'],
  domainGetDiskErrors: [0, 'qemuDomainGetDiskErrors'],
  domainGetBlockInfo: [0, 'qemuDomainGetBlockInfo'],
  storageVolDelete: [0, 'virStorageBackendVolDeleteLocal', 'VIR_FROM_STORAGE'],
};

/** @throws {LibvirtError} VIR_ERR_INVALID_ARG for a flag that libvirt's driver does not know in this call */
export function checkFlags(name: string, args: unknown): void {
  const row = KNOWN[name];
  if (row === undefined || typeof args !== 'object' || args === null || !('flags' in args)) return;
  const [mask, from, domain = 'VIR_FROM_QEMU'] = row;
  const unknown = (Number(args.flags) & ~mask) >>> 0;
  if (unknown === 0) return;
  throw new LibvirtError({
    code: 'VIR_ERR_INVALID_ARG',
    domain,
    message: `unsupported flags (0x${unknown.toString(16)}) in function ${from}`,
    str1: from,
    str2: 'flags',
  });
}
