import { statfs } from 'node:fs/promises';

/** A disk as `df` shows it: what only root may fill counts as used. */
export interface DiskSpace {
  folder: string;
  sizeBytes: number;
  freeBytes: number;
  /** 0 to 1. */
  usedShare: number;
}

/** From here on an operator is warned: a database without room stops the gateway. */
export const fullShare = 0.9;

/** The fullest of the disks that these folders are on. Throws where none of them can be asked. */
export async function readDisk(folders: readonly string[]): Promise<DiskSpace> {
  const disks = await Promise.all(folders.map(async (folder) => spaceOf(folder, await statfs(folder))));
  const [fullest] = disks.sort((a, b) => b.usedShare - a.usedShare);
  if (fullest === undefined) throw new Error('no folder to look at');
  return fullest;
}

/** `bavail` is what is left for others than root. */
export function spaceOf(
  folder: string,
  { bsize, blocks, bfree, bavail }: { bsize: number; blocks: number; bfree: number; bavail: number },
): DiskSpace {
  const usable = blocks - bfree + bavail;
  return {
    folder,
    sizeBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    usedShare: usable <= 0 ? 1 : (blocks - bfree) / usable,
  };
}

/** A sentence for the operator when the disk is 90 % full or more; undefined while there is room. */
export function diskWarning({ folder, freeBytes, usedShare }: DiskSpace): string | undefined {
  if (usedShare < fullShare) return undefined;
  // Never "100 %" while there is something left.
  const percent = freeBytes > 0 ? Math.min(99, Math.floor(usedShare * 100)) : 100;
  return `The disk of ${folder} is ${percent} % full, ${inUnits(freeBytes)} free. Make room or enlarge it: without room for the database no call is answered.`;
}

function inUnits(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${at < 3 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
