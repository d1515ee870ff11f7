import type { DiskFigures, DomainDetailFigures, DomainFigures } from '../../../../main/contract/figures.ts';

type Value = number | null;

/** A sum in which what was not measured is left out; null when nothing was measured. */
function total(values: readonly Value[]): Value {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

/** Mean latency over disks, each weighted by its requests: an idle disk says nothing. */
function meanLatency(
  disks: readonly DiskFigures[],
  latency: 'readLatencyMs' | 'writeLatencyMs',
  requests: 'readRequests' | 'writeRequests',
): Value {
  let sum = 0;
  let weight = 0;
  for (const disk of disks) {
    const ms = disk[latency];
    const count = disk[requests] ?? 0;
    if (ms === null || count <= 0) continue;
    sum += ms * count;
    weight += count;
  }
  return weight === 0 ? null : sum / weight;
}

/** The figures of one tick under the names of `stats.history`, and under `NAME@DEVICE` those of each vCPU, disk and NIC. */
export function tickValues(
  figures: DomainFigures,
  detail: DomainDetailFigures | null,
): Record<string, Value> {
  const values: Record<string, Value> = {
    cpu: figures.cpu,
    'memory.used': figures.memoryUsedKiB,
    'memory.total': figures.memoryTotalKiB,
    'disk.read': figures.diskReadBytes,
    'disk.write': figures.diskWriteBytes,
    'net.in': figures.netInBytes,
    'net.out': figures.netOutBytes,
  };
  if (detail === null) return values;
  const { disks, nics } = detail;
  values['steal'] = detail.steal;
  values['memory.cache'] = detail.memory.cacheKiB;
  values['disk.readRequests'] = total(disks.map((disk) => disk.readRequests));
  values['disk.writeRequests'] = total(disks.map((disk) => disk.writeRequests));
  values['disk.readLatency'] = meanLatency(disks, 'readLatencyMs', 'readRequests');
  values['disk.writeLatency'] = meanLatency(disks, 'writeLatencyMs', 'writeRequests');
  for (const [index, percent] of detail.vcpus.entries()) values[`cpu@${index}`] = percent;
  for (const disk of disks) addDisk(values, disk);
  for (const nic of nics) {
    values[`net.in@${nic.name}`] = nic.inBytes;
    values[`net.out@${nic.name}`] = nic.outBytes;
  }
  return values;
}

function addDisk(values: Record<string, Value>, disk: DiskFigures): void {
  values[`disk.read@${disk.target}`] = disk.readBytes;
  values[`disk.write@${disk.target}`] = disk.writeBytes;
  values[`disk.readRequests@${disk.target}`] = disk.readRequests;
  values[`disk.writeRequests@${disk.target}`] = disk.writeRequests;
  values[`disk.readLatency@${disk.target}`] = disk.readLatencyMs;
  values[`disk.writeLatency@${disk.target}`] = disk.writeLatencyMs;
}
