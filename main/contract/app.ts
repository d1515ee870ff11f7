import * as z from './zod.ts';

export const preferences = z.object({
  theme: z.enum(['system', 'dark', 'light']),
  statsIntervalMs: z.union([z.literal(1000), z.literal(2000), z.literal(5000), z.literal(10000)]),
});
export type Preferences = z.infer<typeof preferences>;

/** Something a person should know and did not ask for, as one or two sentences. */
export const notice = z.object({
  /** The same thing has the same id. */
  id: z.string(),
  message: z.string(),
  /** Text of a lower layer or paths, shown in monospace. */
  detail: z.string().optional(),
});
export type Notice = z.infer<typeof notice>;

export const appInfo = z.object({
  version: z.string(),
  shell: z.enum(['electron', 'browser', 'cli', 'test']),
  platform: z.string(),
  /** This computer's own libvirt: its URI when a socket is there. */
  localLibvirt: z.string().nullable(),
  /** Secrets can be kept (an OS keychain is behind it). */
  canRemember: z.boolean(),
});
export type AppInfo = z.infer<typeof appInfo>;
