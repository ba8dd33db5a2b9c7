import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import styles from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { countForPeople } from '../../format/money.ts';
import { HeadDialog } from './head-dialog.tsx';
import { HeadNow } from './head-now.tsx';
import {
  canBeActivated,
  type Head,
  type HeadChoice,
  headStateOf,
  headStates,
  isLearningAnywhere,
  sayGain,
  versionStateOf,
  versionStates,
} from './head-words.ts';

/** The heads that auto has learned of the words of calls: the version in use with its evidence, all versions, and the choice between them. */
export function HeadsCards(): ReactNode {
  const may = useMay();
  const heads = useRead('routing.heads.list', {});
  const auto = useRead('auto.get', {});
  const [choice, setChoice] = useState<HeadChoice | undefined>();
  const mayChoose = may('routing.heads.activate');
  const known = heads.data;
  const isActive = known?.data.some(({ active }) => active) === true;
  const state = known === undefined ? undefined : headStateOf(known, isLearningOf(auto.data));
  return (
    <>
      <Card
        title="Words of calls"
        actions={
          known === undefined || !mayChoose ? undefined : (
            <>
              {known.follows ? null : (
                <Button small onClick={() => setChoice({ to: 'latest' })}>
                  Follow the newest
                </Button>
              )}
              {isActive ? (
                <Button small onClick={() => setChoice({ to: 'none' })}>
                  Retire
                </Button>
              ) : null}
            </>
          )
        }
      >
        <div className={styles.stack}>
          <p>
            A head is what auto has learned about the words that make a call easy or hard. It looks inside a task, where
            the task alone says the same of all its calls.
          </p>
          <Loaded query={heads}>
            {(found) => (
              <>
                {state === undefined ? null : (
                  <p>
                    <Status kind={headStates[state][0]}>{headStates[state][1]}</Status>
                  </p>
                )}
                <HeadNow heads={found} auto={auto.data} />
              </>
            )}
          </Loaded>
        </div>
      </Card>
      {known === undefined || known.data.length === 0 ? null : (
        <Card title="Versions of heads">
          <Table
            stacked
            caption="Versions of heads"
            columns={columnsFor(mayChoose ? setChoice : undefined)}
            rows={known.data}
            rowKey={({ version }) => String(version)}
            empty=""
          />
          <p className={styles.muted}>
            Better by: of 100 calls, so many more of those that the small model gets wrong go to the strong one, which
            answers no more calls than by the tasks alone; in brackets, from where to where it may truly be. Proven: the
            lower end is above 0, and only such a version can be promoted. Not used: it is better than the tasks alone,
            but proves less than the version that was active. Judged on: the newest calls, which the version had not
            seen.
          </p>
        </Card>
      )}
      {known === undefined || choice === undefined ? null : (
        <HeadDialog heads={known} choice={choice} dial={auto.data?.dial} onClose={() => setChoice(undefined)} />
      )}
    </>
  );
}

/** Until the settings are known, nobody is told that learning is off. */
function isLearningOf(auto: Parameters<typeof isLearningAnywhere>[0] | undefined): boolean {
  return auto === undefined || isLearningAnywhere(auto);
}

function columnsFor(onChoose: ((choice: HeadChoice) => void) | undefined): readonly Column<Head>[] {
  const columns: Column<Head>[] = [
    { key: 'version', title: 'Version', cell: ({ version }) => version },
    {
      key: 'state',
      title: 'State',
      cell: (head) => {
        const [kind, words] = versionStates[versionStateOf(head)];
        return <Status kind={kind}>{words}</Status>;
      },
    },
    {
      key: 'gain',
      title: 'Better by',
      cell: (head) => (
        <>
          <span className={styles.unbroken}>{sayGain(head)}</span>
          {head.judged === 0 ? null : (
            <div className={styles.muted}>
              on {countForPeople(head.judged)} of {countForPeople(head.calls)} calls
            </div>
          )}
        </>
      ),
    },
    {
      key: 'models',
      title: 'Models',
      wide: true,
      cell: ({ model, baseline_model: baseline }) => (
        <>
          <bdi className={styles.unbroken}>{model}</bdi> beside <bdi className={styles.unbroken}>{baseline}</bdi>
        </>
      ),
    },
    { key: 'reason', title: 'Reason', wide: true, cell: ({ reason }) => reason ?? '–' },
    { key: 'learned', title: 'Learned', cell: ({ created_at: at }) => <When at={at} /> },
    { key: 'used', title: 'In use', cell: (head) => <InUse head={head} /> },
  ];
  if (onChoose === undefined) return columns;
  return [
    ...columns,
    {
      key: 'do',
      title: '',
      cell: (head) =>
        !canBeActivated(head) ? null : (
          <Button
            small
            aria-label={`Promote version ${head.version}`}
            onClick={() => onChoose({ to: 'version', head })}
          >
            Promote
          </Button>
        ),
    },
  ];
}

function InUse({ head: { active_since: since, active_until: until } }: { head: Head }): ReactNode {
  if (since === null) return '–';
  return (
    <>
      {until === null ? 'since ' : null}
      <When at={since} />
      {until === null ? null : (
        <>
          {' to '}
          <When at={until} />
        </>
      )}
    </>
  );
}
