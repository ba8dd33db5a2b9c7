import type { ReactNode } from 'react';
import styles from './parts.module.css';

const guide = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main/docs/deploy.md';

/** Said of an address of this computer before somebody hands it on: nobody else reaches it, and no platform in the cloud. */
export function LocalNote({
  address,
  what = 'Nobody else can open it',
  nearby,
}: {
  address: string;
  what?: string;
  /** How it is reached from this computer all the same. */
  nearby?: string | undefined;
}): ReactNode {
  if (!URL.canParse(address) || !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(address).hostname))
    return null;
  return (
    <p className={styles.muted}>
      This address works on this computer only. {what} until the gateway has an address on the internet:{' '}
      <a href={guide} target="_blank" rel="noreferrer">
        how to give it one
      </a>
      .{nearby === undefined ? '' : ` ${nearby}`}
    </p>
  );
}
