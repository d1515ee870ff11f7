import * as z from './zod.ts';

export const UNATTENDED_KINDS = ['preseed', 'kickstart', 'autoinstall', 'autounattend'] as const;

const word = z.string().min(1).max(255);

const linuxAnswers = z.object({
  /** Null: the machine's name. */
  hostname: word.nullable(),
  user: z.object({
    /** As useradd takes it. It may become root by its password; root has none. */
    name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
    /** Empty: the name. */
    fullName: z.string().max(255),
    /** It is hashed before it leaves the core, and never logged. */
    password: z.string().min(1).max(512),
    /** Lines of authorized_keys. */
    sshKeys: z.array(z.string().max(16_384)).max(64),
  }),
  /** `Europe/Paris` */
  timezone: word,
  /** `fr_FR.UTF-8` */
  locale: word,
  /** A layout by its name in X: `us`, `fr`. */
  keyboard: word,
  packages: z.array(word).max(256),
});

/**
 * What an installer is told, so that it asks nothing. It takes the whole of the disk: nothing on it is kept.
 * `preseed`: Debian; `kickstart`: Fedora and what is built as RHEL is; `autoinstall`: Ubuntu's server; `autounattend`: Windows 10, 11, Server 2016 and later.
 */
export const unattended = z.discriminatedUnion('kind', [
  /** `mirror`: where its packages are; null: where the tree is, or the catalogue's. */
  linuxAnswers.extend({
    kind: z.literal('preseed'),
    mirror: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .nullable(),
  }),
  /** `tree`: where its packages are; null: where it is installed from, or at the closest mirror. */
  linuxAnswers.extend({ kind: z.literal('kickstart'), tree: z.url().max(2048).nullable() }),
  linuxAnswers.extend({ kind: z.literal('autoinstall') }),
  z.object({
    kind: z.literal('autounattend'),
    /** At most 15 letters, digits and `-`; null: of the machine's name. */
    computerName: z.string().max(15).nullable(),
    /** An administrator that is made; null: the built-in one alone, as servers have it. */
    user: z.object({ name: z.string().min(1).max(20), fullName: z.string().max(255) }).nullable(),
    /** Of both. Windows reads it as it is: whoever reads the answers' volume has it. */
    password: z.string().min(1).max(127),
    timezone: word,
    /** The language of the medium: `en-US`. */
    language: word,
    /** Of dates, numbers and the keyboard: `fr-FR`. */
    region: word,
    /** Which edition of the medium, from 1; null: what the product key says, or else setup asks. */
    edition: z.number().int().min(1).max(99).nullable(),
    productKey: z.string().max(64).nullable(),
    remoteDesktop: z.boolean(),
  }),
]);
export type Unattended = z.infer<typeof unattended>;
