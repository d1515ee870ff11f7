import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { parseXml } from '../../../drivers/xml/index.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import type { HostSession } from '../../../main/hosts/session.ts';
import { StepKinds } from '../../../main/jobs/engine/step-kinds.ts';
import type { WorkflowHosts } from '../../../main/jobs/engine/workflows-options.ts';
import { planNetworkRestart } from '../../../main/networks/restart-plan.ts';
import { networkSteps } from '../../../main/networks/restart-steps.ts';
import { until } from '../../support/wait.ts';
import { FakeClock } from '../hosts/fake-clock.ts';
import { bench } from '../jobs/engine-bench.ts';

const MAC = '52:54:00:00:00:01';
const UUID = '11111111-2222-3333-4444-555555555555';
const CARD = `<interface type='network'><mac address='${MAC}'/><source network='pair' bridge='virbr1'/></interface>`;
const XML = `<network><name>pair</name><bridge name='virbr1'/></network>`;
const AT = { id: 'h', name: 'kvm-a', uri: 'qemu:///system' };

/** What happens at one of the calls: before the host has it, or after. */
interface Fault {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** A host with one network and a card on it, whose link is lost at one of the calls. */
class Host implements WorkflowHosts {
  readonly networks = new Map([['pair', { active: true }]]);
  /** The network that the card is plugged into; null: it hangs on a bridge that is gone. */
  card: string | null = 'pair';
  restarts = 0;
  calls = 0;
  refused: string | null = null;
  /** Called when the link is lost. */
  onLost: () => void = () => undefined;
  #away = false;
  readonly #lost: Fault;

  constructor(lost: Fault) {
    this.#lost = lost;
  }

  find(): string {
    return 'h';
  }

  session(): HostSession {
    if (this.#away) throw new FailureError({ code: 'HOST_UNREACHABLE', message: 'away' });
    return { client: this.#client() } as unknown as HostSession;
  }

  startOf(): Promise<string> {
    return Promise.resolve('start-1');
  }

  connected(): Promise<void> {
    this.#away = false;
    return Promise.resolve();
  }

  #client() {
    const call = async <T>(work: () => T) => {
      const isLost = this.calls++ === this.#lost.at;
      await Promise.resolve();
      if (this.#away) throw new LinkError('LINK_CLOSED', 'The link is away');
      if (!isLost) return work();
      this.#away = true;
      if (this.#lost.when === 'after') work();
      this.onLost();
      throw new LinkError('LINK_CLOSED', 'The link was lost');
    };
    const at = (name: string) => {
      const found = this.networks.get(name);
      if (found !== undefined) return found;
      throw libvirtError('VIR_ERR_NO_NETWORK');
    };
    const byName = ({ name }: { name: string }) => call(() => (at(name), { net: { name } }));
    return {
      remote: {
        networkLookupByUuid: () => byName({ name: 'pair' }),
        networkIsPersistent: () => call(() => ({ persistent: 1 })),
        networkIsActive: () => call(() => ({ active: at('pair').active ? 1 : 0 })),
        networkGetXmlDesc: () => call(() => ({ xml: XML })),
        networkLookupByName: byName,
        networkDestroy: ({ net: { name } }: { net: { name: string } }) =>
          call(() => {
            if (!at(name).active) throw libvirtError('VIR_ERR_OPERATION_INVALID');
            if (name === 'pair') at(name).active = false;
            else this.networks.delete(name);
            if (this.card === name) this.card = null;
          }),
        networkCreate: () =>
          call(() => {
            if (this.refused === 'start' || at('pair').active)
              throw libvirtError('VIR_ERR_OPERATION_INVALID');
            at('pair').active = true;
            this.restarts += 1;
          }),
        networkCreateXml: ({ xml }: { xml: string }) =>
          call(() => {
            const name = parseXml(xml).root.find('name')?.text ?? '';
            this.networks.set(name, { active: true });
            return { net: { name } };
          }),
        domainLookupByUuid: () => call(() => ({ dom: { name: 'one', id: 1 } })),
        domainGetXmlDesc: () => call(() => ({ xml: `<domain><devices>${CARD}</devices></domain>` })),
        domainUpdateDeviceFlags: ({ xml }: { xml: string }) =>
          call(() => {
            if (this.refused === 'plug') throw libvirtError('VIR_ERR_OPERATION_UNSUPPORTED');
            const name = parseXml(xml).root.attributeAt('source', 'network') ?? '';
            assert.ok(at(name).active);
            this.card = name;
          }),
      },
    };
  }

  /** Networks, whether the one is on, and where the card is. */
  look() {
    return [[...this.networks.keys()], this.networks.get('pair')?.active, this.card];
  }
}

const UNTOUCHED = [['pair'], true, 'pair'];
const NEVER: Fault = { at: -1, when: 'after' };

function libvirtError(code: string): LibvirtError {
  return Object.assign(Object.create(LibvirtError.prototype) as LibvirtError, { code, message: code });
}

async function restart(host: Host) {
  const { start, journals } = await bench();
  // Steps wait no time.
  const clock = new FakeClock();
  const steps = networkSteps({
    clock: { now: () => clock.now(), setTimer: (task) => (setImmediate(task), () => undefined) },
  });
  const begin = () => start(steps, host);
  const program = begin();
  const cards = [{ uuid: UUID, name: 'one', mac: MAC }];
  const id = await program.workflows.start(planNetworkRestart({ uuid: UUID, name: 'pair', cards }, AT));
  /** Until the job is over or left to the next program. */
  const over = async () => {
    const { jobs, clock: time, find } = program;
    for (let ended = false; !ended;) {
      void jobs.settled(id).then(() => (ended = true));
      await time.advance(3000);
    }
    return find(id);
  };
  const open = async () => (await journals()).filter((name) => name.endsWith('.jsonl'));
  return { ...program, id, begin, over, open };
}

const whole = new Host(NEVER);

suite('a network is restarted', () => {
  test('it is stopped, started, and the card of a running machine is plugged in again', async () => {
    const { over } = await restart(whole);
    const { state, steps, kind } = await over();
    assert.deepEqual([kind, state, whole.look(), whole.restarts], ['restartNetwork', 'done', UNTOUCHED, 1]);
    assert.deepEqual(
      steps.map(({ title }) => title),
      ['Stop the network pair', 'Start the network pair', 'Plug 1 card into pair again'],
    );
  });

  const faults = () =>
    Array.from({ length: whole.calls }, (_, at) => [
      { at, when: 'before' as const },
      { at, when: 'after' as const },
    ]).flat();

  test('the link is lost at any call: nothing is left stopped, unplugged or on a bridge of Virtlane', async () => {
    let done = 0;
    for (const fault of faults()) {
      const host = new Host(fault);
      const { over, open } = await restart(host);
      const { state, mayBeLeft } = await over();
      const told = JSON.stringify(fault);
      assert.deepEqual([host.look(), mayBeLeft, await open()], [UNTOUCHED, [], []], told);
      if (state === 'done') done += 1;
    }
    assert.ok(done > whole.calls, `${done} of ${2 * whole.calls}`);
  });

  for (const choice of ['goOn', 'undo'] as const)
    test(`the program dies at any call: the next start brings it up, asked at most to ${choice}`, async () => {
      for (const fault of faults()) {
        const host = new Host(fault);
        const first = await restart(host);
        host.onLost = () => first.workflows.close();
        await first.over();
        const second = first.begin();
        await second.workflows.recover();
        // While its host is away a job does not go on.
        await host.connected();
        if (second.activity.jobs().some(({ state }) => state === 'interrupted'))
          await second.workflows.resume(first.id, choice);
        await until(
          async () => {
            await second.clock.advance(3000);
            return (await first.open()).length === 0;
          },
          `it is over, ${JSON.stringify(fault)}`,
        );
        assert.deepEqual(host.look(), UNTOUCHED, JSON.stringify(fault));
      }
    });

  test('from when it is stopped until the cards are plugged in again no person is waited for, also between the steps', () => {
    const kinds = new StepKinds(networkSteps({ clock: new FakeClock() }));
    const { steps } = planNetworkRestart(
      { uuid: UUID, name: 'pair', cards: [{ uuid: UUID, name: 'one', mac: MAC }] },
      AT,
    );
    const waitsAfter = (done: readonly string[]): boolean =>
      !steps.some(
        (step) =>
          done.includes(step.id) &&
          kinds.isUrgent(step, { steps, noteOf: () => undefined, isDone: (id) => done.includes(id) }),
      );
    assert.deepEqual(
      [waitsAfter([]), waitsAfter(['stop']), waitsAfter(['stop', 'start'])],
      [true, false, false],
    );
    assert.equal(waitsAfter(['stop', 'start', 'plug']), true);
  });

  test('it is cancelled at any call: it is on and the card plugged in', async () => {
    for (const fault of faults()) {
      const host = new Host(fault);
      const { over, jobs, id } = await restart(host);
      host.onLost = () => jobs.cancel(id);
      await over();
      assert.deepEqual(host.look(), UNTOUCHED, JSON.stringify(fault));
    }
  });

  test('one that does not start again is told, and what is left', async () => {
    const host = new Host(NEVER);
    host.refused = 'start';
    const { over } = await restart(host);
    const { state, failure, mayBeLeft } = await over();
    assert.equal(state, 'failed');
    assert.match(`${failure?.message} ${failure?.detail}`, /pair was stopped, and does not start again/);
    assert.deepEqual(mayBeLeft, [
      'the network pair, which may be stopped, or have cards that are not plugged in',
    ]);
  });

  test('a card that cannot be plugged in is named; the network runs', async () => {
    const host = new Host(NEVER);
    host.refused = 'plug';
    const { over } = await restart(host);
    const { state, failure } = await over();
    assert.deepEqual([state, host.look()], ['failed', [['pair'], true, null]]);
    assert.match(
      failure?.message ?? '',
      /^The main part is done, and stays so; .*One card is not plugged in again/,
    );
    assert.equal(failure?.detail, `one ${MAC}: VIR_ERR_OPERATION_UNSUPPORTED`);
  });
});
