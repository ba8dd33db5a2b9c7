import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Button, buttonStyle } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { DiffView } from '../../components/diff-view.tsx';
import { LabelledSelect } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { productionLabel, useMayMove } from './use-may-move.ts';
import { useMoveLabel } from './use-move-label.ts';
import type { WholePrompt } from './whole-prompt.ts';

/** Every version, and two of them side by side as lines. */
export function VersionsCard({ prompt }: { prompt: WholePrompt }): ReactNode {
  const mayMove = useMayMove();
  const { id, versions, labels } = prompt;
  const { move, isMoving } = useMoveLabel(id);
  const production = labels.find(({ label }) => label === 'production')?.version;
  const labelsAt = (version: number): string[] =>
    labels.filter((one) => one.version === version).map(({ label }) => label);
  return (
    <>
      {versions.length > 1 ? <Compare prompt={prompt} /> : null}
      <Card title="All versions">
        <Table
          stacked
          caption="Versions"
          columns={[
            { key: 'version', title: 'Version', cell: ({ version }) => version },
            {
              key: 'labels',
              title: 'Labels',
              cell: ({ version }) => (
                <div className={styles.row}>
                  {labelsAt(version).map((label) => (
                    <Status key={label} kind={label === 'production' ? 'good' : 'plain'}>
                      {label}
                    </Status>
                  ))}
                </div>
              ),
            },
            { key: 'note', title: 'Note', cell: ({ note }) => <bdi>{note === '' ? '–' : note}</bdi> },
            { key: 'by', title: 'By', cell: ({ created_by: by }) => <bdi>{by.name ?? by.id}</bdi> },
            { key: 'at', title: 'Saved', cell: ({ created_at: at }) => <When at={at} /> },
            {
              key: 'do',
              title: '',
              cell: ({ version }) => (
                <div className={`${styles.row} screen-only`}>
                  <Link
                    to="/app/prompts/$id"
                    params={{ id }}
                    search={{ version }}
                    className={buttonStyle('plain', true)}
                    aria-label={`Edit from here, version ${version}`}
                  >
                    Edit from here
                  </Link>
                  {mayMove(productionLabel) && production !== version ? (
                    <Button
                      small
                      disabled={isMoving}
                      aria-label={`Publish version ${version}`}
                      onClick={() =>
                        void move({ label: 'production', version, expected: production ?? 0, note: 'Published' })
                      }
                    >
                      Publish
                    </Button>
                  ) : null}
                </div>
              ),
            },
          ]}
          rows={versions}
          rowKey={({ version }) => String(version)}
          empty="No version yet. Save the first one under Edit."
        />
      </Card>
    </>
  );
}

function Compare({ prompt: { id, versions } }: { prompt: WholePrompt }): ReactNode {
  const search = useSearch({ from: '/frame/app/prompts/$id' });
  const navigate = useNavigate({ from: '/app/prompts/$id' });
  const [newest, before] = versions;
  const from = search.from ?? before?.version ?? 1;
  const to = search.to ?? newest?.version ?? 1;
  const diff = useRead('prompts.diff', { id, from, to }, { keep: true });
  const choose = (end: 'from' | 'to') => (version: number) =>
    void navigate({ search: (all) => ({ ...all, [end]: version }), replace: true });
  return (
    <Card title={`From version ${from} to version ${to}`}>
      <div className={styles.stack}>
        <div className={`${styles.row} screen-only`}>
          <VersionSelect label="From" versions={versions} value={from} onChange={choose('from')} />
          <VersionSelect label="To" versions={versions} value={to} onChange={choose('to')} />
        </div>
        <Loaded query={diff}>
          {({ lines, added, removed }) => (
            <>
              <p className={styles.muted}>
                {added} lines added, {removed} removed
              </p>
              <DiffView label={`Differences between version ${from} and version ${to}`} lines={lines} />
            </>
          )}
        </Loaded>
      </div>
    </Card>
  );
}

interface VersionSelectProps {
  label: string;
  versions: WholePrompt['versions'];
  value: number;
  onChange: (version: number) => void;
}

function VersionSelect({ label, versions, value, onChange }: VersionSelectProps): ReactNode {
  return (
    <div>
      <LabelledSelect label={label} value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {versions.map(({ version, note }) => (
          <option key={version} value={version}>
            {version}
            {note === '' ? '' : `: ${note.slice(0, 40)}`}
          </option>
        ))}
      </LabelledSelect>
    </div>
  );
}
