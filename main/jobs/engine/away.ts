import { toFailure } from '../../hosts/failures.ts';
import { isUnsure } from '../registry.ts';

/** The host did not answer, or is not connected: it must be asked again. */
export function isAway(error: unknown): boolean {
  if (isUnsure(error)) return true;
  const { code } = toFailure(error, { message: '' });
  return (
    code === 'LINK_LOST' ||
    code === 'HOST_UNREACHABLE' ||
    code === 'TIMEOUT' ||
    code === 'LIBVIRT_NOT_RUNNING'
  );
}
