import type { Backend } from '../../../main/contract/balancer.ts';
import type { CloudInit, PackageSource } from '../../../main/contract/cloud-init.ts';
import type { MachineSpec } from '../../../main/contract/machine-spec.ts';
import { NO_CONTAINER, type ContainerForm } from './container-input.ts';
import { NO_LIVE, type LiveForm } from './live-input.ts';
import { diskFilesOf, NO_SAVED, type SavedForm } from './saved-input.ts';
import type { SecretField } from './secrets.ts';

export const SOURCES = [
  'cloudImage',
  'iso',
  'tree',
  'disk',
  'network',
  'container',
  'clonezilla',
  'diskFile',
  'live',
] as const;
export type SourceKind = (typeof SOURCES)[number];

/** In place of a volume: the newest ones, fetched. */
export const STABLE_DRIVERS = 'stable';

export type MediumFrom = 'catalogue' | 'volume' | 'file' | 'url';

/** A volume, by its pool's UUID and its name. */
export interface VolumeRef {
  readonly pool: string;
  readonly name: string;
}

/** Where an ISO or an image comes from, with what was said of each way: changing one's mind loses nothing. */
export interface MediumForm {
  readonly from: MediumFrom;
  /** Id of an image of the catalogue; empty: none is chosen. */
  readonly catalogue: string;
  readonly volume: VolumeRef | null;
  /** Of the file of this computer; empty: none is chosen. The file itself is in `files.ts`. */
  readonly fileName: string;
  readonly url: string;
  readonly checksum: string;
  /** Where it is put; empty: where the first disk is. */
  readonly pool: string;
}

/** An installer's tree, as it is typed. */
export interface TreeForm {
  readonly url: string;
  readonly arguments: string;
  /** Where its kernel and initrd are meanwhile; empty: where the first disk is. */
  readonly pool: string;
}

/** What an installer is told, as it is typed. */
export interface AnswersForm {
  readonly on: boolean;
  /** Empty: the machine's name. */
  readonly hostname: string;
  readonly user: string;
  readonly fullName: string;
  readonly password: string;
  /** Of this computer, by their labels; null: all. */
  readonly keys: readonly string[] | null;
  /** Lines. */
  readonly moreKeys: string;
  /** Empty: this computer's. */
  readonly timezone: string;
  readonly locale: string;
  readonly keyboard: string;
  /** Apart by spaces or line breaks. */
  readonly packages: string;
  /** Empty: the tree's, or the system's own. */
  readonly mirror: string;
  /** Of Windows. */
  readonly language: string;
  readonly region: string;
  readonly edition: number | null;
  readonly productKey: string;
  readonly remoteDesktop: boolean;
}

/** What a cloud image is told, as it is typed. */
export interface FirstBootForm {
  readonly on: boolean;
  readonly template: string;
  /** What the load balancer's template stands in front of. */
  readonly backends: readonly Backend[];
  /** Empty: the machine's name. */
  readonly hostname: string;
  /** Null: as the image names it. */
  readonly user: string | null;
  /** Of this computer, by their labels; null: all. */
  readonly keys: readonly string[] | null;
  /** Lines. */
  readonly moreKeys: string;
  readonly password: string;
  readonly sshPasswords: boolean;
  readonly packageUpdate: boolean;
  /** Apart by spaces or line breaks. */
  readonly packages: string;
  readonly packageSources: readonly PackageSource[];
  /** Lines. */
  readonly commands: string;
  readonly files: CloudInit['files'];
  readonly timezone: string;
  readonly locale: string;
  readonly fixedAddress: boolean;
  readonly addresses: string;
  readonly gateway: string;
  readonly nameservers: string;
  readonly puppet: boolean;
  readonly puppetServer: string;
  readonly puppetEnvironment: string;
  readonly puppetInstall: 'packages' | 'aio';
  readonly yaml: string;
}

/** All that was said of the machine to be made. What nobody said follows from the source, the system and the host. */
export interface CreateForm {
  readonly host: string;
  readonly source: SourceKind;
  readonly iso: MediumForm;
  /** The CD of Windows' drivers; null: none. */
  readonly drivers: VolumeRef | typeof STABLE_DRIVERS | null;
  readonly image: MediumForm;
  readonly tree: TreeForm;
  readonly copy: boolean;
  /** Of a container's files. */
  readonly archive: MediumForm;
  readonly container: ContainerForm;
  /** Of a machine of iron. */
  readonly saved: SavedForm;
  /** Paths of the files that a machine's disks were saved to, in order; empty ones are not chosen yet. */
  readonly diskFiles: readonly string[];
  /** A machine that runs. */
  readonly live: LiveForm;
  /** The host's virt-v2v prepares the copy of a machine that there is already. */
  readonly virtV2v: boolean;
  /** The disk that has a system; null: none is chosen. */
  readonly disk: VolumeRef | null;
  /** Null: as it is recognised. */
  readonly os: string | null;
  readonly arch: string | null;
  readonly virtType: 'kvm' | 'qemu' | null;
  /** The network that was proposed, which stays while the form is open; null: none was yet. */
  readonly network: string | null;
  /** Null: made from the system. */
  readonly name: string | null;
  readonly count: number;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** A tag that is typed and not ended yet: it counts too. */
  readonly tagDraft: string;
  readonly start: boolean | null;
  readonly autostart: boolean;
  readonly firstBoot: FirstBootForm;
  readonly answers: AnswersForm;
  /** Fields of the machine that were changed, in place of what suits. */
  readonly edits: Partial<MachineSpec>;
  /** Edited by hand; null: made from the form. */
  readonly xml: string | null;
  /** What the fields made when that was read; null: it is not read yet, or cannot be. */
  readonly xmlBase: string | null;
  /** What that has and no field holds. */
  readonly xmlBeyond: readonly string[];
  /** What the fields said before the edit. */
  readonly xmlUndo: XmlFields | null;
  /** What they said when it was read. */
  readonly xmlRead: XmlFields | null;
  /** What the draft that it comes from was written without. */
  readonly forgotten: readonly SecretField[];
}

/** What edited XML changes of a form. */
export type XmlFields = Pick<CreateForm, 'name' | 'title' | 'description' | 'tags' | 'edits'>;

const NO_MEDIUM: MediumForm = {
  from: 'volume',
  catalogue: '',
  volume: null,
  fileName: '',
  url: '',
  checksum: '',
  pool: '',
};

export const EMPTY_FIRST_BOOT: FirstBootForm = {
  on: true,
  template: '',
  backends: [],
  hostname: '',
  user: null,
  keys: null,
  moreKeys: '',
  password: '',
  sshPasswords: false,
  packageUpdate: false,
  packages: '',
  packageSources: [],
  commands: '',
  files: [],
  timezone: '',
  locale: '',
  fixedAddress: false,
  addresses: '',
  gateway: '',
  nameservers: '',
  puppet: false,
  puppetServer: '',
  puppetEnvironment: '',
  puppetInstall: 'packages',
  yaml: '',
};

const NO_ANSWERS: AnswersForm = {
  on: false,
  hostname: '',
  user: '',
  fullName: '',
  password: '',
  keys: null,
  moreKeys: '',
  timezone: '',
  locale: 'en_US.UTF-8',
  keyboard: 'us',
  packages: '',
  mirror: '',
  language: 'en-US',
  region: 'en-US',
  edition: null,
  productKey: '',
  remoteDesktop: false,
};

/** `source`: on a host that makes containers alone that is `container`. */
export function newForm(host: string, source: SourceKind = 'cloudImage'): CreateForm {
  return {
    host,
    source,
    iso: NO_MEDIUM,
    drivers: null,
    image: { ...NO_MEDIUM, from: 'catalogue' },
    tree: { url: '', arguments: '', pool: '' },
    copy: false,
    archive: NO_MEDIUM,
    container: NO_CONTAINER,
    saved: NO_SAVED,
    diskFiles: [''],
    live: NO_LIVE,
    virtV2v: false,
    disk: null,
    os: null,
    arch: null,
    virtType: null,
    network: null,
    name: null,
    count: 1,
    title: '',
    description: '',
    tags: [],
    tagDraft: '',
    start: null,
    autostart: false,
    firstBoot: EMPTY_FIRST_BOOT,
    answers: NO_ANSWERS,
    edits: {},
    xml: null,
    xmlBase: null,
    xmlBeyond: [],
    xmlUndo: null,
    xmlRead: null,
    forgotten: [],
  };
}

/** Of a machine that there is already. */
export function isSaved(source: SourceKind): source is 'clonezilla' | 'diskFile' | 'live' {
  return source === 'clonezilla' || source === 'diskFile' || source === 'live';
}

/** The medium of the source that is chosen; null: it has none. */
export function mediumOf(form: CreateForm): MediumForm | null {
  if (form.source === 'iso') return form.iso;
  if (form.source === 'container') return form.container.root === 'template' ? form.archive : null;
  return form.source === 'cloudImage' ? form.image : null;
}

/** Is it said what the system comes from? Until then nothing else can be. */
export function isSourceChosen(form: CreateForm): boolean {
  if (form.source === 'network') return true;
  if (form.source === 'disk') return form.disk !== null;
  if (form.source === 'clonezilla') return form.saved.path.trim() !== '';
  if (form.source === 'diskFile') return diskFilesOf(form.diskFiles).length > 0;
  if (form.source === 'live') return form.live.looked !== null;
  if (form.source === 'tree') return isUrl(form.tree.url);
  if (form.source === 'container' && form.container.root !== 'template')
    return form.container.root === 'host' || form.container.folder.trim() !== '';
  const medium = mediumOf(form);
  switch (medium?.from) {
    case 'catalogue':
      return medium.catalogue !== '';
    case 'volume':
      return medium.volume !== null;
    case 'file':
      return medium.fileName !== '';
    case 'url':
      return isUrl(medium.url);
    case undefined:
      return false;
  }
}

export function isUrl(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}

/** What a change of the source or the system leaves of what was said of the machine: its size, as the rest belongs to the system. */
export function sizesAlone({ cpu, memory }: Partial<MachineSpec>): Partial<MachineSpec> {
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}
