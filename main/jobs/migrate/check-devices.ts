import type { MigrateItem } from '../../contract/migrate.ts';
import { mended, ok, stop, warn, type Checked } from './check-items.ts';
import { poolsForDisks, type CopiedDisk } from './disks.ts';
import { nvramOf } from '../../storage/machine-files.ts';
import { networkName, networkSources } from './networks.ts';
import { poolOf } from './same-file.ts';

/** What of the machine's devices speaks for and against the move. */
export function checkDevices(checked: Checked): MigrateItem[] {
  return [
    ...checkFirmware(checked),
    ...checkHostDevices(checked),
    ...checkDisks(checked),
    ...checkMedia(checked),
    ...checkSpace(checked),
    ...checkNetworks(checked),
  ];
}

function checkFirmware({ source, target, offline }: Checked): MigrateItem[] {
  const { os, tpm } = source.model;
  const there = target.host.name;
  const found: MigrateItem[] = [];
  const loader = os.loader?.path ?? null;
  const known = target.domainCapabilities?.loaders ?? null;
  if (os.firmware === 'efi' && loader !== null)
    found.push(
      known === null || known.includes(loader)
        ? ok('firmware', `${there} has the firmware.`)
        : warn('firmware', `${there} does not tell of the firmware ${loader}.`, `Install it on ${there}.`),
    );
  if (offline && nvramOf(source.model) !== null)
    found.push(
      ok('firmware', 'The settings of the firmware (order of booting, keys of Secure Boot) are copied.'),
    );
  if (tpm === null) return found;
  if (tpm.backend === 'passthrough')
    found.push(stop('tpm', `The machine has the TPM of its host.`, 'Take it out first.'));
  else if (offline)
    found.push(
      stop('tpm', 'The contents of the TPM do not go with a machine that is off.', 'Start it first.'),
    );
  else if (
    target.domainCapabilities?.devices.get('tpm')?.enums.get('backendModel')?.includes('emulator') === false
  )
    found.push(stop('tpm', `${there} cannot emulate a TPM.`, `Install swtpm on ${there}.`));
  return found;
}

function checkHostDevices({ source }: Checked): MigrateItem[] {
  const { hostDevices, nics, filesystems } = source.model;
  const held = [
    ...hostDevices.map(({ address, type }) => address ?? type),
    ...nics.filter(({ type }) => type === 'hostdev').map(({ mac }) => mac),
    ...filesystems.map(() => 'a folder of the host'),
  ];
  if (held.length === 0) return [];
  const what = `The machine has what is its host’s: ${held.join(', ')}.`;
  return [stop('devices', what, 'Take it out first.')];
}

function checkDisks({ disks, backed, source, target, input, offline }: Checked): MigrateItem[] {
  const there = target.host.name;
  const found = disks.problems.map(({ message, remedy, fix }) => mended(stop('disks', message, remedy), fix));
  for (const { target: disk, base } of disks.copied) {
    if (base !== null) {
      found.push(
        warn(
          'disks',
          `Of ${disk} what was written since ${base.path} goes over: that ${there} has the very same bytes there is not looked at.`,
        ),
      );
      continue;
    }
    const backing = source.disks.find(({ model }) => model.target === disk)?.model.backing ?? [];
    if (offline && backed.has(disk))
      found.push(
        warn(
          'disks',
          `What ${disk} lies on is copied into it: on ${there} it is whole and takes more room, and so does a copy on ${source.host.name} for the time of the job.`,
        ),
      );
    else if (backing.length > 0)
      found.push(
        warn('disks', `What ${disk} lies on is copied into it: on ${there} it is whole and takes more room.`),
      );
  }
  const either = disks.shown.flatMap(({ target: disk, way }) => (way === 'either' ? [disk] : []));
  found.push(...disks.copied.flatMap((disk) => unprovenItem(disk, { input, source, target }) ?? []));
  if (either.length > 0)
    found.push({
      ...warn(
        'disks',
        `The pool on ${there} does not know ${either.join(', ')}, and looks through its folder again when the move begins: what is the same file there is not copied, all else is, where it can be.`,
        'Refresh the pool there to know it before.',
      ),
      later: true,
    });
  const shared = new Set(disks.shown.flatMap(({ target: disk, way }) => (way === 'shared' ? [disk] : [])));
  const unknown = offline || input.unsafe ? [] : notKnownAsShared(shared, { source, target });
  if (unknown.length > 0)
    found.push({
      ...warn(
        'disks',
        `Both hosts see the same file of ${unknown.join(', ')}. libvirt lets it go only where it knows the file system as shared, as NFS, CephFS, GFS2 and OCFS2, and the pool does not tell which it is; else it refuses the move as unsafe.`,
        'Where it does, and it is one storage all the same, say so (--unsafe); or let it be copied (--disk vda=copy).',
      ),
      fix: { kind: 'shared', targets: unknown },
    });
  else if (shared.size > 0 && !input.unsafe)
    found.push(
      ok(
        'disks',
        'Both hosts see the same file of each disk that is not copied; libvirt checks that it is safe.',
      ),
    );
  if (found.length === 0) found.push(ok('disks', copiedLine(disks.copied.length)));
  return [...found, ...disks.copied.flatMap((disk) => namedItem(disk, there) ?? [])];
}

/**
 * Of the disks that are not copied those that libvirt may refuse to leave where they are (qemuMigrationSrcIsSafe): files that are written to, whatever
 * their cache, on a file system that it does not know as shared. Of a pool of type netfs it does.
 */
function notKnownAsShared(
  shared: ReadonlySet<string>,
  { source: { disks, pools }, target }: Pick<Checked, 'source' | 'target'>,
): string[] {
  return disks.flatMap(({ model, path }) => {
    const isSeen = shared.has(model.target) && target.files.get(model.target) === 'same';
    if (!isSeen || path === null || model.source?.type !== 'file' || model.readonly) return [];
    const folder = path.slice(0, path.lastIndexOf('/'));
    return pools.some(({ type, path: at }) => type === 'netfs' && at === folder) ? [] : [model.target];
  });
}

/** Both hosts call the server of its folder the same, and show no one file: it may be two servers, or theirs; null: it is no such disk. */
function unprovenItem(
  { target: disk, source: path }: CopiedDisk,
  { input, source, target }: Pick<Checked, 'input' | 'source' | 'target'>,
): MigrateItem | null {
  const [here, there] = [poolOf(path, source.pools), poolOf(path, target.pools)];
  const isOfOneName =
    here?.type === 'netfs' && there?.type === 'netfs' && here.source !== null && here.source === there.source;
  if (!isOfOneName || input.disks.some(({ target: one, way }) => one === disk && way === 'copy')) return null;
  const item = warn(
    'disks',
    `${source.host.name} and ${target.host.name} have ${here.source} in one folder, and are not seen to have one file of ${disk}: it is copied.`,
    `Where it is one file, say so: share ${disk}, also where it cannot be seen (--disk ${disk}=share --unsafe).`,
  );
  return mended(item, { kind: 'disk', target: disk, way: 'share' });
}

/** What the copy's name says; null: it keeps its name. */
function namedItem({ source, pool, name, replaces }: CopiedDisk, there: string): MigrateItem | null {
  if (replaces !== null)
    return ok('disks', `${name} in ${pool.name} of ${there} is what it left there, and is replaced.`);
  const before = source.slice(source.lastIndexOf('/') + 1);
  if (name === before) return null;
  return ok(
    'disks',
    `${there} has another ${before} in ${pool.name}, or what is not known to be this machine’s: the copy is called ${name}.`,
  );
}

function copiedLine(count: number): string {
  if (count === 0) return 'It has no disk that would have to be copied.';
  return count === 1 ? 'Its disk is copied.' : `${count} disks are copied.`;
}

function checkMedia({ source, target, media }: Checked): MigrateItem[] {
  const there = target.host.name;
  return source.disks.flatMap(({ model, path }) => {
    if (model.device !== 'cdrom' && model.device !== 'floppy') return [];
    const carried = media.find((one) => one.target === model.target);
    if (carried !== undefined)
      return [ok('media', `${carried.source.name} was made for this machine, and goes with it.`)];
    const seen = target.files.get(model.target) ?? 'none';
    if (path === null || seen === 'same' || seen === 'other') return [];
    if (seen === 'unlooked')
      return [
        warn(
          'media',
          `The pool on ${there} does not know ${path}, which is in the drive ${model.target}, and looks through its folder again when the move begins.`,
          'Refresh the pool there to know before whether it has it.',
        ),
      ];
    const item = stop(
      'media',
      `${path} is in the drive ${model.target}, and is not on ${there}.`,
      `Eject it (--eject), or have the same file on ${there}.`,
    );
    return [mended(item, { kind: 'eject', target: model.target, path })];
  });
}

function checkSpace({ disks, target }: Checked): MigrateItem[] {
  const found: MigrateItem[] = [];
  for (const pool of new Set(disks.copied.map((disk) => disk.pool))) {
    const needs = disks.copied
      .filter((disk) => disk.pool === pool)
      .reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
    const free = pool.availableBytes;
    const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
    if (free !== null && needs > free)
      found.push(
        mended(
          warn(
            'space',
            `${pool.name} on ${target.host.name} has ${gib(free)} free, and the copied disks can grow to ${gib(needs)}.`,
            'Make room, or choose another pool.',
          ),
          poolsForDisks(target).length > 1 ? { kind: 'pool' } : undefined,
        ),
      );
    else found.push(ok('space', `${pool.name} on ${target.host.name} has room enough.`));
  }
  return found;
}

function checkNetworks({ source, target, offline, input }: Checked): MigrateItem[] {
  return networkSources(source).map(({ type, from }) => {
    const to = networkName(input, from);
    if (type === 'network' && target.networks?.get(to) === false)
      return inactiveNetwork({ there: target.host.name, from, name: to, offline });
    return mended(checkNetwork({ target, type, from, to }), { kind: 'network', from });
  });
}

/** What is off needs its network when it starts, and no sooner. */
function inactiveNetwork(asked: {
  readonly there: string;
  readonly from: string;
  readonly name: string;
  readonly offline: boolean;
}): MigrateItem {
  const { there, from, name, offline } = asked;
  const remedy = `Start it there: virtlane net start ${there}/${name}, or map it to another: --network ${from}=NAME`;
  const what = `The network ${name} on ${there} is not active`;
  const item = offline
    ? warn('networks', `${what}, and the machine needs it to start.`, remedy)
    : stop('networks', `${what}.`, remedy);
  return mended(item, { kind: 'startNetwork', name });
}

function checkNetwork(asked: {
  readonly target: Checked['target'];
  readonly type: string;
  readonly from: string;
  readonly to: string;
}): MigrateItem {
  const { target, type, from, to } = asked;
  const there = target.host.name;
  const other = `Map it to another: --network ${from}=NAME`;
  if (type !== 'network') {
    if (target.devices === null) return warn('networks', `Whether ${there} has ${to} is not known.`);
    return target.devices.has(to)
      ? ok('networks', `${there} has ${to}.`)
      : stop('networks', `${there} has no device ${to}.`, other);
  }
  return target.networks?.has(to) === true
    ? ok('networks', `${there} has the network ${to}.`)
    : stop('networks', `${there} has no network ${to}.`, other);
}
