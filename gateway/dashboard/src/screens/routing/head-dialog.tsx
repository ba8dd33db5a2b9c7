import type { OutputOf } from '@ai-gateway/shared/contract';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/client.ts';
import { useChange } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import {
  choiceNow,
  type HeadChoice,
  type Heads,
  headAfter,
  sayEasy,
  sayEnd,
  sayGain,
  versionOfChoice,
} from './head-words.ts';

interface HeadDialogProps {
  heads: Heads;
  choice: HeadChoice;
  dial: OutputOf<'auto.get'>['dial'] | undefined;
  onClose: () => void;
}

/** The second step before the words of calls are read otherwise: says what will happen. */
export function HeadDialog({ heads, choice, dial, onClose }: HeadDialogProps): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const activate = useChange('routing.heads.activate');
  const active = heads.data.find((head) => head.active);
  const title = titleOf(choice, active?.version);
  const isCandidate = choice.to === 'version' && choice.head.state === 'candidate';
  const goBack = async (to: string): Promise<void> => {
    await call('routing.heads.activate', { version: to });
    await queries.invalidateQueries({ queryKey: ['operation'] });
  };
  const go = async (): Promise<void> => {
    const before = choiceNow(heads);
    try {
      const { data } = await activate.mutateAsync({ version: versionOfChoice(choice) });
      const now = data.find((head) => head.active);
      toast({
        text: now === undefined ? 'No head is active now' : `Version ${now.version} is active`,
        // The comparison of a candidate is over for good.
        ...(isCandidate ? {} : { undo: () => goBack(before) }),
      });
      onClose();
    } catch {
      // The card below says why.
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className={styles.stack}>
        {sayChoice({ heads, choice, dial }).map((sentence) => (
          <p key={sentence} dir="auto">
            {sentence}
          </p>
        ))}
        {activate.isError ? <ErrorCard error={activate.error} /> : null}
        <div className={styles.row}>
          <Button kind="primary" disabled={activate.isPending} onClick={() => void go()}>
            {buttons[choice.to]}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}

const buttons = { version: 'Promote', none: 'Retire', latest: 'Follow the newest' } as const;

function titleOf(choice: HeadChoice, active: number | undefined): string {
  if (choice.to === 'version') return `Promote version ${choice.head.version}`;
  return choice.to === 'latest' ? 'Follow the newest' : `Retire version ${active ?? ''}`.trim();
}

function sayChoice({ heads, choice, dial }: Omit<HeadDialogProps, 'onClose'>): string[] {
  const active = heads.data.find((head) => head.active);
  const next = headAfter(heads, choice);
  const ends = sayEnd(heads, choice);
  const waits = 'Newer versions wait until you choose “Follow the newest”.';
  if (choice.to === 'none')
    return [
      'From the next call on, auto looks at the task of a call alone, and no more at its words.',
      active === undefined
        ? ''
        : `Calls that version ${active.version} finds easy go to ${active.baseline_model}, unless the compared pairs of their task prove ${active.model}.`,
      ends ?? '',
      waits,
    ].filter((sentence) => sentence !== '');
  if (next === undefined)
    return [
      'No version is proven now, so none is active for the time being. The next one that is better becomes active by itself.',
      ...(ends === undefined ? [] : [ends]),
    ];
  const instead =
    active === undefined || active.version === next.version ? '' : `, in place of version ${active.version}`;
  const easy = dial === undefined ? undefined : sayEasy(next, dial);
  return [
    `From the next call on, version ${next.version} reads the words of calls to auto${instead}.`,
    easy === undefined
      ? `Calls that it finds easy go to ${next.model}.`
      : `Of the calls that it was judged on, it leaves ${easy} to ${next.model} with the dial ${dial}.`,
    `It was better than the tasks alone by ${sayGain(next)}.`,
    ...(choice.to === 'version' && next.state === 'withdrawn' && next.reason !== null
      ? [`It was withdrawn. ${next.reason}`]
      : []),
    ...(ends === undefined ? [] : [ends]),
    choice.to === 'version' ? waits : 'Each later version that is better becomes active by itself.',
  ];
}
