import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LibvirtClient } from '../../../drivers/libvirt/client.ts';
import type { DomainRef } from '../../../drivers/libvirt/protocol/structs.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { migrationPorts } from '../../../main/jobs/migrate/ports.ts';
import { forgetTwin, markTwin, readTwin } from '../../../main/jobs/migrate/twin-mark.ts';
import { FakeClock } from '../hosts/fake-clock.ts';

const LIVE = 1;

test('the mark of a second copy is in what runs alone, and names the other host', async () => {
  let kept: string | null = null;
  const flags: number[] = [];
  const remote = {
    domainSetMetadata: (args: { metadata: string | null; flags: number }) => {
      kept = args.metadata;
      flags.push(args.flags);
      return Promise.resolve({});
    },
    domainGetMetadata: () =>
      kept === null
        ? Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN_METADATA', message: 'none' }))
        : Promise.resolve({ metadata: kept }),
  };
  const client = { remote } as unknown as LibvirtClient;
  const dom = {} as DomainRef;
  await forgetTwin(client, dom);
  assert.equal(await readTwin(client, dom), null);
  await markTwin(client, dom, 'kvm <b>');
  assert.equal(await readTwin(client, dom), 'kvm <b>');
  await forgetTwin(client, dom);
  assert.equal(await readTwin(client, dom), null);
  assert.deepEqual(flags, [LIVE, LIVE]);
});

test('what is paused at the source is marked with the target’s name; a libvirtd that refuses that is told of, and a lost link is not taken for it', async () => {
  const marked = async (answer: () => Promise<unknown>) => {
    const sent: unknown[] = [];
    const log: string[] = [];
    const domainSetMetadata = ({ metadata }: { metadata: string | null }) => {
      sent.push(metadata);
      return answer();
    };
    const { source } = migrationPorts({
      clock: new FakeClock(),
      subject: {
        uuid: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809',
        name: 'web',
        toName: 'kvm-b',
        wasPaused: false,
        definitionGoes: true,
        postCopy: false,
      },
      session: () => ({ client: { remote: { domainSetMetadata } } }) as unknown as HostSession,
      log: (text) => log.push(text),
      cancelled: new AbortController().signal,
      drive: null,
      again: null,
    });
    await source.keepPaused();
    return { sent, log };
  };
  const { sent, log } = await marked(() => Promise.resolve({}));
  assert.equal(sent.length, 1);
  assert.match(String(sent[0]), /^<twin host=["']kvm-b["']\/>$/);
  assert.deepEqual(log, []);
  const busy = new LibvirtError({
    code: 'VIR_ERR_OPERATION_TIMEOUT',
    message: 'cannot acquire state change lock',
  });
  assert.match(
    (await marked(() => Promise.reject(busy))).log.join(),
    /web could not be marked.+state change lock/,
  );
  const lost = new LinkError('LINK_CLOSED', 'lost');
  await assert.rejects(
    marked(() => Promise.reject(lost)),
    lost,
  );
});
