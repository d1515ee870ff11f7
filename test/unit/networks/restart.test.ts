import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseXml } from '../../../drivers/xml/index.ts';
import { LibvirtError, LinkError } from '../../../drivers/rpc/errors.ts';
import { restartNetwork, type RestartHost } from '../../../main/networks/restart.ts';

const MAC = '52:54:00:00:00:01';
const CARD = `<interface type='network'><mac address='${MAC}'/><source network='pair' bridge='virbr1'/></interface>`;
const XML = `<network><name>pair</name><bridge name='virbr1'/></network>`;

/** A host with one network and a card on it, whose link is lost at one of the calls: before the host has it, or after. */
class Host implements RestartHost {
  readonly networks = new Map([['pair', { active: true }]]);
  /** The network that the card is plugged into; null: it hangs on a bridge that is gone. */
  card: string | null = 'pair';
  restarts = 0;
  calls = 0;
  #away = false;
  readonly #lost: { readonly at: number; readonly when: 'before' | 'after' };

  constructor(lost: { readonly at: number; readonly when: 'before' | 'after' }) {
    this.#lost = lost;
  }

  client() {
    const call = <T>(work: () => T) => {
      const { at, when } = this.#lost;
      const isLost = this.calls++ === at;
      if (this.#away) return Promise.reject(new LinkError('LINK_CLOSED', 'The link is away'));
      if (isLost) this.#away = true;
      try {
        const answer = isLost && when === 'before' ? null : work();
        return isLost
          ? Promise.reject(new LinkError('LINK_CLOSED', 'The link was lost'))
          : Promise.resolve(answer);
      } catch (error) {
        return Promise.reject(error);
      }
    };
    const at = (name: string) => {
      const found = this.networks.get(name);
      if (found !== undefined) return found;
      throw libvirtError('VIR_ERR_NO_NETWORK');
    };
    const remote = {
      networkIsPersistent: () => call(() => ({ persistent: 1 })),
      networkIsActive: () => call(() => ({ active: at('pair').active ? 1 : 0 })),
      networkGetXmlDesc: () => call(() => ({ xml: XML })),
      networkLookupByName: ({ name }: { name: string }) => call(() => (at(name), { net: { name } })),
      networkDestroy: ({ net: { name } }: { net: { name: string } }) =>
        call(() => {
          if (!at(name).active) throw libvirtError('VIR_ERR_OPERATION_INVALID');
          if (name === 'pair') at(name).active = false;
          else this.networks.delete(name);
          if (this.card === name) this.card = null;
        }),
      networkCreate: () =>
        call(() => {
          if (at('pair').active) throw libvirtError('VIR_ERR_OPERATION_INVALID');
          at('pair').active = true;
          this.restarts += 1;
        }),
      networkCreateXml: ({ xml }: { xml: string }) =>
        call(() => {
          const name = parseXml(xml).root.find('name')?.text ?? '';
          this.networks.set(name, { active: true });
          return { net: { name } };
        }),
      domainGetXmlDesc: () => call(() => ({ xml: `<domain><devices>${CARD}</devices></domain>` })),
      domainUpdateDeviceFlags: ({ xml }: { xml: string }) =>
        call(() => {
          const name = parseXml(xml).root.attributeAt('source', 'network') ?? '';
          assert.ok(at(name).active);
          this.card = name;
        }),
    };
    return { remote } as unknown as ReturnType<RestartHost['client']>;
  }

  async overLostLinks<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        this.#away = false;
      }
    }
  }
}

function libvirtError(code: string): LibvirtError {
  return Object.assign(Object.create(LibvirtError.prototype) as LibvirtError, { code, message: code });
}

suite('the link is lost while a network is restarted', () => {
  const NET = { name: 'pair', uuid: new Uint8Array(16) };
  const DOM = { name: 'one', uuid: new Uint8Array(16), id: 1 };
  const restart = (host: Host) => restartNetwork(host, NET, [{ dom: DOM, mac: MAC }]);

  test('at any call, before or after the host has it: nothing is left stopped, unplugged or on a bridge of Virtlane', async () => {
    const whole = new Host({ at: -1, when: 'after' });
    assert.deepEqual(await restart(whole), { unplugged: [] });
    assert.ok(whole.calls > 8);
    let begun = 0;
    for (let at = 0; at < whole.calls; at += 1)
      for (const when of ['before', 'after'] as const) {
        const host = new Host({ at, when });
        const told = await restart(host).catch((error: unknown) => error);
        const after = [[...host.networks.keys()], host.networks.get('pair')?.active, host.card];
        assert.deepEqual(after, [['pair'], true, 'pair'], `call ${at}, ${when}`);
        if (told instanceof LinkError) assert.equal(host.restarts, 0);
        else {
          begun += 1;
          assert.deepEqual([told, host.restarts], [{ unplugged: [] }, 1], `call ${at}, ${when}`);
        }
      }
    assert.ok(begun >= 2 * (whole.calls - 4));
  });
});
