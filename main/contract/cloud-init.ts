import * as z from './zod.ts';

const word = z.string().max(255);
const line = z.string().max(4096);

export const cloudUser = z.object({
  /** As useradd takes it. */
  name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
  /** Lines of authorized_keys. */
  sshKeys: z.array(z.string().max(16_384)).max(64),
  /** Null: none, and no login with one. It is hashed before it leaves the core, and never logged. */
  password: z.string().min(1).max(512).nullable(),
  /** May become root without a password. */
  sudo: z.boolean(),
});
export type CloudUser = z.infer<typeof cloudUser>;

/** The agent of Puppet, set up at the first boot. */
export const cloudPuppet = z.object({
  server: word.min(1),
  environment: word.nullable(),
  /** Null: the host name. */
  certname: word.nullable(),
  /** `packages`: of the distribution; `aio`: of Puppet's own repository. */
  installType: z.enum(['packages', 'aio']),
});

export const packageSource = z.discriminatedUnion('kind', [
  /** `source`: a line of sources.list, `ppa:…`. `key`: an armoured public key; null: apt knows it. */
  z.object({
    kind: z.literal('apt'),
    name: word.min(1),
    source: line.min(1),
    key: z.string().max(65_536).nullable(),
  }),
  /** `gpgKeyUrl` null: packages are not checked. */
  z.object({ kind: z.literal('yum'), name: word.min(1), baseUrl: line.min(1), gpgKeyUrl: line.nullable() }),
]);
export type PackageSource = z.infer<typeof packageSource>;

/** What a cloud image is told at its first boot. Empty lists and nulls leave the image's own defaults. */
export const cloudInit = z.object({
  /** Null: the machine's name. */
  hostname: word.nullable(),
  users: z.array(cloudUser).max(32),
  /** Whether SSH takes passwords. */
  sshPasswords: z.boolean(),
  packageUpdate: z.boolean(),
  packages: z.array(word).max(256),
  /** Where packages come from, beside the system's own sources. */
  packageSources: z.array(packageSource).max(32).optional(),
  files: z
    .array(
      z.object({
        path: z.string().regex(/^\//).max(4096),
        content: z.string().max(65_536),
        /** Octal, as chmod takes it. */
        mode: z
          .string()
          .regex(/^[0-7]{3,4}$/)
          .nullable(),
      }),
    )
    .max(64),
  /** Shell commands, run as root, once. */
  runCommands: z.array(line).max(256),
  timezone: word.nullable(),
  locale: word.nullable(),
  /** Null: DHCP on every card. */
  network: z
    .object({
      /** `192.0.2.10/24` or an IPv6 one; of the first card. */
      addresses: z.array(word).min(1).max(16),
      gateway: word.nullable(),
      nameservers: z.array(word).max(8),
    })
    .nullable(),
  puppet: cloudPuppet.nullable(),
  /** Keys of cloud-config that are put over the others. */
  yaml: z.string().max(65_536).nullable(),
});
export type CloudInit = z.infer<typeof cloudInit>;
