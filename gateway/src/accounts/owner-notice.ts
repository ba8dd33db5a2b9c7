import type { Caller } from './api-key.ts';

/** What every owner of a workspace is mailed of, so that a change by somebody else is seen. */
export type OwnerChange =
  | { kind: 'new-owner'; email: string }
  | { kind: 'sso-changed'; connection: string }
  | { kind: 'key-rolled'; key: string };

/** Mails the owners of the caller's workspace, where there is a mail server. Not waited for: the change is made. */
export type TellOwners = (
  caller: Pick<Caller, 'workspaceId' | 'workspaceName' | 'keyName'>,
  change: OwnerChange,
) => void;
