import type { ReactNode } from 'react';
import { Entry, LabelledTick } from '../../components/labelled-field.tsx';
import styles from './auto-card.module.css';
import type { Dial } from './auto-draft.ts';

const dials: Readonly<Record<Dial, readonly [title: string, help: string]>> = {
  quality: ['Quality', 'The strong model answers until your own calls prove that a small one agrees with it in 98 %.'],
  balanced: [
    'Balanced',
    'Small models do simple tasks, such as classification and extraction, and all tasks for which your calls prove 95 %. Strong models do the rest.',
  ],
  cost: ['Cost', 'The small model answers unless your calls show that it agrees in less than 90 %.'],
};
const names = Object.keys(dials) as Dial[];

/** How auto weighs price against quality, with a sentence on what each place of the dial does. */
export function DialFields({ dial, onChange }: { dial: Dial; onChange: (dial: Dial) => void }): ReactNode {
  return (
    <Entry title="Dial" help="Of calls to the model auto. A call may name another one: auto:quality, auto:cost.">
      <div className={styles.dials}>
        {names.map((name) => {
          const [title, help] = dials[name];
          return (
            <LabelledTick
              key={name}
              type="radio"
              name="dial"
              label={title}
              help={help}
              checked={name === dial}
              onChange={() => onChange(name)}
            />
          );
        })}
      </div>
    </Entry>
  );
}
