import * as z from './zod.ts';

/** A value that a field of the machine can have; null: the host offers it, else why not. */
export const choice = z.object({ value: z.string(), unavailable: z.string().nullable() });
export type Choice = z.infer<typeof choice>;

const choices = z.array(choice).max(512);
/** Null: can be switched on; else why not. */
const lacking = z.string().nullable();

/**
 * What the fields of a `machineSpec` may be for one architecture, machine type and kind of virtualization on one host. What the host does not
 * offer stays in the lists, with the reason: a person who looks for it should learn why it is missing.
 */
export const machineChoices = z.object({
  virtType: choices,
  /** Names that stay when QEMU gets newer, first; then those of one version. */
  machine: choices,
  firmware: choices,
  cpuMode: choices,
  /** Of the mode `custom`. */
  cpuModel: choices,
  diskBus: choices,
  nicModel: choices,
  graphics: choices,
  video: choices,
  sound: choices,
  usb: choices,
  watchdog: choices,
  tpmModel: choices,
  hyperv: choices,
  secureBoot: lacking,
  tpm: lacking,
  rng: lacking,
  /** Memory of virtiofs and vhost-user. */
  hugepages: lacking,
  sharedMemory: lacking,
  maxVcpus: z.number().int().nullable(),
});
export type MachineChoices = z.infer<typeof machineChoices>;
