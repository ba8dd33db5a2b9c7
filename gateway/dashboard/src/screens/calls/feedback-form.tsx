import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { call as ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import formStyles from '../../components/form.module.css';
import { faultUnder } from '../../components/form-values.ts';
import { Icon } from '../../components/icons.tsx';
import { Entry, LabelledArea, LabelledText } from '../../components/labelled-field.tsx';
import { MoreFields } from '../../components/more-fields.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { useCheckedForm } from '../../components/use-checked-form.ts';

type Detail = OutputOf<'usage.request'>;
type Opinion = Detail['feedback'][number];

/** Of the team: it stands beside what end users think, and in the place of nothing that they said. */
const usualName = 'team';

interface FeedbackFormProps {
  call: Pick<Detail, 'id' | 'feedback'>;
  /** The opinion to change; undefined: that of the team. */
  changed: Opinion | undefined;
  onDone: () => void;
}

/** A thumb or a number, with a comment. The last of a name counts, so saving again changes it. */
export function FeedbackForm({ call: { id, feedback }, changed, onDone }: FeedbackFormProps): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const { person } = useSession();
  const first = changed ?? feedback.find((one) => one.name === usualName);
  const [score, setScore] = useState(first === undefined ? '' : wordOf(first.score));
  const [comment, setComment] = useState(first?.comment ?? '');
  const [name, setName] = useState(first?.name ?? usualName);
  const { form, fault, send, isSending, error } = useCheckedForm('feedback.create');
  // The button that was pressed is in a table above.
  useEffect(() => {
    if (changed !== undefined) form.current?.querySelector('textarea')?.focus();
  }, [changed, form]);
  const before = feedback.find((one) => one.name === name.trim());

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const input = { request_id: id, score: score.trim().replace(',', '.'), name, comment };
    const own = score.trim() === '' ? { path: 'score', message: 'Choose thumb up or thumb down.' } : undefined;
    const saved = await send(input, own);
    if (saved === undefined) return;
    const undo = async (): Promise<void> => {
      if (before === undefined) return;
      await ask('feedback.create', {
        request_id: id,
        name: before.name,
        score: before.score,
        comment: before.comment ?? '',
      });
      await queries.invalidateQueries({ queryKey: ['operation'] });
    };
    // What somebody else said would come back as said by this person.
    toast({ text: `Feedback ${saved.name} is saved`, ...(before?.by?.id === person.id && { undo }) });
    onDone();
  };

  const thumbs = [
    ['up', 'thumbUp', 'Thumb up'],
    ['down', 'thumbDown', 'Thumb down'],
  ] as const;
  return (
    <form ref={form} noValidate className="screen-only" onSubmit={(event) => void save(event)}>
      <Entry
        title={before === undefined ? 'Your feedback' : 'Change the feedback'}
        help="Experiments count it, and auto takes it as an alarm. It can be changed for 30 days."
        fault={fault?.path === 'score' && (score === '' || isThumb(score)) ? fault.message : undefined}
      >
        <div className={styles.row}>
          {thumbs.map(([word, icon, label]) => (
            <Button key={word} aria-pressed={score === word} onClick={() => setScore(word)}>
              <Icon name={icon} /> {label}
            </Button>
          ))}
        </div>
        <LabelledArea
          label="Comment"
          help="Why, for your team. It is stored encrypted."
          rows={2}
          fault={faultUnder(fault, 'comment')}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
        <MoreFields
          summary="Exact score and name"
          isUsed={(score !== '' && !isThumb(score)) || name !== usualName || fault?.path === 'name'}
        >
          <div className={formStyles.columns}>
            <LabelledText
              label="Score"
              help="up, down, or a number from 0 (useless) to 1 (right)."
              fault={score === '' || isThumb(score) ? undefined : faultUnder(fault, 'score')}
              value={score}
              onChange={(event) => setScore(event.target.value)}
            />
            <LabelledText
              label="Name"
              help="Tells several opinions of one call apart. End users are “user” unless your calls say otherwise."
              fault={faultUnder(fault, 'name')}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        </MoreFields>
        {before === undefined ? null : (
          <p className={styles.muted}>
            Saving replaces the feedback “<bdi>{before.name}</bdi>”
            {before.by === null ? null : (
              <>
                {' '}
                of <bdi>{before.by.name ?? before.by.id}</bdi>
              </>
            )}
            .
          </p>
        )}
        {error === null ? null : <ErrorCard error={error} />}
        <div className={styles.row}>
          <Button type="submit" kind="primary" disabled={isSending}>
            Save feedback
          </Button>
          {changed === undefined ? null : <Button onClick={onDone}>Cancel</Button>}
        </div>
      </Entry>
    </form>
  );
}

function isThumb(score: string): boolean {
  return score === 'up' || score === 'down';
}

function wordOf(score: number): string {
  if (score === 1) return 'up';
  return score === 0 ? 'down' : String(score);
}
