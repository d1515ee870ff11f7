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
  | 'delete';

const SUBCOMMAND: Record<DomainAction, (name: string) => string> = {
  start: (name) => `start ${name}`,
  startPaused: (name) => `start ${name} --paused`,
  shutdown: (name) => `shutdown ${name} --mode acpi`,
  reboot: (name) => `reboot ${name} --mode acpi`,
  reset: (name) => `reset ${name}`,
  destroy: (name) => `destroy ${name}`,
  suspend: (name) => `suspend ${name}`,
  resume: (name) => `resume ${name}`,
  save: (name) => `managedsave ${name}`,
  restore: (name) => `start ${name}`,
  discardSaved: (name) => `managedsave-remove ${name}`,
  autostartOn: (name) => `autostart ${name}`,
  autostartOff: (name) => `autostart ${name} --disable`,
  delete: (name) => `undefine ${name} --managed-save --nvram --snapshots-metadata --checkpoints-metadata`,
};

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The same action as a line for a shell: `virsh -c qemu+ssh://… start web-01`. */
export function virshLine(action: DomainAction, uri: string, name: string): string {
  return `virsh -c ${shellQuote(uri)} ${SUBCOMMAND[action](shellQuote(name))}`;
}
