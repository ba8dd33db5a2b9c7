import type { ReactNode } from 'react';
import styles from './answer.module.css';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';
import { LocalNote } from './local-note.tsx';

/** Fields that an answer shows this once. */
const secretFields: ReadonlyMap<string, string> = new Map([
  ['key', 'Key'],
  ['live_key', 'Live key'],
  ['test_key', 'Test key'],
  ['secret', 'Secret'],
  ['token', 'Token'],
  ['url', 'Link'],
  ['recovery_codes', 'Recovery codes'],
]);

/** Does an answer hold something that is shown only once, or a link to hand on? */
export function hasSecret(answer: unknown): boolean {
  return Object.keys(recordOf(answer)).some((key) => secretFields.has(key));
}

/** The answer of an operation: its secrets first, each to be copied. Nothing of it is kept. */
export function Answer({
  answer,
  outcome,
  opens = false,
  onClose,
}: {
  answer: unknown;
  /** The outcome in a sentence, in place of the name of the thing. */
  outcome?: ReactNode;
  /** Its link may be opened here. */
  opens?: boolean;
  onClose?: () => void;
}): ReactNode {
  const { name, label, ...rest } = recordOf(answer);
  const secrets = Object.entries(rest).flatMap(([key, value]) => {
    const text = Array.isArray(value) ? value.join('\n') : value;
    return secretFields.has(key) && typeof text === 'string' ? [[key, text] as const] : [];
  });
  const title = label ?? name;
  return (
    <div className={styles.answer}>
      {outcome !== undefined ? (
        <p dir="auto" role="status">
          {outcome}
        </p>
      ) : typeof title === 'string' ? (
        <p dir="auto">{title}</p>
      ) : null}
      {secrets.map(([key, text]) => (
        <div key={key} className={styles.given}>
          <p>
            {secretFields.get(key)}
            {key === 'url' ? '' : ', shown only once'}
          </p>
          <div className={styles.secret}>
            <code>{text}</code>
            <CopyButton text={text} />
          </div>
          {key === 'url' && opens ? (
            <a href={text} target="_blank" rel="noreferrer">
              Open
            </a>
          ) : null}
          {key === 'url' ? <LocalNote address={text} /> : null}
        </div>
      ))}
      {onClose === undefined ? null : (
        <div>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      )}
    </div>
  );
}

function recordOf(answer: unknown): Record<string, unknown> {
  return typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? { ...answer } : {};
}
