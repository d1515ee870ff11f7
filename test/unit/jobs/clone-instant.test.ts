import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import type { Exec } from '../../../drivers/transport/exec.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { backupStep } from '../../../main/jobs/clone/steps/backup.ts';
import { atOneInstant, type Consistency, type InstantNote } from '../../../main/jobs/clone/steps/instant.ts';
import type { StepContext } from '../../../main/jobs/engine/step.ts';
import { StepKinds } from '../../../main/jobs/engine/step-kinds.ts';
import { until } from '../../support/wait.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const dom = { name: 'web-1', uuid: new Uint8Array(16), id: 1 };

/** A host that runs programs so; undefined: none. */
function sessionWith(exec: Exec | undefined): HostSession {
  const commands = exec === undefined ? { exec, reason: 'by tcp' } : { exec };
  return { name: 'kvm-a', link: { commands } } as HostSession;
}

/** What is remarked when the agent says that it has frozen so many file systems; `freeze`: it is asked. */
async function remarked(frozen: number, freeze = true, thawed = frozen): Promise<string[]> {
  const remarks: string[] = [];
  const remote = {
    connectGetUri: () => Promise.resolve({ uri: 'qemu:///system' }),
    domainFsfreeze: () => Promise.resolve({ filesystems: frozen }),
    domainFsthaw: () => Promise.resolve({ filesystems: thawed }),
  };
  const step: Pick<StepContext, 'signal' | 'log' | 'note' | 'client' | 'session'> = {
    signal: new AbortController().signal,
    log: (text, as) => void (as === 'remark' && remarks.push(text)),
    note: () => Promise.resolve(),
    client: () => ({ remote }) as unknown as LibvirtClient,
    session: () => sessionWith(undefined),
  };
  await atOneInstant({ host: 'h', uuid: 'u', name: 'web-1', freeze }, step as StepContext, {
    dom,
    wait: { clock: new FakeClock() },
    begin: () => Promise.resolve(),
    isBegun: () => Promise.resolve(true),
  });
  return remarks;
}

/** What happens in order, on a host that answers the begin of its watch so. @param freeze how many file systems the agent says that it has frozen */
async function watched(
  stdout: string,
  { status = 0, freeze = () => Promise.resolve(1) }: { status?: number; freeze?: () => Promise<number> } = {},
): Promise<string[]> {
  const order: string[] = [];
  const did = async (what: string, filesystems = () => Promise.resolve(1)) => {
    order.push(what);
    return { filesystems: await filesystems() };
  };
  const remote = {
    connectGetUri: () => Promise.resolve({ uri: 'qemu:///system' }),
    domainFsfreeze: () => did('freeze', freeze),
    domainFsthaw: () => did('thaw'),
  };
  const step: Pick<StepContext, 'signal' | 'log' | 'note' | 'client' | 'session'> = {
    signal: new AbortController().signal,
    log: (text) => void (/thaw .* by itself/.test(text) && order.push('told')),
    note: () => Promise.resolve(),
    client: () => ({ remote }) as unknown as LibvirtClient,
    session: () =>
      sessionWith(async ([program, ...rest]) => {
        await did(program === 'rm' ? `${program} ${rest.at(-1)}` : `watch ${rest.slice(-2).join(' ')}`);
        return { status, stdout, stderr: 'there is no virsh' };
      }),
  };
  await atOneInstant({ host: 'h', uuid: 'u', name: 'web-1', freeze: true }, step as StepContext, {
    dom,
    wait: { clock: new FakeClock() },
    begin: () => did('begin'),
    isBegun: () => Promise.resolve(true),
  }).catch(() => order.push('failed'));
  return order;
}

test('the host watches before the guest is frozen, and is called off when it is thawed', async () => {
  const uuid = '00000000-0000-0000-0000-000000000000';
  const file = '/tmp/virtlane-thaw.Ab12Cd34';
  const began = `watch qemu:///system ${uuid}`;
  assert.deepEqual(await watched(file), [began, 'freeze', 'begin', 'thaw', `rm ${file}`]);
  const without = [began, 'told', 'freeze', 'begin', 'thaw'];
  assert.deepEqual(await watched('', { status: 1 }), without, 'a host without virsh does without');
  assert.deepEqual(await watched('/etc/passwd'), without, 'what it names is no file of such a watch');
  assert.deepEqual(
    await watched(file, { freeze: () => Promise.resolve(0) }),
    [began, 'freeze', `rm ${file}`, 'begin'],
    'what is not frozen, but by others, is not watched',
  );
  assert.deepEqual(
    await watched(file, { freeze: () => Promise.reject(new LinkError('TIMEOUT', 'no answer')) }),
    [began, 'freeze', 'failed'],
    'it may be frozen later',
  );
});

test('that no file system was held still is remarked where whole files were promised', async () => {
  assert.deepEqual(await remarked(2), []);
  assert.match(
    (await remarked(0)).join(),
    /^web-1 was copied as its disks would be after a power cut, and not/,
  );
  assert.deepEqual(await remarked(0, false), []);
  assert.match((await remarked(2, true, 0)).join(), /power cut/, 'somebody else thawed them before');
});

test('an agent that answers neither freeze nor thaw: the files are not whole, and that it may be frozen is remarked', async () => {
  const clock = new FakeClock();
  const remarks: string[] = [];
  const notes: unknown[] = [];
  const silent = () =>
    Promise.reject(
      new LibvirtError({ code: 'VIR_ERR_AGENT_UNRESPONSIVE', message: 'not available for now' }),
    );
  const remote = {
    connectGetUri: () => Promise.resolve({ uri: 'qemu:///system' }),
    domainFsfreeze: silent,
    domainFsthaw: silent,
  };
  const step: Pick<StepContext, 'signal' | 'log' | 'note' | 'client' | 'session'> = {
    signal: new AbortController().signal,
    log: (text, as) => void (as === 'remark' && remarks.push(text)),
    note: (value) => Promise.resolve(void notes.push(value)),
    client: () => ({ remote }) as unknown as LibvirtClient,
    session: () => sessionWith(undefined),
  };
  let whileBegun: unknown = null;
  let reached: Consistency | null = null;
  void atOneInstant({ host: 'h', uuid: 'u', name: 'web-1', freeze: true }, step as StepContext, {
    dom,
    wait: { clock },
    begin: () => Promise.resolve(void (whileBegun = notes.at(-1))),
    isBegun: () => Promise.resolve(true),
  }).then((consistency) => (reached = consistency));
  await until(async () => {
    await clock.advance(1000);
    return reached !== null;
  }, 'it is over');
  assert.equal(reached, 'powerCut');
  // A program that dies now leaves that word to the next one.
  assert.deepEqual(whileBegun, { frozen: true, begun: true });
  assert.match(remarks.join('\n'), /answers neither freeze nor thaw.*virsh domfsthaw web-1/);
});

test('a backup of a program that died is no person’s choice while the guest may be frozen, and is one afterwards', () => {
  const kinds = new StepKinds([backupStep({ clock: new FakeClock() })]);
  const step = { id: 'backup', kind: 'clone.backup', host: 'h', title: '', params: {} };
  const isUrgent = (note: InstantNote | undefined, done = false): boolean =>
    kinds.isUrgent(step, { steps: [step], isDone: () => done, noteOf: () => note });
  assert.equal(isUrgent({ frozen: true, begun: false }), true);
  assert.equal(isUrgent({ frozen: true, begun: true }), true);
  assert.equal(isUrgent({ frozen: false, begun: true }), false);
  assert.equal(isUrgent({ frozen: true, begun: true }, true), false);
  assert.equal(isUrgent(undefined), false);
});

test('a backup that somebody begins while that of a clone is taken back is not ended', async () => {
  const clock = new FakeClock();
  const target = (path: string) =>
    `<domainbackup><disks><disk name='vda' type='file'><target file='${path}'/></disk></disks></domainbackup>`;
  let made = '/images/web-2.qcow2';
  const aborted: string[] = [];
  const remote = {
    domainLookupByUuid: () => Promise.resolve({ dom }),
    domainBackupGetXmlDesc: () => Promise.resolve({ xml: target(made) }),
    domainGetJobStats: () => Promise.resolve({ type: 2, params: [] }),
    domainAbortJob: () => {
      aborted.push(made);
      made = '/backups/of-a-person.qcow2';
      return Promise.resolve({});
    },
  };
  const noted: InstantNote = { frozen: false, begun: true };
  const step: Pick<StepContext, 'client' | 'noted'> = {
    client: () => ({ remote }) as unknown as LibvirtClient,
    noted: () => noted,
  };
  const params = {
    host: 'h',
    uuid: '0f2c2b6e-5f3b-4f0e-9a51-2f6a7f3d1c11',
    name: 'web-1',
    freeze: false,
    disks: [{ disk: 'vda', pool: 'p', path: '/images/web-2.qcow2', format: 'qcow2' }],
    others: [],
  };
  let isOver = false;
  const undone = backupStep({ clock }).undo(params, null, step as StepContext);
  void undone.then(() => (isOver = true));
  await until(async () => {
    await clock.advance(1000);
    return isOver || aborted.length > 1;
  }, 'it is taken back');
  assert.deepEqual(aborted, ['/images/web-2.qcow2']);
});
