import type { ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { LocalNote } from '../../components/local-note.tsx';
import styles from './recipe.module.css';
import { recipes } from './recipes.ts';
import type { Way } from './ways.ts';

/** The place of a key that is not made yet: nobody is asked to copy it. */
const noKey = 'YOUR_KEY';

/** From the key to the first call on one platform, each value ready to be copied. */
export function RecipeSteps({ way, apiKey }: { way: Way; apiKey: string | undefined }): ReactNode {
  const { add, fields, then, app, away, nearby } = recipes[way];
  const address = location.origin;
  return (
    <div className={styles.recipe}>
      {away === undefined ? null : <LocalNote address={address} what={away} nearby={nearby?.(location.port)} />}
      <p>{add}</p>
      <dl className={styles.fields}>
        {fields({ address, apiKey: apiKey ?? noKey }).map(([name, value, isOwn]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {isOwn === undefined ? (
                <>
                  <code>{value}</code>
                  {apiKey === undefined && value.includes(noKey) ? null : <CopyButton text={value} of={name} />}
                </>
              ) : (
                value
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p>{then}</p>
      {app === undefined ? null : (
        <p className={styles.app}>
          {app.text}{' '}
          <a href={app.guide} target="_blank" rel="noreferrer">
            How to install it
          </a>
        </p>
      )}
    </div>
  );
}
