/** Why a start failed, as a sentence for the operator. Node words errors of the disk for programmers, so these are translated. */
export function explainStart(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const why = code === undefined ? undefined : diskFaults[code];
  return why === undefined || path === undefined ? error.message : `${path} cannot be written: ${why}`;
}

const diskFaults: Readonly<Record<string, string>> = {
  EROFS: 'its disk is read-only. Mount it for writing, or set DATA_DIR to a folder on another disk.',
  ENOSPC: 'its disk is full. Make room, or set DATA_DIR to a folder on another disk.',
  EDQUOT: 'the disk quota of this user is used up. Make room, or set DATA_DIR to a folder on another disk.',
  EACCES: 'this user lacks the permission. Grant it, or set DATA_DIR to a folder of its own.',
  EPERM: 'this user lacks the permission. Grant it, or set DATA_DIR to a folder of its own.',
};
