import { LibvirtError } from '../../drivers/rpc/errors.ts';

/**
 * Whether libvirt refused to make a volume because something of that name is there, or is being made by somebody else (storage_driver.c,
 * storage_util.c, and the words of lvcreate and zfs). It has done nothing then, and what is there is not ours.
 */
export function isTaken(error: unknown): boolean {
  return (
    error instanceof LibvirtError &&
    (error.code === 'VIR_ERR_STORAGE_VOL_EXIST' ||
      /already exists|exists already|File exists|name '.*' already in use/s.test(error.message))
  );
}
