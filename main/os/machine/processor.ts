import type { DomainCapabilitiesModel } from '../../../drivers/libvirt/model/index.ts';
import type { Choice } from '../../contract/machine-choices.ts';
import type { MachineSpec } from '../../contract/machine-spec.ts';
import type { ChoicesInput } from './input.ts';
import { choicesOf } from './offers.ts';
import type { MachineTarget } from './target.ts';

const MODES = ['host-passthrough', 'host-model', 'maximum', 'custom', 'default'] as const;

/** Libvirt's names, each after those that it needs. */
const ENLIGHTENMENTS = [
  'relaxed',
  'vapic',
  'spinlocks',
  'vpindex',
  'runtime',
  'synic',
  'stimer',
  'frequencies',
  'tlbflush',
  'ipi',
] as const;
const NEEDED: Readonly<Record<string, string>> = {
  synic: 'vpindex',
  stimer: 'synic',
  tlbflush: 'vpindex',
  ipi: 'vpindex',
};
/** What every libvirt and KVM had before domain capabilities listed them. */
const OLDEST = ['relaxed', 'vapic', 'spinlocks'];

export function cpuModeChoices({ target, domainCapabilities, hostName }: ChoicesInput): Choice[] {
  const offered = domainCapabilities.cpuModes.map(({ mode }) => mode);
  return choicesOf(MODES, (mode) => {
    if (mode === 'default' || offered.includes(mode)) return null;
    return mode.startsWith('host-') && target.virtType === 'qemu'
      ? 'An emulated machine has no CPU of the host.'
      : `${hostName} does not offer it.`;
  });
}

export function cpuModelChoices({ domainCapabilities, hostName }: ChoicesInput): Choice[] {
  const models = domainCapabilities.cpuModes.flatMap((mode) => mode.models).slice(0, 512);
  const usable = new Map(models.map((model) => [model.name, model.usable]));
  return choicesOf([...usable.keys()], (name) =>
    usable.get(name) === true ? null : `The CPU of ${hostName} lacks features of it.`,
  );
}

/** Enlightenments are KVM's: the few that are listed for emulation make nothing faster. */
export function hypervChoices({ target, domainCapabilities, hostName }: ChoicesInput): Choice[] {
  const listed = domainCapabilities.features.get('hyperv');
  const offered = new Set(listed === undefined ? OLDEST : (listed.enums.get('features') ?? []));
  const lacks = (name: string): boolean => {
    const needed = NEEDED[name];
    return !offered.has(name) || (needed !== undefined && lacks(needed));
  };
  return choicesOf(ENLIGHTENMENTS, (name) => {
    if (target.virtType === 'qemu') return 'An emulated machine gains nothing by it.';
    return lacks(name) ? `${hostName} does not offer it.` : null;
  });
}

/** virtinst's order: the host's own CPU where such a guest can still move, else the nearest model that the host is sure of. */
export function defaultCpu(
  { virtType }: MachineTarget,
  capabilities: DomainCapabilitiesModel,
): Pick<MachineSpec['cpu'], 'mode' | 'model'> {
  const offers = (mode: string): boolean => capabilities.cpuModes.some((offered) => offered.mode === mode);
  const plain = (mode: MachineSpec['cpu']['mode']): Pick<MachineSpec['cpu'], 'mode' | 'model'> => ({
    mode,
    model: null,
  });
  if (virtType === 'qemu') return plain(offers('maximum') ? 'maximum' : 'default');
  const { passthroughMigratable, hostModel } = capabilities;
  if (offers('host-passthrough') && passthroughMigratable === true) return plain('host-passthrough');
  if (offers('host-model') && hostModel?.exact === true) return plain('host-model');
  const usable = capabilities.cpuModes.flatMap(({ models }) => models).filter((model) => model.usable);
  if (hostModel !== null && usable.some(({ name }) => name === hostModel.name))
    return { mode: 'custom', model: hostModel.name };
  return plain(offers('host-passthrough') ? 'host-passthrough' : 'default');
}
