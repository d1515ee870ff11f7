import type { XmlElement } from '../../xml/index.ts';
import { exact, filled } from './values.ts';

/** A folder that a machine shares with its host, or that is a container's. */
export interface FilesystemModel {
  /** `mount`, `file`, `block`, `ram`, `bind`, `template`… */
  readonly type: string;
  /** Of the types `mount`, `bind`, `file` and `block`. */
  readonly path: string | null;
  /** Of the type `volume`. */
  readonly pool: string | null;
  readonly volume: string | null;
  /** The driver's `format`, of an image: `raw`, `qcow2`… */
  readonly format: string | null;
  /** In a container the place where it is; in a machine a name that it is mounted by. */
  readonly target: string;
  readonly readonly: boolean;
}

export function readFilesystem(element: XmlElement): FilesystemModel {
  const source = element.find('source');
  return {
    type: filled(element.attribute('type')) ?? 'mount',
    path: exact(source?.attribute('dir') ?? source?.attribute('file') ?? source?.attribute('dev')),
    pool: exact(source?.attribute('pool')),
    volume: exact(source?.attribute('volume')),
    format: filled(element.attributeAt('driver', 'format')),
    target: element.attributeAt('target', 'dir') ?? '',
    readonly: element.find('readonly') !== null,
  };
}
