/** A longer name is cut too; so many of its last characters stay, which hold what tells it from others, and its ending. */
const LONG_NAME = 36;
const KEPT = 24;

/** Where a path is cut when there is no room: its last part stays whole, since the file's name tells more than its folder. */
export function splitPath(path: string): { folder: string; name: string } {
  const nameAt = path.lastIndexOf('/', path.length - 2) + 1;
  const at = path.length - nameAt > LONG_NAME ? path.length - KEPT : nameAt;
  return { folder: path.slice(0, at), name: path.slice(at) };
}
