/** What can be done to a machine from a menu: the names of the contract's methods of `domain`. */
export type DomainAction =
  | 'start'
  | 'startPaused'
  | 'shutdown'
  | 'reboot'
  | 'reset'
  | 'destroy'
  | 'suspend'
  | 'resume'
  | 'save'
  | 'restore'
  | 'discardSaved'
  | 'autostartOn'
  | 'autostartOff'
  | 'keepTemplate'
  | 'releaseTemplate'
  | 'delete';

/** The machine and the way to it, as a line for a shell names them. */
export interface VirshSubject {
  /** libvirt's URI of the host. */
  uri: string;
  /** The key file that is saved for the host. */
  keyFile?: string | null | undefined;
  name: string;
  uuid: string;
}

export interface VirshOptions {
  /** How the guest is asked to shut down or to reboot; left out: libvirt chooses. */
  mode?: 'acpi' | 'agent';
  /** The machine sleeps (`pmsuspended`): resuming it means waking it. */
  asleep?: boolean;
  /** What goes with a deleted machine. Left out: all that an undefine can take along. */
  deletion?: VirshDeletion;
}

export interface VirshDeletion {
  running: boolean;
  managedSave: boolean;
  nvram: boolean;
  tpm: boolean;
  snapshots: boolean;
  checkpoints: boolean;
  /** Targets (`vda`) of the disks whose volumes go. */
  disks: readonly string[];
}

const EVERYTHING: VirshDeletion = {
  running: false,
  managedSave: true,
  nvram: true,
  tpm: false,
  snapshots: true,
  checkpoints: true,
  disks: [],
};

/** Where the mark of a template is (drivers/libvirt/model/own-metadata.ts). */
const TEMPLATE = 'metadata --uri urn:virtlane:template --config';

/** Subcommands, one after another, without the machine's name: it follows the first word. */
function subcommands(action: DomainAction, options: VirshOptions): string[] {
  const mode = options.mode === undefined ? '' : ` --mode ${options.mode}`;
  switch (action) {
    case 'startPaused':
      return ['start --paused'];
    case 'restore':
      return ['start'];
    case 'shutdown':
    case 'reboot':
      return [`${action}${mode}`];
    case 'resume':
      return [options.asleep === true ? 'dompmwakeup' : 'resume'];
    case 'save':
      return ['managedsave'];
    case 'discardSaved':
      return ['managedsave-remove'];
    case 'autostartOn':
      return ['autostart'];
    case 'autostartOff':
      return ['autostart --disable'];
    case 'keepTemplate':
      return [`${TEMPLATE} --key virtlane --set '<template/>'`, 'autostart --disable'];
    case 'releaseTemplate':
      return [`${TEMPLATE} --remove`];
    case 'delete': {
      const deletion = options.deletion ?? EVERYTHING;
      return [...(deletion.running ? ['destroy'] : []), undefine(deletion)];
    }
    case 'start':
    case 'reset':
    case 'destroy':
    case 'suspend':
      return [action];
  }
}

/** Only the flags that apply: some drivers refuse the others. */
function undefine({ managedSave, nvram, tpm, snapshots, checkpoints, disks }: VirshDeletion): string {
  return [
    'undefine',
    ...(managedSave ? ['--managed-save'] : []),
    ...(nvram ? ['--nvram'] : []),
    ...(tpm ? ['--tpm'] : []),
    ...(snapshots ? ['--snapshots-metadata'] : []),
    ...(checkpoints ? ['--checkpoints-metadata'] : []),
    ...(disks.length === 0 ? [] : [`--storage ${shellQuote(disks.join(','))}`]),
  ].join(' ');
}

/**
 * How virsh finds just this machine: it takes digits for the number of a running machine and 36 characters for a UUID before it thinks
 * of a name (virshLookupDomainInternal), and what begins with a dash for an option.
 */
export function virshMachine({ name, uuid }: VirshSubject): string {
  const mistaken = /^\s*\+?\d+$/.test(name) || name.startsWith('-') || name.length === 36;
  return shellQuote(mistaken ? uuid : name);
}

function uriWord({ uri, keyFile }: Pick<VirshSubject, 'uri' | 'keyFile'>): string {
  if (keyFile === undefined || keyFile === null || /[?&]keyfile=/.test(uri)) return shellQuote(uri);
  const escaped = keyFile.replaceAll(/[%&;#?+\s]/g, (c) => encodeURIComponent(c));
  return shellQuote(`${uri}${uri.includes('?') ? '&' : '?'}keyfile=${escaped}`);
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What every line of the host begins with: `virsh -c qemu+ssh://…`. */
export function virshPrefix(subject: Pick<VirshSubject, 'uri' | 'keyFile'>): string {
  return `virsh -c ${uriWord(subject)}`;
}

/** What follows the prefix, for each of the action's commands in turn: `start web-01`. */
export function virshCommands(
  action: DomainAction,
  subject: VirshSubject,
  options: VirshOptions = {},
): string[] {
  const machine = virshMachine(subject);
  return subcommands(action, options).map((line) => {
    const [verb = '', ...flags] = line.split(' ');
    return [verb, machine, ...flags].join(' ');
  });
}

/** The same action as a line for a shell: `virsh -c qemu+ssh://… start web-01`. */
export function virshLine(action: DomainAction, subject: VirshSubject, options: VirshOptions = {}): string {
  const prefix = virshPrefix(subject);
  return virshCommands(action, subject, options)
    .map((command) => `${prefix} ${command}`)
    .join(' && ');
}
