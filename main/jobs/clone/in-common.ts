import { parseXml, type XmlElement } from '../../../drivers/xml/index.ts';
import type { CloneInput } from '../../contract/clone.ts';
import { choiceOf, heldDevices } from './choices.ts';
import type { CloneFacts } from './facts.ts';
import { SEPARATING } from './xml-places.ts';

/** Where a device listens that is a port of the host. */
const LISTENERS = ['serial', 'console', 'channel', 'parallel', 'redirdev', 'rng/backend'];
/** Kinds of what the firmware hands to the guest, which may be a secret. */
const HANDED: Readonly<Record<string, string>> = {
  'sysinfo/oemStrings/entry': 'OEM strings',
  'sysinfo/entry': 'fw_cfg',
};

/** What a clone has in common with the machine, and nobody can give it of its own; and what it does not get, since one machine has it. */
export function inCommonWarnings(input: CloneInput, facts: CloneFacts): string[] {
  const { root } = parseXml(facts.xml);
  return [
    ...deviceWarnings(root, input, facts),
    ...portWarnings(root, facts),
    ...diskWarnings(input, facts),
    ...socketWarnings(root, facts),
    ...toldWarnings(root, facts),
    ...labelWarnings(root, facts),
  ];
}

function deviceWarnings(
  root: XmlElement,
  { hostDevices }: CloneInput,
  { model, elsewhere }: CloneFacts,
): string[] {
  const found: string[] = [];
  if (root.find('devices/lease') !== null)
    found.push(`The leases of ${model.name} stay with it: the new machines have none.`);
  const held = hostDevices === 'keep' ? heldDevices(model) : [];
  const inputs = root.findAll('devices/input/source').flatMap((source) => {
    const path = source.attribute('dev') ?? source.attribute('evdev');
    return path === null ? [] : [{ type: 'input', address: path }];
  });
  for (const { type, address } of [...held, ...inputs])
    found.push(`The host’s device ${address ?? type} is one machine’s at a time.`);
  for (const { path, readonly } of model.filesystems)
    if (path !== null && !readonly)
      found.push(`The folder ${path} of the host is that of ${model.name}, too.`);
  if (elsewhere === null)
    for (const shared of root.findAll('devices/shmem'))
      found.push(
        `The shared memory ${shared.attribute('name')} is that of ${model.name}, too: both write into it.`,
      );
  return found;
}

/** On another host the ports are others. */
function portWarnings(root: XmlElement, { model, elsewhere }: CloneFacts): string[] {
  if (elsewhere !== null) return [];
  const devices = LISTENERS.flatMap((path) => root.findAll(`devices/${path}`));
  const bound = devices
    .flatMap((device) => device.findAll('source'))
    .filter((source) => source.attribute('mode') === 'bind')
    .map((source) => source.attribute('service'));
  const cards = root.findAll('devices/interface').flatMap((nic) => {
    if (nic.attribute('type') === 'server') return [nic.attributeAt('source', 'port')];
    return nic.attribute('type') === 'udp' ? [nic.attributeAt('source/local', 'port')] : [];
  });
  const listening = new Set([...bound, ...cards].filter((port) => port !== null));
  const forwarded = root
    .findAll('devices/interface/portForward/range')
    .filter((range) => range.attribute('exclude') !== 'yes')
    .map((range) => [range.attribute('start'), range.attribute('end')].filter(Boolean).join('–'));
  return [
    ...[...listening].map((port) => `A device listens on the port ${port}`),
    ...[...new Set(forwarded)].map((ports) => `A card forwards the port ${ports}`),
  ].map((what) => `${what} of the host, as that of ${model.name} does: one of them starts at a time.`);
}

/** A disk that both have is one disk, with one number. */
function diskWarnings(input: CloneInput, facts: CloneFacts): string[] {
  const { name, disks } = facts.model;
  const own = disks.filter(
    (disk) => disk.device === 'disk' && !['share', 'omit'].includes(choiceOf(input, disk, facts).way),
  );
  const listed = (has: (disk: (typeof own)[number]) => boolean): string =>
    own
      .filter(has)
      .map(({ target }) => target)
      .join(', ');
  const [numbered, worldwide] = [listed(({ serial }) => serial !== null), listed(({ wwn }) => wwn !== null)];
  const found: string[] = [];
  if (numbered !== '')
    found.push(
      `Serial numbers of disks (${numbered}) stay those of ${name}: a guest may find its disks by them.`,
    );
  if (worldwide !== '')
    found.push(
      `The World Wide Names of disks (${worldwide}) stay with ${name}: a guest that finds a disk by it must find it otherwise.`,
    );
  return found;
}

function socketWarnings(root: XmlElement, { model }: CloneFacts): string[] {
  const sockets = [
    ...root.findAll('devices/filesystem/source').map((source) => source.attribute('socket')),
    ...[...root.findAll('devices/disk'), ...root.findAll('devices/interface')]
      .filter((device) => device.attribute('type') === 'vhostuser')
      .map((device) => device.attributeAt('source', 'path')),
  ].filter((path) => path !== null);
  if (sockets.length === 0) return [];
  return [
    `At a socket of ${model.name} (${sockets.join(', ')}) a program of the host works for it: a new machine has a socket of its own, and needs a program there, too.`,
  ];
}

/** What is told to the guest, and to who looks after what it sends. */
function toldWarnings(root: XmlElement, { model }: CloneFacts): string[] {
  const { name, uuid } = model;
  const found: string[] = [];
  const numbers = ['system', 'baseBoard', 'chassis'].flatMap((table) =>
    root
      .findAll(`sysinfo/${table}/entry`)
      .filter((entry) => ['serial', 'asset'].includes(entry.attribute('name') ?? ''))
      // That of the system is then renewed with it.
      .filter((entry) => table !== 'system' || entry.text.trim().toLowerCase() !== uuid.toLowerCase())
      .map((entry) => `${table} ${entry.attribute('name')}`),
  );
  if (numbers.length > 0)
    found.push(
      `Numbers that the firmware tells (${numbers.join(', ')}) stay those of ${name}: who counts machines by them takes all for one.`,
    );
  for (const [path, what] of Object.entries(HANDED))
    if (root.find(path) !== null)
      found.push(
        `What the firmware hands to the guest (${what}) is that of ${name}, and so are secrets that are in it.`,
      );
  const parameters = root
    .findAll('devices/interface/filterref/parameter')
    .filter((parameter) => /^(?:ip|mac)/i.test(parameter.attribute('name') ?? ''))
    .map((parameter) => `${parameter.attribute('name')} ${parameter.attribute('value')}`);
  if (parameters.length > 0)
    found.push(
      `A filter lets a card through by the address of ${name} (${[...new Set(parameters)].join(', ')}): give the new machines’ theirs.`,
    );
  if (root.find('qemu:commandline') !== null)
    found.push(
      `The arguments for QEMU in the definition are those of ${name}: see that no file or port in them is one machine’s.`,
    );
  return found;
}

function labelWarnings(root: XmlElement, { model }: CloneFacts): string[] {
  return root
    .findAll('seclabel')
    .filter((label) => label.attribute('type') === 'static')
    .map((label) => {
      const by = label.attribute('model') ?? '';
      return SEPARATING.includes(by)
        ? `The fixed label of ${by} stays with ${model.name}: new machines get one of their own at each start, which keeps them apart.`
        : `A new machine runs under the fixed label of ${model.name} (${by} ${label.textAt('label') ?? ''}), as that does.`;
    });
}
