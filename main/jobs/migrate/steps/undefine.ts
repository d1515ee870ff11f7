import { z } from 'zod';
import { virDomainUndefineFlagsValues as UNDEFINE } from '../../../../drivers/libvirt/constants/domain-flags.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { asNothingDone } from '../../create/steps/machine.ts';
import { domainByUuid } from '../../create/steps/host-calls.ts';
import { AllStays, NothingDone } from '../../engine/step.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const params = z.object({ host: z.string(), hostName: z.string(), uuid: z.string(), name: z.string() });
type Params = z.infer<typeof params>;

/** Takes a machine that is off out of the source's list, once the target has its definition. Its files stay. */
export const undefineStep = stepKind<Params, null>({
  name: 'migrate.undefine',
  urgent: true,
  params,
  check: () => Promise.resolve(),
  async run({ host, hostName, uuid, name }, step) {
    const client = step.client(host);
    const dom = await domainByUuid(client, uuid);
    if (dom === null) return null;
    const { active } = await client.remote.domainIsActive({ dom });
    if (active !== 0)
      throw new NothingDone(
        new FailureError({ code: 'CONFLICT', message: `${name} was started on ${hostName} meanwhile.` }),
      );
    const flags = UNDEFINE.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;
    await client.remote.domainUndefineFlags({ dom, flags }).catch(asNothingDone);
    return null;
  },
  async settle({ host, uuid }, step) {
    const dom = await domainByUuid(step.client(host), uuid);
    return dom === null ? { done: true, result: null } : { done: false };
  },
  async undo({ host, hostName, uuid, name }, _, step) {
    if ((await domainByUuid(step.client(host), uuid)) !== null) return;
    throw new AllStays(`machine ${name}`, `it is not on ${hostName} any more`);
  },
  leaves: ({ name, hostName }) => `machine ${name} on ${hostName}`,
});
