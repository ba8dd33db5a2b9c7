import { type FormEvent, type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Empty } from '../../components/empty.tsx';
import { LabelledSelect, LabelledText } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { productionLabel, useMayMove } from './use-may-move.ts';
import { useMoveLabel } from './use-move-label.ts';
import type { WholePrompt } from './whole-prompt.ts';

/** Which version calls get, by the label that they name; `production` where they name none. */
export function LabelsCard({ prompt }: { prompt: WholePrompt }): ReactNode {
  const may = useMay();
  const mayMove = useMayMove();
  const [moving, setMoving] = useState<string | undefined>();
  const canMove = may('prompts.labels.set') && prompt.versions.length > 0;
  const isHeld = canMove && !mayMove(productionLabel);
  return (
    <Card
      title="Labels"
      actions={
        canMove ? (
          <Button small onClick={() => setMoving('')}>
            {prompt.labels.length === 0 && !isHeld ? 'Publish a version' : 'New label'}
          </Button>
        ) : undefined
      }
    >
      {prompt.labels.length === 0 ? (
        <Empty>
          {prompt.versions.length === 0
            ? 'No version yet. Save the first one below, then publish it.'
            : 'No label yet. Calls can use this prompt once the label production points at a version.'}
        </Empty>
      ) : (
        <Table
          stacked
          caption="Labels"
          columns={[
            { key: 'label', title: 'Label', cell: ({ label }) => <strong>{label}</strong> },
            { key: 'version', title: 'Version', cell: ({ version }) => version },
            {
              key: 'since',
              title: 'Since',
              wide: true,
              cell: ({ label }) => <LastMove prompt={prompt} label={label} />,
            },
            {
              key: 'do',
              title: '',
              wide: true,
              cell: (row) =>
                canMove && mayMove(row.label) ? <LabelButtons prompt={prompt} label={row} onMove={setMoving} /> : null,
            },
          ]}
          rows={prompt.labels}
          rowKey={({ label }) => label}
          empty=""
        />
      )}
      {isHeld ? (
        <p className={styles.muted}>Live calls use production: switch test mode off to move it or to delete it.</p>
      ) : null}
      {moving === undefined ? null : <MoveDialog prompt={prompt} label={moving} onClose={() => setMoving(undefined)} />}
    </Card>
  );
}

function LastMove({ prompt, label }: { prompt: WholePrompt; label: string }): ReactNode {
  const move = prompt.label_log.find((one) => one.label === label);
  if (move === undefined) return '–';
  return (
    <>
      <When at={move.changed_at} />
      {move.changed_by.name === null ? null : (
        <>
          , <bdi>{move.changed_by.name}</bdi>
        </>
      )}
      {move.note === '' ? null : <span dir="auto">: {move.note}</span>}
    </>
  );
}

interface LabelButtonsProps {
  prompt: WholePrompt;
  label: WholePrompt['labels'][number];
  onMove: (label: string) => void;
}

function LabelButtons({ prompt, label: { label, version }, onMove }: LabelButtonsProps): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const { move, isMoving } = useMoveLabel(prompt.id);
  // The move that brought it here says where it was before.
  const before = prompt.label_log.find((one) => one.label === label && one.to_version === version)?.from_version;
  return (
    <div className={`${styles.row} screen-only`}>
      <Button small aria-label={`Move ${label}`} onClick={() => onMove(label)}>
        Move
      </Button>
      {before == null || before === version ? null : (
        <Button
          small
          disabled={isMoving}
          aria-label={`Roll ${label} back to ${before}`}
          onClick={() => void move({ label, version: before, expected: version, note: `Back from ${version}` })}
        >
          Back to {before}
        </Button>
      )}
      {may('prompts.labels.remove') ? (
        <Button
          small
          kind="danger"
          aria-label={`Delete ${label}`}
          onClick={() =>
            openForm({
              operation: 'prompts.labels.remove',
              title: `Delete the label ${label}`,
              fixed: { id: prompt.id, label, expected_version: version },
              confirmName: label,
              submit: 'Delete',
              done: `The label ${label} is deleted`,
            })
          }
        >
          Delete
        </Button>
      ) : null}
    </div>
  );
}

interface MoveDialogProps {
  prompt: WholePrompt;
  /** Empty: a new one, or `production` where it is not there yet. */
  label: string;
  onClose: () => void;
}

/** Moves a label from the version that the person sees: somebody else’s move in the meantime is a conflict, and is shown. */
function MoveDialog({ prompt, label, onClose }: MoveDialogProps): ReactNode {
  const isNew = label === '';
  const mayMove = useMayMove();
  const isFirst = isNew && prompt.labels.length === 0 && mayMove(productionLabel);
  const [name, setName] = useState(isFirst ? productionLabel : label);
  const [version, setVersion] = useState(prompt.versions[0]?.version ?? 1);
  const [note, setNote] = useState('');
  const now = prompt.labels.find((one) => one.label === name.trim())?.version;
  const [expected, setExpected] = useState(now);
  const { move, isMoving, error } = useMoveLabel(prompt.id);
  const hasMoved = error !== null && now !== expected;
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const seen = isNew || hasMoved ? now : expected;
    setExpected(seen);
    if (await move({ label: name.trim(), version, expected: seen ?? 0, note: note.trim() })) onClose();
  };
  return (
    <Dialog title={isNew ? 'Point a label at a version' : `Move ${label}`} onClose={onClose}>
      <form className={styles.stack} onSubmit={(event) => void save(event)}>
        {isNew ? (
          <LabelledText
            label="Label"
            help="Calls without a label use production."
            fault={mayMove(name.trim()) ? undefined : 'Live calls use production: switch test mode off to move it.'}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        ) : null}
        <LabelledSelect label="Version" value={version} onChange={(event) => setVersion(Number(event.target.value))}>
          {prompt.versions.map((one) => (
            <option key={one.version} value={one.version}>
              {one.version}
              {one.note === '' ? '' : `: ${one.note}`}
            </option>
          ))}
        </LabelledSelect>
        <LabelledText label="Note" value={note} onChange={(event) => setNote(event.target.value)} />
        {error === null ? null : <ErrorCard error={error} />}
        {hasMoved ? <p>It points at version {now ?? 'none'} now. Save again to move it from there.</p> : null}
        <div className={styles.row}>
          <Button type="submit" kind="primary" disabled={isMoving || name.trim() === '' || !mayMove(name.trim())}>
            {hasMoved ? 'Save again' : 'Save'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
