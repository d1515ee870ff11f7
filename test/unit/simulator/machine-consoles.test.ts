import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LibvirtError } from '../../../drivers/rpc/errors.ts';
import { TransportError } from '../../../drivers/transport/errors.ts';
import { virDomainXMLFlags as xmlFlag } from '../../../drivers/libvirt/constants/index.ts';
import { readDomain } from '../../../drivers/libvirt/model/index.ts';
import { connectFleet, connectHost, lookUp, refusedAs } from './fleet-client.ts';
import { RfbViewer } from './rfb-viewer.ts';

describe('the screen and serial console of a simulated machine', () => {
  test('shows its VNC password only when asked for secrets', async (context) => {
    const { fleet } = await connectFleet(context);
    for (const host of fleet.hosts) {
      const client = await connectHost(host);
      const dom = await lookUp(client, 'legacy-erp').catch(() => null);
      if (dom !== null) {
        const plain = (await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml;
        assert.doesNotMatch(plain, /passwd/);
        const flags = xmlFlag.VIR_DOMAIN_XML_SECURE;
        assert.match((await client.remote.domainGetXmlDesc({ dom, flags })).xml, / passwd='legacy'/);
      }
      await client.close();
    }
  });

  test('sends a PNG of its screen', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const { ret, stream } = await client.openStream('domainScreenshot', { dom, screen: 0, flags: 0 });
    const png = Buffer.concat(await stream.toArray());
    assert.equal(ret.mime, 'image/png');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [720, 400]);
  });

  test('can be typed on through its port', async (context) => {
    const { client, host } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const model = readDomain((await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml);
    const viewer = new RfbViewer(host.openTcp(model.graphics[0]?.port ?? 0));
    await viewer.open();
    assert.equal(viewer.name, 'QEMU (web-01)');
    viewer.setEncodings([7]);
    viewer.request(false);
    await viewer.update();
    const before = viewer.picture.pixels.slice();
    viewer.request(true);
    viewer.key(0x61);
    await viewer.update();
    assert.notDeepEqual(viewer.picture.pixels, before);
  });

  test('has no port open while it is off', async (context) => {
    const { client, host } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const model = readDomain((await client.remote.domainGetXmlDesc({ dom, flags: 0 })).xml);
    const port = model.graphics[0]?.port ?? 0;
    await client.remote.domainDestroy({ dom });
    assert.throws(
      () => host.openTcp(port),
      (error) => error instanceof TransportError && error.code === 'REFUSED',
    );
  });

  test('has a serial console for one at a time, which can be taken over', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const args = { dom, devName: null, flags: 0 };
    const first = (await client.openStream('domainOpenConsole', args)).stream;
    const failed = new Promise((resolve) => first.once('error', resolve));
    await assert.rejects(
      client.openStream('domainOpenConsole', args),
      refusedAs(
        'VIR_ERR_OPERATION_FAILED',
        /^operation failed: Active console session exists for this domain$/,
      ),
    );
    const second = (await client.openStream('domainOpenConsole', { ...args, flags: 1 })).stream;
    assert.ok((await failed) instanceof LibvirtError);
    second.write('root\rpw\recho it-works\r');
    let heard = '';
    for await (const chunk of second) {
      heard += String(chunk);
      if (/\r\nit-works\r\n/.test(heard)) break;
    }
    assert.match(heard, /web-01 login: .*root\r\n/);
  });

  test('that is switched off ends its serial console', async (context) => {
    const { client } = await connectFleet(context);
    const dom = await lookUp(client, 'web-01');
    const { stream } = await client.openStream('domainOpenConsole', { dom, devName: null, flags: 0 });
    const ended = new Promise((resolve) => stream.once('end', resolve));
    stream.resume();
    await client.remote.domainDestroy({ dom });
    await ended;
  });
});
