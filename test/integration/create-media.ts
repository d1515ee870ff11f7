import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');
const BOOT = { kernel: 'isolinux/vmlinuz', initrd: 'isolinux/initrd.img' };

/** A CD that boots the tiny guest's kernel by isolinux, with an installer's label, and its files where `boot` says. */
export async function makeIso(
  folder: string,
  { label, boot = BOOT }: { label: string; boot?: { kernel: string; initrd: string } },
): Promise<string> {
  const root = path.join(folder, 'root');
  await mkdir(path.join(root, 'isolinux'), { recursive: true });
  const raw = path.join(folder, 'tiny.raw');
  await run('qemu-img', ['convert', '-O', 'raw', GUEST, raw]);
  for (const [name, to] of [
    ['vmlinuz', boot.kernel],
    ['initrd.img', boot.initrd],
  ] as const) {
    await mkdir(path.join(root, path.dirname(to)), { recursive: true });
    await run('mcopy', ['-i', `${raw}@@1M`, `::${name}`, path.join(root, to)]);
  }
  for (const [from, name] of [
    ['/usr/lib/ISOLINUX/isolinux.bin', 'isolinux.bin'],
    ['/usr/lib/syslinux/modules/bios/ldlinux.c32', 'ldlinux.c32'],
  ] as const)
    await copyFile(from, path.join(root, 'isolinux', name));
  const append = `initrd=/${boot.initrd} console=tty0 console=ttyS0 quiet tsc=unstable no_timer_check mitigations=off`;
  await writeFile(
    path.join(root, 'isolinux', 'isolinux.cfg'),
    `DEFAULT linux\nLABEL linux\n KERNEL /${boot.kernel}\n APPEND ${append} fromcd\n`,
  );
  const iso = path.join(folder, 'installer.iso');
  const bootable = ['-b', 'isolinux/isolinux.bin', '-c', 'isolinux/boot.cat', '-no-emul-boot'];
  const more = ['-boot-load-size', '4', '-boot-info-table'];
  await run('xorriso', ['-as', 'mkisofs', '-o', iso, '-V', label, '-J', '-R', ...bootable, ...more, root]);
  return iso;
}
