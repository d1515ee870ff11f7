import type { CreateSource } from '../../contract/create.ts';

/** What it may change, beside the copy: an initramfs or two, a database of packages. It is in overlays in the first disk's pool, then in each disk. */
export const OVERLAY_BYTES = 1024 ** 3;

/** Whether the host's virt-v2v is to prepare the copy. */
export function wantsVirtV2v(source: CreateSource): boolean {
  return 'prepare' in source && source.prepare === 'virt-v2v';
}
