import type { OutputOf } from '@ai-gateway/shared/contract';
import { diffLines } from '@ai-gateway/shared/diff-lines';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call } from '../../api/client.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { DiffView } from '../../components/diff-view.tsx';
import { Pages } from '../../components/pages.tsx';
import styles from '../../components/parts.module.css';
import { linesOfJson } from '../../components/shown-diff.ts';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { useToast } from '../../components/toast.tsx';
import { When } from '../../components/when.tsx';

type Version = OutputOf<'routing.versions.list'>['data'][number];

/** Every version of the rules and of auto with its author and its changes, and the way back to it. */
export function VersionsCard(): ReactNode {
  const may = useMay();
  const { cursor } = useSearch({ from: '/frame/app/routing' });
  const navigate = useNavigate({ from: '/app/routing' });
  const [seen, setSeen] = useState<Version | undefined>();
  const [chosen, setChosen] = useState<Version | undefined>();
  const versions = useRead('routing.versions.list', { limit: 50, ...(cursor && { cursor }) }, { keep: true });
  return (
    <Card title="Versions of rules and auto">
      <Loaded query={versions}>
        {({ data, next_cursor: next }) => (
          <>
            <Table
              stacked
              caption="Versions"
              columns={[
                { key: 'version', title: 'Version', cell: ({ version }) => version },
                {
                  key: 'active',
                  title: '',
                  cell: ({ active }) => (active ? <Status kind="good">Active</Status> : null),
                },
                { key: 'change', title: 'Change', wide: true, cell: ({ diff }) => <bdi>{sayDiff(diff)}</bdi> },
                { key: 'note', title: 'Note', cell: ({ note }) => <bdi>{note ?? '–'}</bdi> },
                { key: 'by', title: 'By', cell: ({ created_by: by }) => <bdi>{by.name ?? by.id}</bdi> },
                { key: 'at', title: 'Saved', cell: ({ created_at: at }) => <When at={at} /> },
                {
                  key: 'do',
                  title: '',
                  cell: (version) => (
                    <div className={`${styles.row} screen-only`}>
                      {version.diff.length === 0 ? null : (
                        <Button small aria-label={`Show version ${version.version}`} onClick={() => setSeen(version)}>
                          Show
                        </Button>
                      )}
                      {version.active || !may('routing.versions.activate') ? null : (
                        <Button
                          small
                          aria-label={`Activate version ${version.version}`}
                          onClick={() => setChosen(version)}
                        >
                          Activate
                        </Button>
                      )}
                    </div>
                  ),
                },
              ]}
              rows={data}
              rowKey={({ version }) => String(version)}
              empty="Nothing is configured yet. The first rule makes version 1."
            />
            <Pages
              next={next}
              cursor={cursor}
              onCursor={(to) => void navigate({ search: { tab: 'versions', cursor: to } })}
            />
            {chosen === undefined ? null : (
              <ActivateDialog
                version={chosen}
                active={data.find(({ active }) => active)?.version}
                onClose={() => setChosen(undefined)}
              />
            )}
          </>
        )}
      </Loaded>
      {seen === undefined ? null : (
        <Dialog title={`Version ${seen.version}`} wide onClose={() => setSeen(undefined)}>
          <div className={styles.stack}>
            {seen.diff.map(({ part, id, change, before, after }) => (
              <div key={`${part} ${id}`}>
                <h3>
                  {part === 'auto' ? 'Auto' : `Rule ${id}`}: {change}
                </h3>
                <DiffView
                  label={`Differences of ${part === 'auto' ? 'auto' : `the rule ${id}`}`}
                  lines={diffLines(linesOfJson(before), linesOfJson(after))}
                />
              </div>
            ))}
          </div>
        </Dialog>
      )}
    </Card>
  );
}

function sayDiff(diff: Version['diff']): string {
  const parts = diff.map(({ part, id, change }) => (part === 'auto' ? `auto ${change}` : `${id} ${change}`));
  return parts.length > 3 ? `${parts.slice(0, 3).join(', ')} and ${parts.length - 3} more` : parts.join(', ') || '–';
}

interface ActivateDialogProps {
  version: Version;
  active: number | undefined;
  onClose: () => void;
}

/** The second step: it holds for the next call of everybody. */
function ActivateDialog({ version: { version, rules }, active, onClose }: ActivateDialogProps): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const activate = useChange('routing.versions.activate');
  const goBack = async (to: number): Promise<void> => {
    await call('routing.versions.activate', { version: to, expected_version: version });
    await queries.invalidateQueries({ queryKey: ['operation'] });
  };
  const go = async (): Promise<void> => {
    try {
      await activate.mutateAsync({ version, ...(active === undefined ? {} : { expected_version: active }) });
      toast({
        text: `Version ${version} is active`,
        ...(active === undefined ? {} : { undo: () => goBack(active) }),
      });
      onClose();
    } catch {
      // The card below says why.
    }
  };
  return (
    <Dialog title={`Activate version ${version}`} onClose={onClose}>
      <div className={styles.stack}>
        <p>
          {rules === 1 ? 'Its rule decides' : `Its ${rules} rules decide`} from the next call on
          {active === undefined ? '' : `, in place of version ${active}`}.
        </p>
        {activate.isError ? <ErrorCard error={activate.error} /> : null}
        <div className={styles.row}>
          <Button kind="primary" disabled={activate.isPending} onClick={() => void go()}>
            Activate
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}
