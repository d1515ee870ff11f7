import type { MigrateItem } from '../../contract/migrate.ts';
import { versionText } from '../../hosts/host-info.ts';
import { checkCpu } from './check-cpu.ts';
import { checkDevices } from './check-devices.ts';
import { checkHosts } from './check-host.ts';
import { checkManner } from './check-manner.ts';
import { isLeftBehind } from '../../inventory/states.ts';
import { ok, stop, warn, type Checked } from './check-items.ts';
import type { SourceFacts } from './source-facts.ts';
import type { TargetFacts } from './target-facts.ts';

/** What speaks for and against the move, each with its reason. Pure: facts of one moment, which the step asks again where it decides. */
export function checkMigration(checked: Checked): MigrateItem[] {
  const host = checkHost(checked);
  // Of a host that is the same nothing else needs to be said.
  if (host.level === 'stop') return [host];
  return [
    host,
    ...checkIdentity(checked),
    checkState(checked),
    ...checkHypervisor(checked),
    checkCpu(checked),
    checkMemory(checked),
    ...checkHosts(checked),
    ...checkDevices(checked),
    ...checkManner(checked),
    checkRoute(checked),
  ];
}

function checkHost({ source, target }: Checked): MigrateItem {
  const [here, there] = [source.host.name, target.host.name];
  if (source.host.id === target.host.id || (source.uuid !== null && source.uuid === target.uuid))
    return stop(
      'host',
      here === there ? `It is on ${here} already.` : `${here} and ${there} are the same host.`,
      'Choose another host.',
    );
  if (isDemo(source) !== isDemo(target))
    return stop('host', `One of ${here} and ${there} is of the demo.`, 'Choose another host.');
  return source.uuid === null || target.uuid === null
    ? warn('host', `Whether ${here} and ${there} are two hosts cannot be known.`)
    : ok('host', `${here} and ${there} are two hosts.`);
}

function isDemo({ host }: Pick<SourceFacts, 'host'>): boolean {
  return host.uri.startsWith('demo:');
}

function checkIdentity({ input, source, target }: Checked): MigrateItem[] {
  const name = input.name ?? source.model.name;
  const there = target.host.name;
  const { sameUuid, sameName } = target;
  if (sameUuid !== null)
    return [
      stop(
        'machine',
        sameUuid.active
          ? `${there} has ${sameUuid.name}, which runs and has the same UUID: it may be this machine itself.`
          : `${there} has a definition of ${sameUuid.name} with the same UUID, left from an earlier move or made by hand.`,
        sameUuid.active
          ? `Find out which of the two is the right one, and force the other off.`
          : `Delete it on ${there} and keep its disks, if it is not needed: virtlane delete ${there}/${sameUuid.name}`,
      ),
    ];
  if (sameName !== null)
    return [stop('name', `${there} has another machine ${name} already.`, 'Rename one of the two.')];
  return [ok('name', `The name ${name} is free on ${there}.`)];
}

function checkState({ source, offline, copiedTo }: Checked): MigrateItem {
  const { name } = source.model;
  if (copiedTo !== null)
    return stop('state', `${name} is being copied to ${copiedTo}.`, 'Wait until it is over, or cancel it.');
  if (source.template === true)
    return stop(
      'state',
      `${name} is a template, and stays where it is: disks of other machines may lie on its disks.`,
      'Make a machine from it, or make it a machine again.',
    );
  if (source.blockJobs.length > 0)
    return stop(
      'state',
      `Something is being done to ${source.blockJobs.join(', ')} of ${name}.`,
      'Wait until it is over.',
    );
  if (source.snapshots > 0)
    return stop(
      'snapshots',
      `${name} has ${source.snapshots === 1 ? 'a snapshot' : `${source.snapshots} snapshots`}, and libvirt moves no machine with one.`,
      'Delete the snapshots first.',
    );
  if (source.checkpoints > 0)
    return stop('snapshots', `${name} has checkpoints, which cannot go with it.`, 'Delete them first.');
  const { runsOn = null } = source;
  if (offline && runsOn !== null)
    return stop(
      'state',
      `${name} runs on ${runsOn}: what is off on ${source.host.name} is a definition that an earlier move left, or that was made by hand.`,
      `Move the one on ${runsOn}, or delete the definition on ${source.host.name} and keep its disks.`,
    );
  if (offline && source.saved)
    return stop('state', `${name} has a saved state, which stays behind.`, 'Restore it, or discard it.');
  if (source.state === 'pmsuspended' || source.state === 'crashed' || source.state === 'shutdown')
    return stop('state', `${name} sleeps, is shutting down or has crashed.`, 'Wake it, or force it off.');
  if (isLeftBehind(source))
    return stop(
      'state',
      `A migration has left ${name} paused on ${source.host.name}: it may run elsewhere.`,
      'Find out which host has it: Resume asks every other one.',
    );
  if (!source.persistent) return warn('state', `${name} has no definition, and gets one on its new host.`);
  if (source.state === 'paused') return ok('state', `${name} is paused, and stays paused.`);
  return ok('state', offline ? `${name} is off: its definition goes.` : `${name} runs, and goes on running.`);
}

function checkHypervisor({ source, target }: Checked): MigrateItem[] {
  const there = target.host.name;
  const { model } = source;
  if (source.hypervisor !== 'QEMU' || target.hypervisor !== 'QEMU')
    return [
      stop(
        'hypervisor',
        `${source.host.name} runs ${source.hypervisor}, ${there} runs ${target.hypervisor}: only machines of QEMU move.`,
        'Choose a host of QEMU.',
      ),
    ];
  const { arch, type } = model.os;
  const guest = target.capabilities.guests.find((one) => one.arch === arch && one.osType === type);
  if (guest === undefined || !guest.domainTypes.includes(model.virtType))
    return [
      stop('hypervisor', `${there} runs no ${arch} machines by ${model.virtType}.`, 'Choose another host.'),
    ];
  const { machine } = model.os;
  const knows = guest.machines.some(({ name, canonical }) => name === machine || canonical === machine);
  return [
    ...(machine === null || knows
      ? [ok('machineType', `${there} knows the machine type ${machine ?? 'of its default'}.`)]
      : [
          stop(
            'machineType',
            `${there} does not know the machine type ${machine}.`,
            `Install a QEMU on ${there} that is not older.`,
          ),
        ]),
    checkVersions(source, target),
  ];
}

function checkVersions(source: SourceFacts, target: TargetFacts): MigrateItem {
  const older = (what: string, here: number, there: number): string[] =>
    there < here ? [`${what} ${versionText(BigInt(there))} there, ${versionText(BigInt(here))} here`] : [];
  const found = [
    ...older('libvirt', source.libvirt, target.libvirt),
    ...older('QEMU', source.emulator, target.emulator),
  ];
  if (found.length === 0) return ok('version', `libvirt and QEMU of ${target.host.name} are not older.`);
  return warn(
    'version',
    `${target.host.name} is older (${found.join('; ')}): it may refuse the machine.`,
    'If it refuses, the machine stays where it is.',
  );
}

function checkMemory({ source, target, offline }: Checked): MigrateItem {
  const there = target.host.name;
  const needs = source.model.memoryKiB * 1.1;
  if (target.memory === null) return warn('memory', `How much memory ${there} has is not known.`);
  const mib = (kib: number): string => `${Math.round(kib / 1024)} MiB`;
  if (source.model.memoryKiB > target.memory.totalKiB)
    return stop(
      'memory',
      `${there} has ${mib(target.memory.totalKiB)} of memory, the machine ${mib(source.model.memoryKiB)}.`,
      'Choose another host.',
    );
  if (!offline && needs > target.memory.freeKiB)
    return warn(
      'memory',
      `${there} has ${mib(target.memory.freeKiB)} of memory free, the machine needs ${mib(needs)}.`,
    );
  return ok('memory', `${there} has memory enough.`);
}

function checkRoute({ source, target, via, offline, fallsBack, input }: Checked): MigrateItem {
  const [here, there] = [source.host.name, target.host.name];
  if (via === 'none') return ok('route', 'Only the definition goes.');
  if (offline)
    return ok('route', 'The disks go through this computer, and are read back there and compared.');
  if (via === 'relay')
    return ok(
      'route',
      `The data goes through this computer: ${here} and ${there} need not reach each other.`,
    );
  const by = input.drive === 'tunnel' ? 'by the link of their libvirtds' : 'on ports from 49152 on';
  const ports = `The data goes from ${here} to ${there}, ${by}; whether they reach each other there shows when it begins.`;
  if (fallsBack) return warn('route', ports, 'If they do not, it goes through this computer.');
  return warn('route', ports, 'If they do not, the machine stays where it is.');
}
