export { checkCloudConfig, type CloudConfigProblem } from './check.ts';
export {
  emptyCloudInit,
  type CloudFile,
  type CloudInit,
  type CloudNic,
  type CloudUser,
  type PackageSource,
  type PuppetAgent,
} from './model.ts';
export { seedFiles, seedIso, type SeedFiles } from './seed.ts';
