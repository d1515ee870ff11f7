import type { FormatClaim } from '../../storage/volume-image.ts';
import type { HostMachine } from '../delete/read.ts';

/** Disks, and the folders of containers: a file that lies under a disk is not written by its machine. */
export function ownersOf(machines: readonly HostMachine[]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const { dom, models } of machines) {
    for (const { source } of models.flatMap(({ disks }) => disks)) {
      const path = source?.path ?? null;
      if (path !== null) owners.set(path, dom.name);
    }
    for (const { path, readonly } of models.flatMap(({ filesystems }) => filesystems))
      if (path !== null && !readonly) owners.set(path, dom.name);
  }
  return owners;
}

/** As what machines have a file, by path. */
export function claimsOf(machines: readonly HostMachine[]): Map<string, FormatClaim[]> {
  const claims = new Map<string, FormatClaim[]>();
  for (const { dom, models } of machines)
    for (const { source, format } of models.flatMap(({ disks }) => disks)) {
      const path = source?.path ?? null;
      if (path !== null) claims.set(path, [...(claims.get(path) ?? []), { machine: dom.name, format }]);
    }
  return claims;
}
