import { findSystem, OPERATING_SYSTEMS } from '../os/index.ts';
import { nearest } from './suggest.ts';

/** So many are named at most, which are the newest ones. */
const MANY = 6;

/** What a system that is not known may have been meant to be: other versions of it, or what is written nearly so. Empty: it is known. */
export function nearSystems(os: string): string[] {
  if (findSystem(os) !== null) return [];
  const ids = OPERATING_SYSTEMS.map(({ shortId }) => shortId);
  const versionsOf = (stem: string): string[] => ids.filter((id) => stemOf(id) === stem).slice(0, MANY);
  const others = versionsOf(stemOf(os.toLowerCase()));
  if (others.length > 0) return others;
  const near = nearest(os, ids);
  if (near !== null) return [near];
  const stem = nearest(stemOf(os), ids.map(stemOf));
  return stem === null ? [] : versionsOf(stem);
}

/** `debian12`, `win2k22`: what is before the version. */
function stemOf(id: string): string {
  return id.replace(/[\d.]+$/, '');
}
