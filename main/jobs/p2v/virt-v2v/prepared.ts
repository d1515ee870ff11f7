import { z } from 'zod';
import { onVirtio, toVirtioOf } from '../../../../drivers/libvirt/model/virtio-change.ts';
import type { StepContext } from '../../engine/step.ts';

/** Which devices of the machine can be on virtio; where its disks cannot, the copy is as it was. */
export const preparation = z.object({ disks: z.boolean(), cards: z.boolean() });
export type Preparation = z.infer<typeof preparation>;

export const UNPREPARED: Preparation = { disks: false, cards: false };

/** What virt-v2v's step has made of the copy. */
export function preparedBy(step: Pick<StepContext, 'result'>, id: string): Preparation {
  return preparation.safeParse(step.result(id)).data ?? UNPREPARED;
}

/**
 * The definition with what is prepared on virtio.
 * @param paths of the disks that were copied
 * @throws {XmlError}
 */
export function preparedXml(xml: string, { disks, cards }: Preparation, paths: readonly string[]): string {
  const can = toVirtioOf(xml);
  return onVirtio(xml, {
    disks: disks ? can.disks.filter(({ path }) => paths.includes(path)) : [],
    nics: cards ? can.nics : [],
  });
}
