import { parseXml, type XmlDocument } from '../../../drivers/xml/index.ts';
import { renewFirmware, setDisk } from '../clone/xml.ts';
import { setCpu } from './cpu.ts';

/** Where a disk is on the target. */
export interface MovedDisk {
  readonly target: string;
  readonly path: string;
  readonly format: string;
}

/** A CD that goes with it: its path here and there. A drive can name it by its pool and volume, too. */
export interface MovedCd {
  readonly target: string;
  readonly from: string;
  /** By their names; null: of an older job, it is not known. */
  readonly volume: { readonly pool: string; readonly name: string } | null;
  readonly path: string;
}

/** What differs on the target. */
export interface Moved {
  readonly disks: readonly MovedDisk[];
  /** Of a drive that has something else by now nothing is changed. */
  readonly media?: readonly MovedCd[];
  /** Networks and bridges by other names there: from, to. */
  readonly networks: Readonly<Record<string, string>>;
  /** The file of its firmware's variables, where that is another one. */
  readonly nvram?: string | null;
  /** What it is called, where that is something else. */
  readonly name?: string | null;
  /** `<cpu>` that it gets, where that is another one: only while it is off. */
  readonly cpu?: string | null;
}

export function movesNothing({ disks, media = [], networks }: Moved): boolean {
  return disks.length + media.length === 0 && Object.keys(networks).length === 0;
}

/**
 * A machine's definition as the target is to have it. Of one that runs only what the guest does not see is changed, else libvirt refuses
 * (virDomainDefCheckABIStability); what nobody named stays byte for byte. Pure.
 */
export function moveXml(
  xml: string,
  { disks, media = [], networks, nvram = null, name = null, cpu = null }: Moved,
): string {
  const document = parseXml(xml);
  for (const { target, path, format } of disks) setDisk(document, { target, type: 'file', path, format });
  for (const cd of media)
    if (holds(document, cd))
      setDisk(document, { target: cd.target, type: 'file', path: cd.path, format: 'raw' });
  for (const nic of document.root.findAll('devices/interface'))
    for (const source of nic.findAll('source'))
      for (const attribute of ['network', 'bridge', 'dev'] as const)
        rename(document, { source, attribute }, networks);
  const named = document.root.find('name');
  if (name !== null && named !== null) document.setText(named, name);
  if (cpu !== null) setCpu(document, cpu);
  if (nvram !== null) renewFirmware(document, nvram);
  return document.toString();
}

/** By its path, or by its pool and volume. */
function holds({ root }: XmlDocument, { target, from, volume }: MovedCd): boolean {
  const drive = root.findAll('devices/disk').find((one) => one.attributeAt('target', 'dev') === target);
  const source = drive?.find('source') ?? null;
  if (source === null) return false;
  if (source.attribute('file') === from) return true;
  const { pool, name } = volume ?? {};
  return name !== undefined && source.attribute('pool') === pool && source.attribute('volume') === name;
}

function rename(
  document: XmlDocument,
  { source, attribute }: { source: Parameters<XmlDocument['setAttribute']>[0]; attribute: string },
  networks: Moved['networks'],
): void {
  const before = source.attribute(attribute);
  // The first that is there names it: a network of a running machine has the bridge it came to beside its name.
  if (before === null || (attribute !== 'network' && source.attribute('network') !== null)) return;
  const after = Object.hasOwn(networks, before) ? networks[before] : undefined;
  if (after === undefined) return;
  document.setAttribute(source, attribute, after);
  if (attribute !== 'network') return;
  for (const other of ['bridge', 'portid', 'portgroup']) document.removeAttribute(source, other);
}
