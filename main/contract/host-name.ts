/** What of a machine's name a host name can hold: what it is called inside where nothing else is said. */
export function hostNameOf(name: string): string {
  const label = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  return label === '' ? 'localhost' : label;
}
