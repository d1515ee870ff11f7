import { z } from 'zod';
import { readOwnMetadata } from '../../../inventory/own-metadata.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { existing, startParams } from '../../create/steps/machine.ts';
import { Stays } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';
import { keepAsTemplate, releaseTemplate } from '../../template/mark.ts';

type KeepParams = z.infer<typeof startParams>;

/** What it was before: null where it was a template already. */
const before = z.object({ autostart: z.boolean() });

/** Keeps the machine that is cloned as a template, before disks lie on its own. */
export const keepTemplateStep = stepKind<KeepParams, null>({
  name: 'clone.keepTemplate',
  params: startParams,
  check: () => Promise.resolve(),
  async run({ host, uuid, name }, step) {
    const session = step.session(host);
    const { client } = session;
    const dom = await existing(client, { uuid, name });
    if ((await readOwnMetadata(client, { dom, kind: 'template' })) !== null) return null;
    const { autostart } = await client.remote.domainGetAutostart({ dom });
    await step.note({ autostart: autostart !== 0 });
    await keepAsTemplate({ client, dom, host: { id: session.id, name: session.name } });
    return null;
  },
  settle: () => Promise.resolve({ done: false }),
  async undo({ host, uuid, name }, _, step) {
    const noted = before.safeParse(step.noted());
    if (!noted.success) return;
    const session = step.session(host);
    const { client } = session;
    const dom = await domainByUuid(client, uuid);
    if (dom === null || (await readOwnMetadata(client, { dom, kind: 'template' })) === null) return;
    const { active } = await client.remote.domainIsActive({ dom });
    const machine = { client, dom, host: { id: session.id, name: session.name } };
    await releaseTemplate(machine, { force: false, running: active !== 0 }).catch((error: unknown) => {
      if (error instanceof FailureError && error.failure.code === 'CONFLICT')
        throw new Stays(templateLeft(name), error.message);
      throw error;
    });
    if (noted.data.autostart) await client.remote.domainSetAutostart({ dom, autostart: 1 });
  },
  leaves: ({ name }) => templateLeft(name),
});

function templateLeft(name: string): string {
  return `${name} as a template`;
}
