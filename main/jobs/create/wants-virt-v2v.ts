import type { CreateSource } from '../../contract/create.ts';

/** What its overlays may take, beside the copy: an initramfs or two, a database of packages. */
export const OVERLAY_BYTES = 1024 ** 3;

/** Whether the host's virt-v2v is to prepare the copy. */
export function wantsVirtV2v(source: CreateSource): boolean {
  return 'prepare' in source && source.prepare === 'virt-v2v';
}
