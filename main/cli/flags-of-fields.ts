/**
 * What the command line calls a field of `create.run` or `template.run`, by its path in the input; null: what is wrong with it is said without a place.
 * What has no option of its own is reached by --set.
 */
export function flagOf(field: string): string | null {
  const found = FLAGS.find(([pattern]) => pattern.test(field));
  if (found !== undefined) return found[1];
  // Of a clone, whose disks are named by their targets.
  const [, target] = /^disks\.(\w+)/.exec(field) ?? [];
  if (target !== undefined) return `--disk ${target}`;
  const [, disk] = /^spec\.disks\.(\d+)\.(?:source|sizeBytes)$/.exec(field) ?? [];
  if (disk !== undefined) return `disk ${Number(disk) + 1}`;
  return field.startsWith('spec.') ? `--set ${field.slice('spec.'.length)}` : null;
}

/** `user.name`, `users.0.name` and what is within. */
const at = (path: string): RegExp => new RegExp(`^${path}(?:\\.|$)`);

const FLAGS: readonly (readonly [RegExp, string])[] = [
  [at('os'), '--os'],
  [at('tags'), '--tag'],
  [at('xml'), '--xml'],
  [at('count'), '--count'],
  [at('title'), '--title'],
  [at('description'), '--description'],
  [at('source\\.medium'), '--iso'],
  [at('source\\.image'), '--cloud-image'],
  [at('source\\.url'), '--tree'],
  [at('source\\.arguments'), '--extra-args'],
  [at('source\\.drivers'), '--virtio-win'],
  [at('source\\.root'), '--container'],
  [at('source\\.init'), '--init'],
  [at('source\\.args'), '--arg'],
  [at('source\\.env'), '--env'],
  [at('source\\.unprivileged'), '--unprivileged'],
  [at('source\\.balancer'), '--backend'],
  [at('(?:source\\.pool|pool)'), '--pool'],
  [at('source\\.unattended\\.mirror'), '--mirror'],
  [at('source\\.unattended\\.edition'), '--edition'],
  [at('source\\.unattended\\.virtioWin'), '--virtio-win'],
  [at('source\\.unattended'), '--unattended'],
  [at('(?:source\\.)?cloudInit\\.packages'), '--package'],
  [at('(?:source\\.)?cloudInit\\.users'), '--user'],
  [at('(?:source\\.)?cloudInit\\.hostname'), '--hostname'],
  [at('(?:source\\.)?cloudInit\\.yaml'), '--cloud-init'],
  [at('(?:spec\\.memory\\.sizeMiB|memoryMiB)'), '--memory'],
  [at('(?:spec\\.cpu\\.vcpus|vcpus)'), '--vcpus'],
  [at('spec\\.virtType'), '--virt-type'],
  [at('spec\\.arch'), '--arch'],
  [at('spec\\.firmware'), '--firmware'],
  [at('spec\\.graphics\\.type'), '--graphics'],
  [/^spec\.disks$/, '--disk'],
  [at('sizeBytes'), '--disk-size'],
  [/^spec\.nics(?:\.\d+\.source)?$/, '--network'],
];
