import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import {
  virConnectBaselineCPUFlags as BASELINE,
  virConnectCompareCPUFlags as COMPARE,
} from '../../../drivers/libvirt/constants/connect.ts';

import { readDomainCapabilities } from '../../../drivers/libvirt/model/index.ts';
import { LibvirtError, type CallOptions } from '../../../drivers/rpc/errors.ts';
import { parseXml, type NewElement, type XmlDocument, type XmlElement } from '../../../drivers/xml/index.ts';
import type { MigrateInput } from '../../contract/migrate.ts';
import { orElse } from '../delete/volumes.ts';
import type { SourceFacts } from './source-facts.ts';

/** virCPUCompareResult, or why it is not known. */
export type CpuMatch = 'identical' | 'superset' | 'incompatible' | 'unknown';

/** `<cpu>`, and the model that it names. */
export interface NamedCpu {
  readonly model: string;
  readonly xml: string;
}

/** What both hosts can give a guest of the machine's kind. */
export interface SharedCpu {
  /** What both have (virConnectBaselineHypervisorCPU of their host-models); null: they have nothing in common, or do not tell. */
  readonly baseline: NamedCpu | null;
  /** Models that both can give wholly. */
  readonly models: readonly string[];
}

export interface CpuFacts {
  /** Of what the definition is to have, else of what it has. */
  readonly cpu: CpuMatch;
  /** libvirt's reason for `incompatible` and `unknown`. */
  readonly cpuReason: string | null;
  /** Asked only where the CPU does not fit, or another one is wished for. */
  readonly sharedCpu: SharedCpu | null;
  /** What the definition gets, as it is wished for; null: it stays as it is. */
  readonly newCpu: NamedCpu | null;
}

interface Clients {
  readonly source: LibvirtClient;
  readonly target: LibvirtClient;
}

/** What `MigrateInput.cpu` means where it is no model's name. */
const BASELINE_OF_BOTH = 'baseline';

/** Compares what the guest has, or is to have, with what the target can, and looks for what both can where that is not enough. */
export async function readCpu(
  { source, target }: Clients,
  facts: SourceFacts,
  wished: MigrateInput['cpu'],
  options: CallOptions,
): Promise<CpuFacts> {
  const shared = () => readSharedCpu({ source, target }, facts, options);
  if (wished === null) {
    const found = await compareCpu(target, facts, facts.cpuXml, options);
    const sharedCpu = found.cpu === 'incompatible' ? await shared() : null;
    return { ...found, sharedCpu, newCpu: null };
  }
  const sharedCpu = await shared();
  const newCpu = wished === BASELINE_OF_BOTH ? sharedCpu.baseline : modelCpu(wished);
  const given = newCpu === null ? facts.cpuXml : givenCpu(facts.cpuXml, newCpu);
  return { ...(await compareCpu(target, facts, given, options)), sharedCpu, newCpu };
}

const MATCHES: readonly CpuMatch[] = ['incompatible', 'identical', 'superset'];

async function compareCpu(
  client: LibvirtClient,
  { model }: SourceFacts,
  cpuXml: string | null,
  options: CallOptions,
): Promise<Pick<CpuFacts, 'cpu' | 'cpuReason'>> {
  if (cpuXml === null) return { cpu: 'superset', cpuReason: null };
  // So that it says what is missing.
  const flags = COMPARE.VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE;
  const args = { ...kindOf(model), xmlCpu: cpuXml, flags };
  try {
    const { result } = await client.remote.connectCompareHypervisorCpu(args, options);
    return { cpu: MATCHES[result] ?? 'unknown', cpuReason: null };
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    const isLess = error.code === 'VIR_ERR_CPU_INCOMPATIBLE';
    return {
      cpu: isLess ? 'incompatible' : 'unknown',
      cpuReason: isLess ? missing(error.message) : error.message,
    };
  }
}

/** What libvirt names of it (virCPUx86Compare), else its whole sentence. */
function missing(message: string): string {
  return /does not provide required features: (.+)$/.exec(message)?.[1] ?? message;
}

function kindOf({ os: { arch }, virtType }: SourceFacts['model']) {
  return { emulator: null, arch, machine: null, virttype: virtType };
}

async function readSharedCpu(
  { source, target }: Clients,
  { model }: SourceFacts,
  options: CallOptions,
): Promise<SharedCpu> {
  const { emulator, ...kind } = kindOf(model);
  const args = { emulatorbin: emulator, ...kind, flags: 0 };
  const replies = await Promise.all(
    [source, target].map((client) => orElse(client.remote.connectGetDomainCapabilities(args, options), null)),
  );
  const [here, there] = replies.map((reply) => reply?.capabilities ?? null);
  if (here === null || here === undefined || there === null || there === undefined)
    return { baseline: null, models: [] };
  const usable = usableModels(there);
  const xmlCpus = [here, there].flatMap((xml) => hostModelXml(xml) ?? []);
  return {
    baseline: xmlCpus.length < 2 ? null : await readBaseline(target, { ...kindOf(model), xmlCpus }, options),
    models: [...usableModels(here)].filter((name) => usable.has(name)).toSorted(),
  };
}

async function readBaseline(
  { remote }: LibvirtClient,
  asked: ReturnType<typeof kindOf> & { readonly xmlCpus: string[] },
  options: CallOptions,
): Promise<SharedCpu['baseline']> {
  const flags = BASELINE.VIR_CONNECT_BASELINE_CPU_MIGRATABLE;
  const reply = await orElse(remote.connectBaselineHypervisorCpu({ ...asked, flags }, options), null);
  if (reply === null) return null;
  const model = parseXml(reply.cpu).root.textAt('model');
  return model === null ? null : { model, xml: reply.cpu };
}

/** Of the emulator and of KVM not every model can be given wholly. */
function usableModels(capabilities: string): Set<string> {
  const custom = readDomainCapabilities(capabilities).cpuModes.find(({ mode }) => mode === 'custom');
  return new Set(custom?.models.flatMap(({ name, usable }) => (usable ? [name] : [])) ?? []);
}

/** What `host-model` stands for, as a CPU of its own (vshExtractCPUDefXMLs); null: the host has none. */
export function hostModelXml(capabilities: string): string | null {
  const { root, text } = parseXml(capabilities);
  const mode = root.findAll('cpu/mode').find((one) => one.attribute('name') === 'host-model');
  if (mode === undefined || mode.attribute('supported') !== 'yes') return null;
  return `<cpu>${mode.children.map(({ start, end }) => text.slice(start, end)).join('')}</cpu>`;
}

function modelCpu(model: string): NamedCpu {
  const document = parseXml(`<cpu mode='custom' match='exact' check='partial'/>`);
  document.append(document.root, { name: 'model', attributes: { fallback: 'forbid' }, text: model });
  return { model, xml: document.toString() };
}

/** What says which CPU it is; its topology, NUMA cells and what a person has turned off by name stay. */
const IDENTITY = new Set(['model', 'vendor', 'feature']);
const TURNED_OFF = new Set(['disable', 'forbid']);

/** Gives a definition the CPU. */
export function setCpu(document: XmlDocument, cpuXml: string): void {
  const wanted = parseXml(cpuXml).root;
  const attributes = Object.fromEntries(wanted.attributes);
  const cpu = document.root.find('cpu');
  if (cpu === null) {
    const os = document.root.find('os');
    const added = { name: 'cpu', attributes, children: wanted.children.map(copyOf) };
    if (os === null) document.append(document.root, added);
    else document.insertAfter(os, added);
    return;
  }
  for (const name of cpu.attributes.keys()) document.removeAttribute(cpu, name);
  for (const [name, value] of Object.entries(attributes)) document.setAttribute(cpu, name, value);
  const named = new Set(wanted.findAll('feature').map((feature) => feature.attribute('name')));
  for (const child of cpu.children) {
    const isOff = TURNED_OFF.has(child.attribute('policy') ?? '') && !named.has(child.attribute('name'));
    const isIdentity = IDENTITY.has(child.name) && !isOff;
    // Only the host's own CPU may be passed through.
    if (isIdentity || child.attribute('mode') === 'passthrough') document.remove(child);
  }
  for (const child of wanted.children) document.append(cpu, copyOf(child));
}

/** `<cpu>` of a definition once it has got the CPU: what stays of its own counts, too. */
function givenCpu(own: string | null, { xml }: NamedCpu): string {
  const document = parseXml(`<domain>${own ?? ''}</domain>`);
  setCpu(document, xml);
  const { root, text } = parseXml(document.toString());
  const cpu = root.find('cpu');
  return cpu === null ? xml : text.slice(cpu.start, cpu.end);
}

function copyOf({ name, attributes, children, text }: XmlElement): NewElement {
  return {
    name,
    attributes: Object.fromEntries(attributes),
    ...(children.length === 0 ? { text: text.trim() } : { children: children.map(copyOf) }),
  };
}
