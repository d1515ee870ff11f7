import path from 'node:path';
import type { Lab } from '../lab/lab.ts';
import { NAME, other, type At } from './migrate-lab.ts';

/** Its disk becomes an overlay; what it had is the base of that, which both hosts have at one path. The machine is forced off, and started again. */
export async function putOnBase(lab: Lab, at: At, disk: string): Promise<void> {
  const images = path.dirname(disk);
  const base = `${images}/base.qcow2`;
  await lab.exec(at, 'virsh', '-q', 'destroy', NAME);
  await lab.exec(at, 'sh', '-c', `mv ${disk} ${base}; cp ${base} /srv/shared/`);
  await lab.exec(at, 'qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk);
  await lab.exec(other(at), 'sh', '-c', `mv /srv/shared/base.qcow2 ${images}/`);
  for (const host of [1, 2] as const) await lab.exec(host, 'virsh', '-q', 'pool-refresh', 'default');
  await lab.exec(at, 'virsh', '-q', 'start', NAME);
}
