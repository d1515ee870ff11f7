import { InvalidArgumentError } from 'commander';

const POWERS = ['', 'K', 'M', 'G', 'T', 'P'];

/** `20G`, `512MiB`, `1.5T`, `4096`: bytes, in steps of 1024 as qemu-img has them. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?$/i.exec(text);
  const bytes = Number(match?.[1]) * 1024 ** POWERS.indexOf(match?.[2]?.toUpperCase() ?? '?');
  if (match === null || !Number.isSafeInteger(Math.round(bytes)))
    throw new InvalidArgumentError('It must be a size: 20G, 512M, 4096.');
  return Math.round(bytes);
}
