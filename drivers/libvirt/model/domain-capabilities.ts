import type { XmlElement } from '../../xml/index.ts';
import { count, filled, flag, parseRoot } from './values.ts';

/** One thing a host can or cannot do, with what may be chosen for it: `enums.get('bus')` of `disk`. */
export interface CapabilityChoice {
  readonly supported: boolean;
  readonly enums: ReadonlyMap<string, readonly string[]>;
}

/** virConnectGetDomainCapabilities: what one emulator, architecture and machine type offer. */
export interface DomainCapabilitiesModel {
  readonly emulator: string | null;
  readonly virtType: string;
  readonly machine: string | null;
  readonly arch: string;
  readonly maxVcpus: number | null;
  /** What `<os firmware>` may be. */
  readonly firmwares: readonly string[];
  readonly loaders: readonly string[];
  readonly secureLoader: boolean;
  /** Supported modes of `<cpu>`; `models` only for `custom`. */
  readonly cpuModes: readonly {
    readonly mode: string;
    readonly models: readonly { readonly name: string; readonly usable: boolean }[];
  }[];
  /** A guest of host-passthrough can move to a host with the same CPU; null: libvirt before 6.10 does not say. */
  readonly passthroughMigratable: boolean | null;
  /** What `host-model` stands for; `exact`: the host is sure of it. */
  readonly hostModel: { readonly name: string; readonly exact: boolean } | null;
  /** Null: libvirt does not say. */
  readonly memoryBacking: CapabilityChoice | null;
  /** By the name of the device's element. */
  readonly devices: ReadonlyMap<string, CapabilityChoice>;
  readonly features: ReadonlyMap<string, CapabilityChoice>;
}

/** @throws {XmlError} when it is not XML, or not of domain capabilities */
export function readDomainCapabilities(xml: string): DomainCapabilitiesModel {
  const root = parseRoot(xml, 'domainCapabilities');
  const os = root.find('os');
  const loader = os?.find('loader') ?? null;
  const backing = root.find('memoryBacking');
  return {
    emulator: filled(root.textAt('path')),
    virtType: root.textAt('domain') ?? 'unknown',
    machine: filled(root.textAt('machine')),
    arch: root.textAt('arch') ?? 'unknown',
    maxVcpus: count(root.attributeAt('vcpu', 'max')),
    firmwares: os === null ? [] : (readChoice(os).enums.get('firmware') ?? []),
    loaders: loader === null ? [] : loader.findAll('value').map((value) => value.text.trim()),
    secureLoader: loader !== null && (readChoice(loader).enums.get('secure') ?? []).includes('yes'),
    cpuModes: root.findAll('cpu/mode').filter(isSupported).map(readMode),
    ...readHostCpu(root.findAll('cpu/mode')),
    memoryBacking: backing === null ? null : readChoice(backing),
    devices: readChoices(root.find('devices')),
    features: readChoices(root.find('features')),
  };
}

function isSupported(element: XmlElement): boolean {
  return flag(element.attribute('supported'));
}

function readHostCpu(
  modes: readonly XmlElement[],
): Pick<DomainCapabilitiesModel, 'passthroughMigratable' | 'hostModel'> {
  const called = (name: string): XmlElement | undefined =>
    modes.find((mode) => mode.attribute('name') === name);
  const passthrough = called('host-passthrough');
  const migratable = passthrough && readChoice(passthrough).enums.get('hostPassthroughMigratable');
  const model = called('host-model')?.find('model') ?? null;
  return {
    passthroughMigratable: migratable?.includes('on') ?? null,
    hostModel: model && { name: model.text.trim(), exact: model.attribute('fallback') === 'forbid' },
  };
}

function readMode(mode: XmlElement): DomainCapabilitiesModel['cpuModes'][number] {
  const name = mode.attribute('name') ?? 'unknown';
  const models = name === 'custom' ? mode.findAll('model') : [];
  return {
    mode: name,
    models: models.map((model) => ({ name: model.text.trim(), usable: flag(model.attribute('usable')) })),
  };
}

function readChoices(parent: XmlElement | null): ReadonlyMap<string, CapabilityChoice> {
  return new Map((parent?.children ?? []).map((child) => [child.name, readChoice(child)]));
}

function readChoice(element: XmlElement): CapabilityChoice {
  return {
    supported: isSupported(element),
    enums: new Map(
      element
        .findAll('enum')
        .map((choice) => [
          choice.attribute('name') ?? '',
          choice.findAll('value').map((value) => value.text.trim()),
        ]),
    ),
  };
}
