import type { Failure } from '../../main/contract/failure.ts';

/** What "Copy details" copies: everything known of a failure as plain lines. A Failure never holds a secret. */
export function failureReport(failure: Failure, about: { version: string; time: number }): string {
  const { libvirt, hostKey } = failure;
  const lines: [string, string | undefined][] = [
    ['What', failure.message],
    ['Code', failure.code],
    ['Host', failure.host?.name],
    ['libvirt', libvirt && `${libvirt.code} (${libvirt.codeNumber}), ${libvirt.domain}, ${libvirt.level}`],
    ['Message', libvirt?.message],
    ['Detail', failure.detail],
    ...(failure.problems ?? []).map(({ field, message }): [string, string] => [field, message]),
    ['Known key', hostKey?.known.join(', ')],
    ['Offered key', hostKey && `${hostKey.offered} (${hostKey.keyType})`],
    ['Known in', hostKey?.knownIn],
    ['Time', new Date(about.time).toISOString()],
    ['Virtlane', about.version],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])).join('\n');
}
