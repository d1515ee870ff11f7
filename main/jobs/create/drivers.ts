import type { CreateInput } from '../../contract/create.ts';
import { VIRTIO_WIN_NAME, VIRTIO_WIN_URL } from '../../os/index.ts';
import type { VolumeAsked } from './facts.ts';

/** The CD of Windows' drivers, and where it comes from. */
export interface Drivers {
  readonly place: VolumeAsked;
  /** Path in the input. */
  readonly field: string;
  /** Null: it must be there. */
  readonly url: string | null;
}

/** The CD of drivers that an installer of Windows gets; null: none. */
export function driversOf({ source }: Pick<CreateInput, 'source'>): Drivers | null {
  if (source.kind !== 'iso') return null;
  const { drivers = null } = source;
  if (drivers === null) return null;
  if (drivers.kind === 'stable')
    return {
      place: { pool: drivers.pool, name: VIRTIO_WIN_NAME },
      field: 'source.drivers',
      url: VIRTIO_WIN_URL,
    };
  const { pool, name } = drivers;
  return { place: { pool, name }, field: 'source.drivers', url: null };
}
