/** Where a path is cut when there is no room: its last part stays whole, since the file's name tells more than its folder. */
export function splitPath(path: string): { folder: string; name: string } {
  const at = path.lastIndexOf('/', path.length - 2) + 1;
  return { folder: path.slice(0, at), name: path.slice(at) };
}
