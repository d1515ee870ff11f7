import { z } from 'zod';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { existing } from '../../create/steps/machine.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const params = z.object({ host: z.string(), hostName: z.string(), name: z.string(), uuid: z.string() });

/**
 * Keeps what is about to move from starting with the source: where that host goes down in the moment of the switch, or keeps the
 * definition, its libvirtd would start a second copy. It starts with its host again where it stays.
 */
export const autostartOffStep = stepKind<z.infer<typeof params>, null>({
  name: 'migrate.autostartOff',
  params,
  check: () => Promise.resolve(),
  async run({ host, name, uuid }, step) {
    const client = step.client(host);
    const dom = await existing(client, { uuid, name });
    await client.remote.domainSetAutostart({ dom, autostart: 0 });
    return null;
  },
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid }, _, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom !== null) await client.remote.domainSetAutostart({ dom, autostart: 1 });
  },
  leaves: ({ name, hostName }) => `${name} does not start with ${hostName} any more`,
});
