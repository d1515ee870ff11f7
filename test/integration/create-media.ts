import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const GUEST = path.join(process.env['VIRTLANE_GUEST_DIR'] ?? '/var/tmp/virtlane-guest', 'tiny.qcow2');
const BOOT = { kernel: 'isolinux/vmlinuz', initrd: 'isolinux/initrd.img' };

/** The tiny guest's kernel and initrd, as files. */
export async function bootFiles(folder: string): Promise<{ kernel: string; initrd: string }> {
  const raw = path.join(folder, 'tiny.raw');
  const [kernel, initrd] = [path.join(folder, 'vmlinuz'), path.join(folder, 'initrd.img')];
  await run('qemu-img', ['convert', '-O', 'raw', GUEST, raw]);
  for (const file of [kernel, initrd])
    await run('mcopy', ['-n', '-o', '-i', `${raw}@@1M`, `::${path.basename(file)}`, file]);
  return { kernel, initrd };
}

/** A CD that boots the tiny guest's kernel by isolinux, with an installer's label, and its files where `boot` says. */
export async function makeIso(
  folder: string,
  { label, boot = BOOT }: { label: string; boot?: { kernel: string; initrd: string } },
): Promise<string> {
  const root = path.join(folder, 'root');
  await mkdir(path.join(root, 'isolinux'), { recursive: true });
  const files = await bootFiles(folder);
  for (const name of ['kernel', 'initrd'] as const) {
    const to = path.join(root, boot[name]);
    await mkdir(path.dirname(to), { recursive: true });
    await copyFile(files[name], to);
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

/** What a loader says on the serial console, once it runs. */
export const LOADER_RUNS = {
  unsigned: 'the unsigned loader runs',
  signed: 'the signed loader runs',
} as const;

/** A CD that UEFI boots: a loader that nobody signed, or one that Microsoft's key vouches for (Debian's shim and GRUB). */
export async function makeEfiIso(folder: string, loader: keyof typeof LOADER_RUNS): Promise<string> {
  const root = path.join(folder, loader);
  const grub = path.join(root, 'boot/grub');
  await mkdir(grub, { recursive: true });
  const config = path.join(grub, 'grub.cfg');
  await writeFile(config, `echo "${LOADER_RUNS[loader]}"\nsleep 600\n`);
  const own = path.join(folder, 'unsigned.efi');
  const modules = 'echo sleep normal';
  const parts = [
    `--modules=${modules}`,
    `--install-modules=${modules}`,
    '--fonts=',
    '--locales=',
    '--themes=',
  ];
  if (loader === 'unsigned')
    await run('grub-mkstandalone', ['-O', 'x86_64-efi', '-o', own, ...parts, `boot/grub/grub.cfg=${config}`]);
  const files =
    loader === 'unsigned'
      ? [[own, 'BOOTX64.EFI'] as const]
      : ([
          ['/usr/lib/shim/shimx64.efi.signed', 'BOOTX64.EFI'],
          ['/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed', 'grubx64.efi'],
        ] as const);
  // GRUB looks for the CD by it.
  await mkdir(path.join(root, '.disk'));
  await writeFile(path.join(root, '.disk/info'), '');
  const image = path.join(root, 'efi.img');
  await run('mkfs.vfat', ['-C', image, '8192']);
  await run('mmd', ['-i', image, '::EFI', '::EFI/BOOT']);
  for (const [from, name] of files) await run('mcopy', ['-i', image, from, `::EFI/BOOT/${name}`]);
  const iso = path.join(folder, `${loader}.iso`);
  const bootable = ['-eltorito-platform', 'efi', '-b', 'efi.img', '-no-emul-boot'];
  await run('xorriso', [
    '-as',
    'mkisofs',
    '-o',
    iso,
    '-V',
    'CCCOMA_X64FRE_EN-US_DV9',
    '-R',
    ...bootable,
    root,
  ]);
  return iso;
}
