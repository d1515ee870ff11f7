import type { CpioFile } from '../cpio.ts';
import type { IsoFile } from '../iso9660/index.ts';

/** What an installer of Linux is told, so that it asks nothing. It takes the whole of the first disk. */
export interface LinuxInstall {
  readonly hostname: string;
  readonly user: {
    readonly name: string;
    readonly fullName: string;
    /** As in /etc/shadow: `sha512Crypt`. The user may become root by it; root has no password. */
    readonly passwordHash: string;
    readonly sshKeys: readonly string[];
  };
  /** `Europe/Paris` */
  readonly timezone: string;
  /** `fr_FR.UTF-8` */
  readonly locale: string;
  /** A layout by its name in X: `us`, `fr`. */
  readonly keyboard: string;
  readonly packages: readonly string[];
}

/** How the answers reach an installer, besides its own medium. They hold hashes or passwords: to be deleted after the installation. */
export interface AnswerMedia {
  /** A CD to attach; null: none. Where the initrd may hold the same files, either will do. */
  readonly cd: { readonly volumeId: string; readonly files: readonly IsoFile[] } | null;
  /** Files to append to the initrd (`initrdSupplement`); empty: the medium may boot by itself. */
  readonly initrd: readonly CpioFile[];
  /** To add to the kernel's command line, where the machine boots by kernel and initrd (and finds the answers there). */
  readonly cmdline: string;
}

export function answerFile(path: string, content: string): { path: string; content: Buffer } {
  return { path, content: Buffer.from(content, 'utf8') };
}
