import type { ReactNode } from 'react';
import styles from './answer.module.css';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';

/** Fields that an answer shows this once. */
const secretFields: ReadonlyMap<string, string> = new Map([
  ['key', 'Key'],
  ['live_key', 'Live key'],
  ['test_key', 'Test key'],
  ['secret', 'Secret'],
  ['token', 'Token'],
  ['url', 'Link'],
]);

/** Does an answer hold something that is shown only once, or a link to hand on? */
export function hasSecret(answer: unknown): boolean {
  return Object.keys(recordOf(answer)).some((key) => secretFields.has(key));
}

/** The answer of an operation: its secrets first, each to be copied. Nothing of it is kept. */
export function Answer({ answer, onClose }: { answer: unknown; onClose?: () => void }): ReactNode {
  const fields = Object.entries(recordOf(answer));
  const secrets = fields.filter(([key, value]) => secretFields.has(key) && typeof value === 'string');
  const others = fields.filter(([key, value]) => !secretFields.has(key) && value !== null && typeof value !== 'object');
  return (
    <div className={styles.answer}>
      {secrets.map(([key, value]) => (
        <div key={key}>
          <p>
            {secretFields.get(key)}
            {key === 'url' ? '' : ', shown only once'}
          </p>
          <div className={styles.secret}>
            <code>{String(value)}</code>
            <CopyButton text={String(value)} />
          </div>
        </div>
      ))}
      {others.length === 0 ? null : (
        <dl className={styles.facts}>
          {others.map(([key, value]) => [
            <dt key={`${key}-name`}>{key}</dt>,
            <dd key={key} dir="auto">
              {String(value)}
            </dd>,
          ])}
        </dl>
      )}
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
