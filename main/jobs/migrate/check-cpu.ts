import type { MigrateItem } from '../../contract/migrate.ts';
import { mended, ok, stop, warn, type Checked } from './check-items.ts';
import type { SourceFacts } from './source-facts.ts';

/** Whether the target can do what the guest was promised, or will be at its next start. */
export function checkCpu(checked: Checked): MigrateItem {
  const { input, source, target, offline } = checked;
  if (input.cpu !== null) return checkNewCpu(checked);
  const there = target.host.name;
  const reason = inBrackets(target.cpuReason);
  if (source.model.cpu.mode === 'host-passthrough')
    return offline
      ? ok('cpu', `From its next start on the guest sees the CPU of ${there}.`)
      : checkVeryCpu(checked);
  switch (target.cpu) {
    case 'identical':
    case 'superset':
      return ok('cpu', `The CPU of ${there} can do all that the guest was promised.`);
    case 'incompatible':
      return lacking(checked, `The CPU of ${there} lacks what the guest was promised${reason}.`);
    case 'unknown':
      return warn(
        'cpu',
        `Whether the CPU of ${there} can do what the guest was promised is not known${reason}.`,
      );
  }
}

/** libvirt compares nothing where the guest was promised all that its host has. */
function checkVeryCpu({ source, target }: Checked): MigrateItem {
  const [here, there] = [source.host.name, target.host.name];
  const sees = `The guest sees the very CPU of ${here}`;
  const [ours, theirs] = [source.hostCpu, target.hostCpu];
  if (ours === null || theirs === null)
    return warn('cpu', `${sees}: whether that of ${there} is the same is not known.`);
  if (ours.identity === theirs.identity)
    return ok('cpu', `${sees}, and that of ${there} is the same (${ours.model}).`);
  const models = ours.model === theirs.model ? '' : ` (${ours.model} here, ${theirs.model} there)`;
  return warn(
    'cpu',
    `${sees}, and that of ${there} is another one${models}: the guest may crash there.`,
    'It goes safely while it is off.',
  );
}

/** The CPU of one that runs stays as it is until it is off. */
function lacking({ source, target, offline }: Checked, message: string): MigrateItem {
  const model = target.sharedCpu?.baseline?.model;
  const { name } = source.model;
  if (model === undefined)
    return stop('cpu', message, `Give ${name} a CPU model that both hosts have, and start it anew.`);
  const found = stop(
    'cpu',
    message,
    offline
      ? `Move it with the CPU that both hosts have, of the model ${model}: --cpu baseline`
      : `The CPU changes only while ${name} is off: shut it down, then move it with the one that both hosts have, of the model ${model}: --cpu baseline`,
  );
  return mended(
    found,
    offline || canShutDown(source) ? { kind: 'cpu', model, shutDown: !offline } : undefined,
  );
}

/** And is still there to be moved then. What its TPM holds moves only while it runs. */
function canShutDown({ state, persistent, model: { tpm } }: SourceFacts): boolean {
  return state === 'running' && persistent && tpm === null;
}

function checkNewCpu({ source, target, offline }: Checked): MigrateItem {
  const both = `${source.host.name} and ${target.host.name}`;
  const { name } = source.model;
  if (target.newCpu === null)
    return stop(
      'cpu',
      `${both} have no CPU in common, or do not tell which.`,
      'Name a model, or leave the CPU as it is.',
    );
  const { model } = target.newCpu;
  if (!offline)
    return mended(
      stop('cpu', `${name} runs: its CPU changes only while it is off.`, 'Shut it down first.'),
      canShutDown(source) ? { kind: 'cpu', model, shutDown: true } : undefined,
    );
  if (target.cpu === 'incompatible' || target.cpu === 'unknown')
    return stop(
      'cpu',
      `${target.host.name} cannot give ${name} the CPU ${model}${inBrackets(target.cpuReason)}.`,
      'Choose another one, or leave the CPU as it is.',
    );
  return ok(
    'cpu',
    `From its next start on ${name} has the CPU ${model}, which ${target.host.name} can give.`,
  );
}

function inBrackets(reason: string | null): string {
  return reason === null ? '' : ` (${reason})`;
}
