/** A path on a host, as `scp` has it: `kvm-b:/srv/images/web`. */
export interface HostPath {
  /** As a person calls it. */
  readonly host: string;
  readonly path: string;
}

/** Null: it is a path of this computer. A host has two letters at least, as Windows' drives have one. */
export function hostPath(text: string): HostPath | null {
  const [, host, path] = /^([^/\\:]{2,}):(\/.*)$/s.exec(text) ?? [];
  return host === undefined || path === undefined ? null : { host, path };
}
