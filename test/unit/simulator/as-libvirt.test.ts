import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  virDomainCreateFlags as create,
  virDomainEventID,
  virDomainSaveRestoreFlags as save,
} from '../../../drivers/libvirt/constants/index.ts';
import { uuidFromString, uuidToString } from '../../../drivers/libvirt/uuid.ts';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { connectFleet, lifecycles, lookUp, refusedAs } from './fleet-client.ts';

const UUID = '11111111-2222-4333-8444-555555555555';
const definition = (name = 'hx', uuid = UUID, devices = ''): string =>
  `<domain type='qemu'><metadata><x:m xmlns:x='u'><name>other</name></x:m></metadata><name>${name}</name>${
    uuid === '' ? '' : `<uuid>${uuid}</uuid>`
  }<memory>65536</memory><os><type>hvm</type></os><devices>${devices}</devices></domain>`;

/** What libvirtd 9.0 with QEMU 7.2 answered to the same calls. */
describe('a simulated host answers as libvirt does', () => {
  test('to flags that a call does not have', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'load-test');
    const flags = 0x40000000;
    const refused = (from: string) =>
      refusedAs(
        'VIR_ERR_INVALID_ARG',
        new RegExp(`^unsupported flags \\(0x40000000\\) in function ${from}$`),
      );
    await assert.rejects(
      client.remote.domainCreateWithFlags({ dom, flags }),
      refused('qemuDomainCreateWithFlags'),
    );
    await assert.rejects(
      client.remote.domainUndefineFlags({ dom, flags }),
      refused('qemuDomainUndefineFlags'),
    );
    await assert.rejects(
      client.remote.connectListAllDomains({ needResults: 1, flags }),
      refused('qemuConnectListAllDomains'),
    );
    await assert.rejects(client.remote.domainGetXmlDesc({ dom, flags }), (error) => {
      assert.ok(error instanceof LibvirtError);
      assert.deepEqual(
        [error.domain, error.str1, error.str2],
        ['VIR_FROM_QEMU', 'qemuDomainGetXMLDesc', 'flags'],
      );
      return true;
    });
    assert.equal((await client.remote.domainGetState({ dom, flags: 0 })).state, 5);
  });

  const WRONG: [what: string, xml: string, code: string, message: RegExp][] = [
    ['no name', definition(''), 'VIR_ERR_NO_NAME', /^missing name information$/],
    ['a slash in the name', definition('a/b', ''), 'VIR_ERR_XML_ERROR', /name a\/b cannot contain '\/'$/],
    ['a line end in the name', definition('a\nb', ''), 'VIR_ERR_XML_DETAIL', /^invalid char in name: /],
    ['a malformed UUID', definition('a', 'zzz'), 'VIR_ERR_INTERNAL_ERROR', /malformed uuid element$/],
    [
      'no type',
      '<domain><name>a</name></domain>',
      'VIR_ERR_INTERNAL_ERROR',
      /missing domain type attribute$/,
    ],
    [
      'no memory',
      "<domain type='qemu'><name>a</name></domain>",
      'VIR_ERR_XML_ERROR',
      /Memory size must be specified/,
    ],
    [
      'no system',
      "<domain type='qemu'><name>a</name><memory>1</memory></domain>",
      'VIR_ERR_XML_ERROR',
      /an os <type> must/,
    ],
    ['no domain', '<network/>', 'VIR_ERR_XML_ERROR', /expecting root element of 'domain', not 'network'$/],
    ['no XML', '<domain', 'VIR_ERR_XML_DETAIL', /^\(domain_definition\):1: /],
    [
      'two disks of one target',
      definition(
        'a',
        '',
        "<disk><source file='/a'/><target dev='vda'/></disk><disk><source file='/b'/><target dev='vda'/></disk>",
      ),
      'VIR_ERR_XML_ERROR',
      /target 'vda' duplicated for disk sources '\/a' and '\/b'$/,
    ],
  ];
  for (const [what, xml, code, message] of WRONG)
    test(`to a definition with ${what}`, async (context) => {
      const { client } = await connectFleet(context);
      await assert.rejects(client.remote.domainDefineXml({ xml }), refusedAs(code, message));
    });

  test('to a name or a UUID that another machine has', async (context) => {
    const { client } = await connectFleet(context);
    const define = (xml: string) => client.remote.domainDefineXml({ xml });
    const { dom } = await define(definition('hx', ''));
    const taken = (message: RegExp) => refusedAs('VIR_ERR_OPERATION_FAILED', message);
    const uuid = uuidToString(dom.uuid);
    await assert.rejects(
      define(definition('hx', '')),
      taken(new RegExp(`domain 'hx' already exists with uuid ${uuid}$`)),
    );
    await assert.rejects(
      define(definition('hx')),
      taken(new RegExp(`domain 'hx' already exists with uuid ${uuid}$`)),
    );
    await assert.rejects(
      define(definition('hy', uuid)),
      taken(new RegExp(`domain 'hx' is already defined with uuid ${uuid}$`)),
    );
    const { xml } = await client.remote.domainGetXmlDesc({ dom, flags: 0 });
    assert.match(xml, new RegExp(`<name>hx</name><uuid>${uuid}</uuid>`));
  });

  test('to what a machine that is off or stands still cannot do', async (context) => {
    const { client } = await connectFleet(context);
    const { remote } = client;
    const off = await lookUp(client, 'load-test');
    const off409 = refusedAs('VIR_ERR_OPERATION_INVALID', /domain is not running$/);
    await assert.rejects(remote.domainGetJobInfo({ dom: off }), off409);
    await assert.rejects(remote.domainSetMemory({ dom: off, memory: 65536n }), off409);
    await assert.rejects(remote.domainGetMaxVcpus({ dom: off }), off409);
    await assert.rejects(
      remote.domainManagedSaveRemove({ dom: off, flags: 0 }),
      refusedAs(
        'VIR_ERR_SYSTEM_ERROR',
        /^Failed to remove managed save file '.*load-test\.save': No such file/,
      ),
    );
    const on = await lookUp(client, 'web-01');
    await remote.domainSuspend({ dom: on });
    await assert.rejects(remote.domainShutdown({ dom: on }), off409);
  });

  test('to a start that is to stay paused', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'load-test');
    const events = lifecycles(client, 2);
    await client.remote.domainCreateWithFlags({ dom, flags: create.VIR_DOMAIN_START_PAUSED });
    assert.deepEqual(await events, [
      [2, 0],
      [3, 0],
    ]);
    assert.deepEqual(await client.remote.domainGetState({ dom, flags: 0 }), { state: 3, reason: 1 });
  });

  test('a machine that was saved paused is paused when it goes on, unless it was saved to run', async (context) => {
    const { client } = await connectFleet(context);
    const { remote } = client;
    const dom = await lookUp(client, 'web-01');
    await remote.domainSuspend({ dom });
    await remote.domainManagedSave({ dom, flags: 0 });
    const events = lifecycles(client, 2);
    await remote.domainCreate({ dom });
    assert.deepEqual(await events, [
      [2, 2],
      [3, 4],
    ]);
    assert.deepEqual(await remote.domainGetState({ dom, flags: 0 }), { state: 3, reason: 2 });
    await remote.domainManagedSave({ dom, flags: save.VIR_DOMAIN_SAVE_RUNNING });
    await remote.domainCreate({ dom });
    assert.deepEqual(await remote.domainGetState({ dom, flags: 0 }), { state: 1, reason: 3 });
  });

  test('a machine has no id any more when its end is told', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const ended = new Promise<number>((resolve) => {
      const id = virDomainEventID.VIR_DOMAIN_EVENT_ID_LIFECYCLE;
      void client.registerDomainEvent(id, dom, (msg) => msg.event === 5 && resolve(msg.dom.id));
    });
    await client.remote.connectGetHostname();
    await client.remote.domainDestroy({ dom });
    assert.equal(await ended, -1);
  });

  test('a machine from XML alone leaves nothing when it does not start, and runs once', async (context) => {
    const { client } = await connectFleet(context);
    const { remote } = client;
    const disk =
      "<disk type='file'><source file='/var/lib/libvirt/images/nope.qcow2'/><target dev='vda'/></disk>";
    await assert.rejects(
      remote.domainCreateXml({ xmlDesc: definition('hx', UUID, disk), flags: 0 }),
      refusedAs('VIR_ERR_SYSTEM_ERROR', /nope\.qcow2/),
    );
    await assert.rejects(
      remote.domainLookupByUuid({ uuid: uuidFromString(UUID) }),
      refusedAs('VIR_ERR_NO_DOMAIN', /./),
    );
    await remote.domainCreateXml({ xmlDesc: definition(), flags: 0 });
    await assert.rejects(
      remote.domainCreateXml({ xmlDesc: definition(), flags: 0 }),
      refusedAs('VIR_ERR_OPERATION_INVALID', /domain 'hx' is already active$/),
    );
  });

  test('a machine that is defined and off can run by another text, and is what it was afterwards', async (context) => {
    const { client } = await connectFleet(context);
    const { remote } = client;
    const { dom } = await remote.domainDefineXml({ xml: definition() });
    await remote.domainCreateXml({ xmlDesc: definition().replace('65536', '131072'), flags: 0 });
    const memory = async () => (await remote.domainGetInfo({ dom })).maxMem;
    assert.equal(await memory(), 131_072n);
    await remote.domainDestroy({ dom });
    assert.equal(await memory(), 65_536n);
    assert.equal((await remote.domainIsPersistent({ dom })).persistent, 1);
  });

  test('to events and machines that there are not', async (context) => {
    const { client } = await connectFleet(context);
    const { remote } = client;
    await assert.rejects(
      remote.connectDomainEventCallbackRegisterAny({ eventId: 99, dom: null }),
      refusedAs('VIR_ERR_INTERNAL_ERROR', /unsupported event ID 99$/),
    );
    const gone = { name: 'ghost', uuid: new Uint8Array(16), id: -1 };
    const on = await lookUp(client, 'web-01');
    const { retStats } = await remote.connectGetAllDomainStats({ doms: [gone, on], stats: 1, flags: 0 });
    assert.deepEqual(
      retStats.map(({ dom }) => dom.name),
      ['web-01'],
    );
  });
});
