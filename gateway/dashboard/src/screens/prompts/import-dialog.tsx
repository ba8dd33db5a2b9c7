import type { OutputOf } from '@ai-gateway/shared/contract';
import { type ReactNode, useState } from 'react';
import { useMode } from '../../api/mode.ts';
import { useChange } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { LabelledArea, LabelledSelect } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { useToast } from '../../components/toast.tsx';
import { readImport, type Source, sourceNames, sources } from './import-source.ts';

type Plan = OutputOf<'prompts.import'>;

const actions = {
  create: ['good', 'New prompt'],
  update: ['good', 'New versions'],
  none: ['plain', 'There already'],
  conflict: ['bad', 'Conflict'],
} as const;

/** Takes over prompts of another tool. A dry run says what would come, and names each conflict; nothing is imported before. */
export function ImportDialog({ onClose }: { onClose: () => void }): ReactNode {
  const toast = useToast();
  const mode = useMode();
  const [source, setSource] = useState<Source>('langfuse');
  const [text, setText] = useState('');
  const [plan, setPlan] = useState<Plan | undefined>();
  const take = useChange('prompts.import');
  const data = readImport(text);
  const isReady = plan !== undefined && plan.conflicts === 0 && plan.prompts.some(({ action }) => action !== 'none');
  const set = (next: () => void): void => {
    next();
    setPlan(undefined);
    take.reset();
  };
  const run = async (isDry: boolean): Promise<void> => {
    try {
      const answer = await take.mutateAsync({ source, data, dry_run: isDry });
      setPlan(answer);
      if (isDry) return;
      const count = answer.prompts.filter(({ action }) => action !== 'none').length;
      toast({ text: count === 1 ? 'One prompt is imported' : `${count} prompts are imported` });
      onClose();
    } catch {
      // The card below says why.
    }
  };
  return (
    <Dialog title="Import prompts" wide onClose={onClose}>
      <div className={styles.stack}>
        {mode === 'test' ? (
          <p className={styles.muted}>
            Live calls use production and the settings of prompts: switch test mode off to import what changes them.
          </p>
        ) : null}
        <LabelledSelect
          label="From"
          value={source}
          onChange={(event) => set(() => setSource(sourceNames.find((one) => one === event.target.value) ?? source))}
        >
          {sourceNames.map((name) => (
            <option key={name} value={name}>
              {sources[name]}
            </option>
          ))}
        </LabelledSelect>
        <div>
          <label className={styles.row}>
            File
            <input
              type="file"
              accept="application/json,.json"
              onChange={(event) => void event.target.files?.[0]?.text().then((read) => set(() => setText(read)))}
            />
          </label>
        </div>
        <LabelledArea
          label="JSON"
          help="One prompt, a list, or an answer of the API with its data."
          fault={text.trim() !== '' && data === undefined ? 'The text is not JSON. Copy all of it.' : undefined}
          rows={8}
          spellCheck={false}
          value={text}
          onChange={(event) => set(() => setText(event.target.value))}
        />
        {take.isError ? <ErrorCard error={take.error} /> : null}
        <div aria-live="polite">{plan === undefined ? null : <PlanTable plan={plan} />}</div>
        <div className={styles.row}>
          <Button disabled={data === undefined || take.isPending} onClick={() => void run(true)}>
            Check
          </Button>
          <Button kind="primary" disabled={!isReady || take.isPending} onClick={() => void run(false)}>
            Import
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}

function PlanTable({ plan: { prompts, conflicts } }: { plan: Plan }): ReactNode {
  return (
    <>
      <p>
        {conflicts === 0
          ? 'No conflict.'
          : `${conflicts === 1 ? 'One prompt is' : `${conflicts} prompts are`} in conflict, so nothing can be imported.`}
      </p>
      <Table
        caption="Prompts of the import"
        columns={[
          { key: 'id', title: 'Prompt', cell: ({ id, name }) => <bdi>{id === name ? id : `${name} (${id})`}</bdi> },
          {
            key: 'action',
            title: 'Import',
            cell: ({ action }) => {
              const [kind, words] = actions[action];
              return <Status kind={kind}>{words}</Status>;
            },
          },
          { key: 'versions', title: 'Versions', cell: ({ versions }) => versions.join(', ') || '–' },
          {
            key: 'labels',
            title: 'Labels',
            cell: ({ labels }) => labels.map(({ label, version }) => `${label} ${version}`).join(', ') || '–',
          },
          { key: 'because', title: 'Because', cell: ({ because }) => <bdi>{because ?? '–'}</bdi> },
        ]}
        rows={prompts}
        rowKey={({ id, name }) => `${id} ${name}`}
        empty="There is no prompt in this JSON."
      />
    </>
  );
}
