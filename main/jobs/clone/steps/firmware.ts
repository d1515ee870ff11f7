import { z } from 'zod';
import { readVolume, volumeXml } from '../../../../drivers/libvirt/model/index.ts';
import { poolByUuid, volumeByName } from '../../../storage/read.ts';
import type { HostWait } from '../../../storage/steps/deps.ts';
import { makeVolume, noteWhole } from '../../../storage/steps/own-volume.ts';
import {
  checkFree,
  clearHalf,
  takeBack,
  volumeLeft,
  volumeParams,
} from '../../../storage/steps/volume-calls.ts';
import { FailureError } from '../../../hosts/failures.ts';
import { writtenAt } from '../../../storage/steps/transfer.ts';
import { assertSource } from '../../../storage/volume-image.ts';
import { stepKind } from '../../engine/step-kinds.ts';

const firmwareParams = volumeParams.extend({
  /** The file of the machine that is cloned, in the same pool. */
  from: z.string(),
  /** As what the machine has it. */
  claim: z.object({ machine: z.string(), format: z.string().nullable() }),
});
type FirmwareParams = z.infer<typeof firmwareParams>;

/** Copies the file of a machine's firmware variables. A machine that was never started has none, and neither does its clone then. */
export function firmwareStep(wait: Pick<HostWait, 'clock'>) {
  return stepKind<FirmwareParams, null>({
    name: 'clone.firmware',
    params: firmwareParams,
    check: (params, step) => checkFree(params, step),
    async run({ host, pool: uuid, name, from, claim }, step) {
      const client = step.client(host);
      const { remote } = client;
      const clonevol = await volumeByName(client, { pool: uuid, name: from });
      if (clonevol === null) {
        step.log(`There is no ${from}, since the machine was never started: the firmware begins anew`);
        return null;
      }
      const pool = await poolByUuid(client, uuid);
      // A guest writes into this flash as into its disks, and libvirt converts what that looks like.
      const { signal } = step;
      const source = await assertSource(step.session(host), clonevol, { claims: [claim], signal });
      const capacityBytes = source.capacityBytes ?? 0;
      const format = source.format === 'qcow2' ? 'qcow2' : 'raw';
      const xml = volumeXml({ name, capacityBytes, allocationBytes: 0, format });
      const vol = await makeVolume(step, client, {
        host,
        wanted: { capacityBytes, format, empty: false },
        make: () => remote.storageVolCreateXmlFrom({ pool, xml, clonevol, flags: 0 }),
        appears: { clock: wait.clock, at: { pool: uuid, name } },
      });
      // The machine may run: its firmware writes when the guest tells it to.
      const after = readVolume((await remote.storageVolGetXmlDesc({ vol: clonevol, flags: 0 })).xml);
      if (writtenAt(after) !== writtenAt(source))
        throw new FailureError({
          code: 'CONFLICT',
          message: `${from} was written to while it was copied: clone again, or let the settings of the firmware begin anew.`,
        });
      await noteWhole(step, client, vol);
      return null;
    },
    settle: (params, step) => clearHalf(params, step, wait),
    undo: (params, _, step) => takeBack(params, step, wait),
    leaves: (params) => volumeLeft(params),
  });
}
