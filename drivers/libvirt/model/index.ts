export { backupXml, readBackup, type BackupTarget } from './backup-xml.ts';
export { overlaySnapshotXml, readOverlaySnapshot, type SnapshotOverlay } from './snapshot-xml.ts';
export { readCapabilities, type CapabilitiesModel, type GuestCapability } from './capabilities.ts';
export { AGENT_CHANNEL, type CharacterModel } from './character.ts';
export type * from './devices.ts';
export { DISK_DEVICES, type DiskDevice, type DiskHost, type DiskModel, type DiskSource } from './disk.ts';
export {
  readDomainCapabilities,
  type CapabilityChoice,
  type DomainCapabilitiesModel,
} from './domain-capabilities.ts';
export { readDomain, type DomainModel } from './domain.ts';
export type { FilesystemModel } from './filesystem.ts';
export type { GraphicsListen, GraphicsModel } from './graphics.ts';
export type { NicModel } from './nic.ts';
export { OWN_METADATA, OWN_PREFIX, ownMetadata, type OwnMetadata } from './own-metadata.ts';
export type { CpuModel, LoaderModel, OsModel } from './os.ts';
export {
  readPool,
  readPoolSources,
  readVolume,
  type PoolModel,
  type PoolSourceModel,
  type VolumeModel,
} from './storage.ts';
export {
  poolXml,
  secretXml,
  sourceSpecXml,
  volumeXml,
  type PoolDefinition,
  type SecretDefinition,
  type VolumeDefinition,
} from './storage-xml.ts';
