import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { FailureError } from '../../../main/hosts/failures.ts';
import { AllStays, NothingDone, type Json, type StepContext } from '../../../main/jobs/engine/step.ts';
import { undefineStep } from '../../../main/jobs/migrate/steps/undefine.ts';

const XML = '<domain><name>web</name></domain>';
const PARAMS = {
  host: 'a',
  hostName: 'kvm-a',
  uuid: 'c7a5fdbd-cdaf-9455-926a-d65c16db1809',
  name: 'web',
  sent: [],
  removeFirmware: false,
};

/** A source with one machine that is off and starts with its host. As in libvirt, a machine that runs lives on without its definition. */
class Source {
  runs = false;
  isDefined = true;
  autostart = 1;
  /** Called between the question whether it runs and what takes its definition away. */
  meanwhile: () => void = () => undefined;
  /** The link is lost in the next call that defines. */
  loses = false;
  noted: Json | undefined;

  context(): StepContext {
    const dom = { name: 'web', id: -1 };
    const remote = {
      domainLookupByUuid: () =>
        this.runs || this.isDefined
          ? Promise.resolve({ dom })
          : Promise.reject(new LibvirtError({ code: 'VIR_ERR_NO_DOMAIN', message: 'no domain' })),
      domainIsActive: () => Promise.resolve({ active: Number(this.runs) }),
      domainIsPersistent: () => Promise.resolve({ persistent: Number(this.isDefined) }),
      domainGetAutostart: () => Promise.resolve({ autostart: this.autostart }),
      domainSetAutostart: ({ autostart }: { autostart: number }) => {
        this.autostart = autostart;
        return Promise.resolve();
      },
      domainUndefineFlags: () => {
        this.meanwhile();
        this.isDefined = false;
        this.autostart = 0;
        return Promise.resolve();
      },
      domainGetXmlDesc: () => Promise.resolve({ xml: XML }),
      domainDefineXml: ({ xml }: { xml: string }) => {
        assert.equal(xml, XML);
        if (this.loses) return Promise.reject(new LinkError('LINK_CLOSED', 'the link was closed'));
        this.isDefined = true;
        return Promise.resolve({ dom });
      },
    };
    const context = {
      client: () => ({ remote }),
      noted: () => this.noted,
      note: (value: Json) => Promise.resolve(void (this.noted = value)),
    };
    return context as unknown as StepContext;
  }
}

test('a machine that is off goes out of the list', async () => {
  const source = new Source();
  await undefineStep.run(PARAMS, source.context());
  assert.equal(source.isDefined, false);
  await assert.rejects(undefineStep.undo(PARAMS, null, source.context()), AllStays);
});

test('one that somebody else has taken away is no success: nothing is removed anywhere, and a person is told', async () => {
  const source = new Source();
  source.isDefined = false;
  await assert.rejects(undefineStep.run(PARAMS, source.context()), (error: unknown) => {
    assert.ok(error instanceof FailureError && !(error instanceof NothingDone));
    assert.match(error.message, /web is not on kvm-a any more, and this job did not take it away/);
    return true;
  });
  assert.deepEqual(await undefineStep.settle(PARAMS, source.context()), { done: false });
  await assert.rejects(undefineStep.undo(PARAMS, null, source.context()), AllStays);
});

test('where its program died after it took the definition away, that is known', async () => {
  const source = new Source();
  await undefineStep.run(PARAMS, source.context());
  assert.deepEqual(await undefineStep.settle(PARAMS, source.context()), { done: true, result: null });
  assert.equal(await undefineStep.run(PARAMS, source.context()), null);
});

test('one that is started in the moment before keeps its definition, and starts with its host as before', async () => {
  const source = new Source();
  source.meanwhile = () => (source.runs = true);
  await assert.rejects(undefineStep.run(PARAMS, source.context()), (error: unknown) => {
    assert.ok(error instanceof NothingDone);
    assert.match(error.message, /web was started on kvm-a meanwhile/);
    return true;
  });
  assert.deepEqual([source.runs, source.isDefined, source.autostart], [true, true, 1]);
});

test('the same where the link is lost before it has its definition again: it gets it when that is back', async () => {
  const source = new Source();
  source.meanwhile = () => (source.runs = true);
  source.loses = true;
  await assert.rejects(undefineStep.run(PARAMS, source.context()), LinkError);
  assert.deepEqual(await undefineStep.settle(PARAMS, source.context()), { done: false });
  source.loses = false;
  await undefineStep.undo(PARAMS, null, source.context());
  assert.deepEqual([source.isDefined, source.autostart], [true, 1]);
});
